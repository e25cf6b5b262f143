import type { Kind } from '../../../device-drivers/reading.ts'

/**
 * What the engine knew, and since which tick: every fact carries the tick at which it was written down, so that looking
 * again later at the same facts gives the same answer. Times are ms since 1970 UTC.
 */

/** A reading of the planned kind. `knownAt`: when it was stored. */
export interface PlannedReading {
  readonly id: string
  readonly kind: Kind
  readonly measuredAt: number
  readonly knownAt: number
}

/** From this tick on, until the next fact about the same hub. */
export interface HubFact {
  readonly hub: string
  readonly at: number
  /** False: nothing came from it for so long that it counts as silent. */
  readonly heard: boolean
  /** When it was heard last, as far as `at` knew. */
  readonly lastHeard: number
  /** It holds no reading measured before this time. Absent: it never said so, or doesn't know the time. */
  readonly holdsNothingBefore?: number
  /** False: its radio is gone or was found to hear nothing. */
  readonly radio: boolean
}

/** From this tick on, until the next fact about the same device. */
export interface DeviceFact {
  readonly device: string
  readonly at: number
  readonly batteryLow: boolean
  /** Code of the error table: the last visit failed. */
  readonly problem?: string
}

/** Nothing is expected of the citizen. */
export interface PauseFact {
  readonly id: string
  readonly from: number
  readonly to: number
  /** When it was written down. */
  readonly knownAt: number
}

/** Where a reading of a kind can come from. */
export interface Source {
  readonly hubs: readonly string[]
  /** The device that measures this kind, when one has done so before. */
  readonly device?: string
}

export interface Facts {
  /** Of each kind, ordered by measuredAt. */
  readonly readings: readonly PlannedReading[]
  /** Ordered by `at`. */
  readonly hubs: readonly HubFact[]
  /** Ordered by `at`. */
  readonly devices: readonly DeviceFact[]
  readonly pauses: readonly PauseFact[]
  readonly sourceOf: (kind: Kind) => Source
}

/** How many facts were written down at or before a time. @param facts ordered by `at` */
export function countUpTo(facts: readonly { readonly at: number }[], time: number): number {
  let low = 0
  let high = facts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((facts[middle]?.at ?? 0) <= time) low = middle + 1
    else high = middle
  }
  return low
}

/** The newest fact of a subject at a time. @param facts of one subject, ordered by `at` */
export const asOf = <F extends { readonly at: number }>(facts: readonly F[], time: number): F | undefined =>
  facts[countUpTo(facts, time) - 1]

/** True when the radio was in trouble at any moment of [from, to), as known then. */
export function radioFailedWithin(facts: readonly HubFact[], from: number, to: number): boolean {
  const first = Math.max(0, countUpTo(facts, from) - 1)
  for (let index = first; index < facts.length; index++) {
    const fact = facts[index]
    if (fact === undefined || fact.at >= to) return false
    if (!fact.radio) return true
  }
  return false
}
