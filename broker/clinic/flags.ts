import { type ClockQuality, isTrustworthy, type Reading } from '../../device-drivers/reading.ts'
import type { FLAGS } from './shapes.ts'

export type Flag = (typeof FLAGS)[number]

/** The device had no time, or the hub had none: when it was measured is a guess. */
const TIME_DOUBTFUL: ReadonlySet<ClockQuality> = new Set<ClockQuality>(['unknown', 'device-unset', 'hub-unsynced'])

/** What is known of a reading's values beside themselves. @param late it was stored long after it was measured */
export function flagsOf(
  { status, origin, clock }: Pick<Reading, 'status' | 'origin' | 'clock'>,
  late: boolean,
): Flag[] {
  return [
    ...(late ? (['late'] as const) : []),
    ...(isTrustworthy(status) ? [] : (['doubtful'] as const)),
    ...(origin === 'automatic' ? [] : [origin]),
    ...(TIME_DOUBTFUL.has(clock.quality) ? (['time-doubtful'] as const) : []),
  ]
}
