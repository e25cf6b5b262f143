import type { Kind } from '../../device-drivers/reading.ts'
import type { Category, Evidence, Level } from '../contract/alert.ts'

/** As in `alertMessageSchema`. */
export const MAX_READINGS = 20
export const MAX_EVIDENCE = 20

/**
 * What the data says, and nothing of what people were told: one stretch of time in which one rule of one citizen was
 * broken. The same readings under the same rules give the same episodes, whatever the order in which they came.
 * Identity: citizen, rule id, `openedAt` and `first`.
 */
export interface Episode {
  readonly rule: { readonly id: string; readonly version: number; readonly title: string }
  readonly category: Category
  /** Id of what opened it: a reading, or a slot of the plan. */
  readonly first: string
  /** Time of measuring, ISO 8601 UTC with milliseconds, as all times here. */
  readonly openedAt: string
  /** Of the newest evidence: with `horizonHours` it decides whether somebody is told at once. */
  readonly newestAt: string
  /** Absent while it lasts. */
  readonly closedAt?: string
  /** Now, or when it ended. */
  readonly level: Level
  /** The worst so far. */
  readonly worst: Level
  readonly kinds: readonly Kind[]
  /** At most {@link MAX_EVIDENCE}, of the newest reading that was beyond. */
  readonly evidence: readonly Evidence[]
  /** Oldest first, the newest {@link MAX_READINGS}. */
  readonly readings: readonly string[]
  readonly repeatBy?: string
  readonly unstable: boolean
  /** A word of the house, as the cause of a silence. */
  readonly cause?: string
  /** A red one stays until a person has seen it. */
  readonly latching: boolean
  /** First seen later than this after `newestAt` it is a finding for the digest, no alert. */
  readonly horizonHours: number
}

const RANK: Readonly<Record<Level, number>> = { blue: 0, yellow: 1, red: 2 }

/** @returns negative, zero or positive as `a` is less urgent than, as urgent as or more urgent than `b` */
export const compareLevels = (a: Level, b: Level): number => RANK[a] - RANK[b]

export const worseOf = (a: Level, b: Level): Level => (RANK[a] >= RANK[b] ? a : b)

/** Names an episode within its citizen and rule. */
export const episodeKey = (episode: Pick<Episode, 'openedAt' | 'first'>): string =>
  `${episode.openedAt}/${episode.first}`

/** True when some moment belongs to both. */
export function overlaps(a: Episode, b: Episode): boolean {
  return (
    (b.closedAt === undefined || a.openedAt <= b.closedAt) && (a.closedAt === undefined || b.openedAt <= a.closedAt)
  )
}
