import { setTimeout as delay } from 'node:timers/promises'

/** Time as the broker's parts are given it; tests pass their own. */
export interface BrokerClock {
  /** Wall time, ms since 1970 UTC. */
  now(): number
  /** ms that only grow, for deadlines and ages. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export const systemClock: BrokerClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
}

/** The wall time now as it is written in the journal and on the wire: ISO 8601, UTC, ms. */
export function timestamp(clock: BrokerClock): string {
  return new Date(clock.now()).toISOString()
}

/** Calls `tick` every `ms` until `signal` aborts; a tick that throws ends in `onError` and the next one comes. */
export async function every(
  clock: BrokerClock,
  ms: number,
  signal: AbortSignal,
  tick: () => void,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      tick()
    } catch (error) {
      onError(error)
    }
    await clock.sleep(ms, signal).catch((error: unknown) => {
      if (!signal.aborted) onError(error)
    })
  }
}
