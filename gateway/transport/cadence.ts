/**
 * How often each device advertises, learnt from what is heard. The silence of one that was never silent is evidence that
 * the radio is deaf; the silence of a cuff that speaks once a day is none.
 */

/** Advertisements before an interval is known, as habluetooth (ADVERTISING_TIMES_NEEDED). */
const NEEDED = 16
/** A gap longer than this ends a run, unless the device is known to be slower; advertising intervals end at 10.24 s. */
const LONGEST_GAP_MS = 60_000
/** Of its own interval: advertisements get lost. */
const GAP_INTERVALS = 6
/** A device heard so long without a gap is one that advertises around the clock. A measurement is over sooner. */
const STEADY_AFTER_MS = 10 * 60_000

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
    if (run === undefined || now - run.last > allowedGap(run)) {
      this.#runs.set(id, { since: now, last: now, count: 1, longestGap: 0 })
      return
    }
    run.longestGap = Math.max(run.longestGap, now - run.last)
    run.last = now
    run.count += 1
  }

  /** Longest gap between two advertisements of a run, ms; undefined until enough were heard. */
  interval(id: string): number | undefined {
    const run = this.#runs.get(id)
    return run !== undefined && run.count >= NEEDED ? run.longestGap : undefined
  }

  /** How many devices advertised without end when the radio last heard anything. */
  get steady(): number {
    let count = 0
    for (const run of this.#runs.values()) {
      const there = this.#lastHeard - run.last <= allowedGap(run)
      if (there && run.count >= NEEDED && run.last - run.since >= STEADY_AFTER_MS) count += 1
    }
    return count
  }

  forget(id: string): void {
    this.#runs.delete(id)
  }
}

function allowedGap({ count, longestGap }: Run): number {
  return count >= NEEDED ? Math.max(LONGEST_GAP_MS, GAP_INTERVALS * longestGap) : LONGEST_GAP_MS
}
