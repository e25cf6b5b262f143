/**
 * Whether the machine's clock is right. The clock less the monotonic time is when the machine was booted, and that never
 * changes: when it does, somebody has set the clock, and it is to be found out whether rightly. While that is open the
 * time is not known: readings wait with their monotonic times, no device's clock is set, and nothing is lost.
 *
 * | the clock | is believed |
 * | --- | --- |
 * | before this build | never |
 * | at first, and no time service tells of its work | at once; before the restored floor after a day |
 * | at first, and a time service does | when it has set the time, else ten minutes after the broker has answered |
 * | within five minutes of what was believed (drift, slewing) | always |
 * | stepped, and the service has set the time since | at once |
 * | stepped, no service tells, and the broker has not answered for ten minutes yet | at once: the first setting of a clock that went on from a saved time |
 * | stepped otherwise | when it is back, when a service sets it, or after an hour in which one would have asked again |
 *
 * The hour begins when the broker answers: before that nothing could be sent, so waiting costs nothing. Monotonic time
 * (CLOCK_MONOTONIC) stands still in suspend, which would look like a step; a hub never suspends.
 */

/** When a time service has last set the time in this boot, as its mark says (unix ms); 'nobody' where no service tells. */
export type TimeSet = () => number | 'not-yet' | 'nobody'

export interface BelievedTimeOptions {
  readonly monoMs: () => number
  readonly unixMs: () => number
}

/** No build of this software is older: a clock before it is wrong. */
export const BUILD_FLOOR_MS = Date.UTC(2026, 0, 1)

/** A floor that a clock once set into the future has left behind must not silence the hub for ever. */
const RESTORED_FLOOR_HOLDS_MS = 24 * 3600_000

/** A time service asks as soon as there is a network, and then within seconds; one that has not by now is cut off (UDP 123). */
const NETWORK_WITHOUT_TIME_MS = 10 * 60_000

/** A clock nobody sets for 90 days drifts this far at 40 ppm; device clocks are forgiven as much (reading-time.ts). */
const STEP_MS = 5 * 60_000

/** systemd-timesyncd asks every 34 min at least (PollIntervalMaxSec), chrony every 17: either would have set it right. */
const STEP_STANDS_AFTER_MS = 3600_000

export class BelievedTime {
  readonly #options: BelievedTimeOptions
  readonly #startedAt: number
  #set: TimeSet = () => 'nobody'
  #floor = 0
  /** Unix ms of monotonic 0, as last believed. */
  #bootedAt: number | undefined
  /** The service's mark when the time was last believed. */
  #mark: number | undefined
  /** Monotonic ms from which on a time that nobody set is as good as it gets. */
  #settledAt = Number.POSITIVE_INFINITY
  #step: { readonly bootedAt: number; standsAt: number } | undefined

  constructor(options: BelievedTimeOptions) {
    this.#options = options
    this.#startedAt = options.monoMs()
  }

  /** Unix ms; undefined while it is not believed. To be asked every few seconds, lest a step and its mark are told apart. */
  now(): number | undefined {
    const unix = this.#options.unixMs()
    const mono = this.#options.monoMs()
    if (unix < BUILD_FLOOR_MS) return undefined
    const bootedAt = unix - mono
    const set = this.#set()
    const mark = typeof set === 'number' ? set : undefined
    const vouched = mark !== undefined && mark !== this.#mark
    if (!vouched && !near(bootedAt, this.#bootedAt) && !this.#stands(bootedAt, mono, set)) return undefined
    this.#bootedAt = bootedAt
    this.#mark = mark ?? this.#mark
    this.#step = undefined
    return unix
  }

  #stands(bootedAt: number, mono: number, set: ReturnType<TimeSet>): boolean {
    const settled = this.#mark !== undefined || mono >= this.#settledAt
    if (this.#bootedAt === undefined) {
      if (set === 'not-yet' && !settled) return false
      return bootedAt + mono >= this.#floor || mono - this.#startedAt >= RESTORED_FLOOR_HOLDS_MS
    }
    if (set === 'nobody' && !settled) return true
    if (!near(bootedAt, this.#step?.bootedAt)) this.#step = { bootedAt, standsAt: Number.POSITIVE_INFINITY }
    return mono >= (this.#step?.standsAt ?? Number.POSITIVE_INFINITY)
  }

  /** Unix ms that it is by now at the least, also while the time is not believed. */
  get floor(): number {
    return Math.max(BUILD_FLOOR_MS, this.#floor)
  }

  raiseFloor(unixMs: number): void {
    this.#floor = Math.max(this.#floor, unixMs)
  }

  awaitService(set: TimeSet): void {
    this.#set = set
  }

  /** To be called while the broker answers. */
  networkReached(): void {
    const mono = this.#options.monoMs()
    this.#settledAt = Math.min(this.#settledAt, mono + NETWORK_WITHOUT_TIME_MS)
    if (this.#step) this.#step.standsAt = Math.min(this.#step.standsAt, mono + STEP_STANDS_AFTER_MS)
  }

  /** Unix ms of the boot, once nobody is expected to set the clock any more; for {@link BelievedTime.recall}. */
  get bootedAt(): number | undefined {
    const settled = this.#mark !== undefined || this.#options.monoMs() >= this.#settledAt
    return settled ? this.#bootedAt : undefined
  }

  /** What an earlier process of this boot believed: another time now is a step. */
  recall(bootedAt: number): void {
    this.#bootedAt = bootedAt
    this.#settledAt = this.#startedAt
    const set = this.#set()
    // Whether the mark is older than a step meanwhile is not known: only the next one counts.
    if (typeof set === 'number') this.#mark = set
  }
}

const near = (a: number, b: number | undefined): boolean => b !== undefined && Math.abs(a - b) <= STEP_MS
