import { setTimeout as after } from 'node:timers/promises'
import { shuffled } from '../support/shuffled.ts'
import type { Supervised } from '../support/supervised.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'

/** What the crash bench does to hub, broker, network and devices, and when. */

type NetworkFault = 'cut' | 'half-open' | 'answers-lost' | 'slow'
type Blow =
  | { readonly kind: 'hub-killed' | 'broker-killed' | 'both-killed' }
  | { readonly kind: 'network'; readonly how: NetworkFault; readonly bytes: number }
/** `lagMs`: from the first bytes that move to the blow, so that it falls before, in and after commit and answer. */
export type CrashFault = Blow & { readonly atMs: number; readonly lagMs: number }

export interface FaultTargets {
  readonly hub: Supervised
  readonly broker: Supervised
  readonly proxy: TcpProxy
}

/** One of each kind in three seconds: 15 in 45 s. */
const EACH_EVERY_S = 3
const LEAST_OF_EACH = 15
const BOTH_KILLED = 5
const HOW: readonly NetworkFault[] = ['cut', 'half-open', 'answers-lost', 'slow']
const DISTURBED_MS = 700
const SLOW_MS = 150
/** A receipt is about 60 bytes: the connection breaks in the middle of the answers to one burst. */
const ANSWER_BYTES = 400

/** @returns at least 50 faults in their order; the same for the same random numbers */
export function planFaults(random: () => number, secs: number): CrashFault[] {
  const each = Math.max(LEAST_OF_EACH, Math.round(secs / EACH_EVERY_S))
  const blows: Blow[] = [
    ...Array.from({ length: each }, (): Blow => ({ kind: 'hub-killed' })),
    ...Array.from({ length: each }, (): Blow => ({ kind: 'broker-killed' })),
    ...Array.from(
      { length: each },
      (_, i): Blow => ({
        kind: 'network',
        how: HOW[i % HOW.length] ?? 'cut',
        bytes: Math.floor(random() * ANSWER_BYTES),
      }),
    ),
    ...Array.from({ length: BOTH_KILLED }, (): Blow => ({ kind: 'both-killed' })),
  ]
  const gapMs = (secs * 1000) / blows.length
  return shuffled(blows, random).map((blow, i) => ({
    ...blow,
    atMs: Math.round((i + random() * 0.9) * gapMs),
    lagMs: Math.floor(random() * LAG_MS),
  }))
}

/** A blow that finds nothing on its way breaks nothing: so much of readings has gone since the last one, if it comes soon. */
const MOVED_BYTES = 4_000
const LAG_MS = 120
const MOVES_WITHIN_MS = 1_500
const LOOK_EVERY_MS = 5

async function onTheMove(proxy: TcpProxy): Promise<void> {
  const { carried } = proxy
  const startedAt = performance.now()
  while (proxy.carried - carried < MOVED_BYTES && performance.now() - startedAt < MOVES_WITHIN_MS) {
    await after(LOOK_EVERY_MS)
  }
}

async function disturb(proxy: TcpProxy, how: NetworkFault, bytes: number): Promise<void> {
  switch (how) {
    case 'cut':
      return proxy.cut()
    case 'answers-lost':
      return proxy.dropAnswersAfter(bytes)
    case 'half-open':
      proxy.stop()
      await after(DISTURBED_MS)
      proxy.cut()
      return proxy.resume()
    case 'slow':
      proxy.delay(SLOW_MS)
      await after(DISTURBED_MS)
      proxy.delay(0)
      return proxy.cut()
  }
}

export async function strike(fault: CrashFault, { hub, broker, proxy }: FaultTargets): Promise<void> {
  await onTheMove(proxy)
  await after(fault.lagMs)
  switch (fault.kind) {
    case 'hub-killed':
      return hub.kill()
    case 'broker-killed':
      return broker.kill()
    case 'both-killed':
      hub.kill()
      broker.kill()
      return proxy.cut()
    case 'network':
      return disturb(proxy, fault.how, fault.bytes)
  }
}
