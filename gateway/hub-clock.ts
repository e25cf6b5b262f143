import { readFileSync } from 'node:fs'

/**
 * The hub's two clocks. Monotonic time counts from the boot of the machine and never jumps: deadlines and intervals.
 * Wall time is believed only when it can be right: a small computer without a battery-backed clock starts in 1970 or at
 * the time it was last switched off, and learns the time from the network minutes later, or weeks.
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
  /** From now on the time is not believed before `isSet` said yes once; see `networkReached` for a network without time. */
  awaitTime(isSet: () => boolean): void
  /** The broker answers. Ten minutes later the time is believed even if nobody set it: it would come by the same network. */
  networkReached(): void
  setTimeout(callback: () => void, ms: number): { cancel(): void }
}

/** No build of this software is older: a clock before it is wrong. */
const BUILD_FLOOR_MS = Date.UTC(2026, 0, 1)

/** A floor that a clock once set into the future has left behind must not silence the hub for ever. */
const RESTORED_FLOOR_HOLDS_MS = 24 * 3600_000

/** A time service asks as soon as there is a network, and then within seconds; one that has not by now is cut off (UDP 123). */
const NETWORK_WITHOUT_TIME_MS = 10 * 60_000

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
  const startedAt = sources.monoMs()
  let restoredFloor = 0
  let isSet = (): boolean => true
  let believedAt = Number.POSITIVE_INFINITY
  const wall = (): number | undefined => {
    if (sources.monoMs() < believedAt && !isSet()) return undefined
    // A service that is started anew forgets that it has set the time.
    believedAt = Number.NEGATIVE_INFINITY
    const unix = sources.unixMs()
    if (unix < BUILD_FLOOR_MS) return undefined
    if (unix < restoredFloor && sources.monoMs() - startedAt < RESTORED_FLOOR_HOLDS_MS) return undefined
    return unix
  }
  return {
    bootId: sources.bootId,
    now: sources.monoMs,
    wall,
    earliest: () => wall() ?? Math.max(BUILD_FLOOR_MS, restoredFloor),
    wallAt: (bootId, monoMs) => {
      const unix = wall()
      return unix === undefined || bootId !== sources.bootId ? undefined : unix - (sources.monoMs() - monoMs)
    },
    raiseFloor: (unixMs) => {
      restoredFloor = Math.max(restoredFloor, unixMs)
    },
    awaitTime: (asked) => {
      isSet = asked
      believedAt = Number.POSITIVE_INFINITY
    },
    networkReached: () => {
      believedAt = Math.min(believedAt, sources.monoMs() + NETWORK_WITHOUT_TIME_MS)
    },
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
