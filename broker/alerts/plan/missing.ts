import type { Kind } from '../../../device-drivers/reading.ts'
import type { Course } from './course.ts'
import type { PlannedReading } from './facts.ts'
import type { Slot } from './slots.ts'

/** The citizen did not measure: one stretch of slots in a row, until the next reading of the kind. */
export interface MissingEpisode {
  readonly kind: Kind
  /** Those that nothing came for, oldest first. */
  readonly slots: readonly Slot[]
  /** The tick at which the first was decided. */
  readonly toldAt: number
  /** When the next reading of the kind was measured; absent while none was. */
  readonly endedAt?: number
}

/** It was said that the citizen did not measure, and that was wrong. */
export interface Withdrawn {
  readonly slot: Slot
  readonly at: number
  readonly cause: 'arrived-late' | 'paused'
}

interface Missed {
  readonly slot: Slot
  readonly at: number
  readonly undone: Withdrawn | undefined
}

function missedOf({ slot, steps }: Course): Missed | undefined {
  const missed = steps.find(({ verdict }) => verdict.state === 'missed' && verdict.cause === 'not-measured')
  if (missed === undefined) return undefined
  const last = steps.at(-1)
  if (last?.verdict.state === 'filled') return { ...missed, slot, undone: { slot, at: last.at, cause: 'arrived-late' } }
  if (last?.verdict.state === 'excused') return { ...missed, slot, undone: { slot, at: last.at, cause: 'paused' } }
  return { ...missed, slot, undone: undefined }
}

/**
 * @param courses of one citizen and kind, ordered by the slots' opening
 * @param readings of that kind that are known, ordered by measuredAt
 */
export function missingOf(
  kind: Kind,
  courses: readonly Course[],
  readings: readonly PlannedReading[],
): { readonly episodes: readonly MissingEpisode[]; readonly withdrawn: readonly Withdrawn[] } {
  const missed = courses.map(missedOf).filter((m) => m !== undefined)
  const standing = missed.filter(({ undone }) => undone === undefined)
  const nextReading = (from: number): number | undefined =>
    readings.find(({ measuredAt }) => measuredAt >= from)?.measuredAt
  const episodes: { slots: Slot[]; toldAt: number; endedAt?: number }[] = []
  for (const { slot, at } of standing) {
    const open = episodes.at(-1)
    const ended = nextReading(slot.closes)
    const end = ended === undefined ? {} : { endedAt: ended }
    if (open !== undefined && (open.endedAt === undefined || open.endedAt >= slot.closes)) {
      open.slots.push(slot)
      open.toldAt = Math.min(open.toldAt, at)
    } else episodes.push({ slots: [slot], toldAt: at, ...end })
  }
  return {
    episodes: episodes.map((episode) => ({ kind, ...episode })),
    withdrawn: missed.flatMap(({ undone }) => (undone === undefined ? [] : [undone])),
  }
}
