import { readFileSync } from 'node:fs'
import { BelievedTime, type TimeSet } from './believed-time.ts'

/**
 * The hub's two clocks. Monotonic time counts from the boot of the machine and never jumps: deadlines and intervals.
 * Wall time is believed only when it can be right (`believed-time.ts`): a small computer without a battery-backed clock
 * starts in 1970 or at the time it was last switched off, and learns the time from the network minutes later, or weeks.
 */
export interface HubClock {
  /** Of the machine, not of the process: after a restart of the process the monotonic times still belong together. */
  readonly bootId: string
  /** Monotonic, whole ms since boot. */
  now(): number
  /** Unix ms, or undefined while the hub does not know the time. */
  wall(): number | undefined
  /** Unix ms that it is by now at the least, also while the hub does not know the time. */
  earliest(): number
  /** Unix ms of a monotonic time of this boot; undefined for another boot, or while the time is not known. */
  wallAt(bootId: string, monoMs: number): number | undefined
  /** The last wall time the outbox has seen: an earlier one now is a clock that was restored, not the time. */
  raiseFloor(unixMs: number): void
  /** From now on the word of a time service counts: see `believed-time.ts`. */
  awaitTime(set: TimeSet): void
  /** The broker answers: a time service would have set the time by the same network before long. */
  networkReached(): void
  /** Unix ms of the machine's boot, once the time is settled: what a later process of this boot is to {@link recall}. */
  bootedAt(): number | undefined
  recall(bootedAt: number): void
  setTimeout(callback: () => void, ms: number): { cancel(): void }
}

export interface ClockSources {
  readonly bootId: string
  readonly monoMs: () => number
  readonly unixMs: () => number
  readonly setTimeout: HubClock['setTimeout']
}

/** Linux gives each boot an id; elsewhere each process counts as a boot of its own. */
function machineBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return `process-${globalThis.crypto.randomUUID()}`
  }
}

const system: Omit<ClockSources, 'bootId'> = {
  monoMs: () => Number(process.hrtime.bigint() / 1_000_000n),
  unixMs: () => Date.now(),
  setTimeout: (callback, ms) => {
    const timer = setTimeout(callback, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** @param sources the machine's clocks, or a test's */
export function createHubClock(sources: ClockSources = { bootId: machineBootId(), ...system }): HubClock {
  const believed = new BelievedTime(sources)
  const wall = () => believed.now()
  return {
    bootId: sources.bootId,
    now: sources.monoMs,
    wall,
    earliest: () => wall() ?? believed.floor,
    wallAt: (bootId, monoMs) => {
      const unix = wall()
      return unix === undefined || bootId !== sources.bootId ? undefined : unix - (sources.monoMs() - monoMs)
    },
    raiseFloor: (unixMs) => believed.raiseFloor(unixMs),
    awaitTime: (set) => believed.awaitService(set),
    networkReached: () => believed.networkReached(),
    bootedAt: () => believed.bootedAt,
    recall: (bootedAt) => believed.recall(bootedAt),
    setTimeout: sources.setTimeout,
  }
}

/** Resolves after `ms`, or at once when `signal` aborts: the caller asks the signal what happened. */
export function pause(clock: Pick<HubClock, 'setTimeout'>, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}

/** A signal that aborts with `reason()` when `ms` have passed or `parent` aborts; `cancel` frees the timer. */
export function deadline(
  clock: Pick<HubClock, 'setTimeout'>,
  ms: number,
  parent: AbortSignal,
  reason: () => Error,
): { readonly signal: AbortSignal; cancel(): void } {
  const controller = new AbortController()
  const timer = clock.setTimeout(() => controller.abort(reason()), ms)
  return { signal: AbortSignal.any([parent, controller.signal]), cancel: timer.cancel }
}
