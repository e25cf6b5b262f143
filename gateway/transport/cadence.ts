/**
 * How often each device advertises, learnt from what is heard. The silence of those that never were silent is evidence
 * that the radio is deaf, and by their intervals it is known after how long; the silence of a cuff that speaks once a day
 * is none.
 */

/** Advertisements before an interval is known, as habluetooth (ADVERTISING_TIMES_NEEDED). */
const NEEDED = 16
/** A gap longer than this ends a run, unless the device is known to be slower; advertising intervals end at 10.24 s. */
const LONGEST_GAP_MS = 60_000
/** Of its own interval: advertisements get lost. */
const GAP_INTERVALS = 6
/** A device heard so long without a gap is one that advertises around the clock. A measurement is over sooner. */
const STEADY_AFTER_MS = 10 * 60_000
/** Below, a repair would disturb more than it mends: somebody moves the hub, or a microwave oven runs. */
const SHORTEST_SILENCE_MS = 20_000
/** One device alone may have left the house; as habluetooth (SCANNER_WATCHDOG_TIMEOUT). */
const LONE_SILENCE_MS = 90_000
/** Devices kept in mind: a phone in the street is a new one each quarter of an hour. */
const KEPT = 512

interface Run {
  readonly since: number
  last: number
  count: number
  /** ms */
  longestGap: number
}

export class Cadence {
  readonly #runs = new Map<string, Run>()
  #lastHeard = Number.NEGATIVE_INFINITY

  /** @param now monotonic ms */
  heard(id: string, now: number): void {
    this.#lastHeard = now
    const run = this.#runs.get(id)
    if (run !== undefined && now - run.last <= allowedGap(run)) {
      run.longestGap = Math.max(run.longestGap, now - run.last)
      run.last = now
      run.count += 1
      return
    }
    if (run === undefined && this.#runs.size >= KEPT) this.#forgetGone()
    // A crowd that does not go is in nobody's home; those who were here before it are what counts.
    if (run !== undefined || this.#runs.size < KEPT)
      this.#runs.set(id, { since: now, last: now, count: 1, longestGap: 0 })
  }

  /** How many devices advertised without end when the radio last heard anything. */
  get steady(): number {
    return this.#steadyRuns().length
  }

  /** Silence that proves the radio deaf, ms; undefined when nobody was there whose silence proves anything. */
  get deafAfterMs(): number | undefined {
    const [first, second] = this.#steadyRuns()
      .map(({ longestGap }) => Math.max(SHORTEST_SILENCE_MS, GAP_INTERVALS * longestGap))
      .sort((a, b) => a - b)
    return second ?? (first === undefined ? undefined : Math.max(first, LONE_SILENCE_MS))
  }

  #steadyRuns(): Run[] {
    return [...this.#runs.values()].filter(
      (run) => this.#isThere(run) && run.count >= NEEDED && run.last - run.since >= STEADY_AFTER_MS,
    )
  }

  /** Measured against the last sign of anybody: in a deaf radio's silence nobody has gone. */
  #isThere(run: Run): boolean {
    return this.#lastHeard - run.last <= allowedGap(run)
  }

  #forgetGone(): void {
    for (const [id, run] of this.#runs) if (!this.#isThere(run)) this.#runs.delete(id)
  }
}

function allowedGap({ count, longestGap }: Run): number {
  return count >= NEEDED ? Math.max(LONGEST_GAP_MS, GAP_INTERVALS * longestGap) : LONGEST_GAP_MS
}
