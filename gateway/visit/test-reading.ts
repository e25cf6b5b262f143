import { isNumber, type RawReading, rawReadingSchema } from '../../device-drivers/reading.ts'
import type { Step } from './record.ts'

/** Which reading proves that a device works here and now. Pure. */

/** A reading on the hub's disk; `receiptedAt` (unix ms) once the broker has it. */
export interface KeptReading {
  readonly held: boolean
  readonly body: string
  readonly receiptedAt?: number
}

/** Older than this is the device's memory, perhaps of somebody else, and no proof of today. */
const FRESH_MS = 10 * 60_000

const readingOf = ({ body }: KeptReading): RawReading => rawReadingSchema.parse(JSON.parse(body))

const hasNumber = ({ values }: RawReading): boolean => Object.values(values).some((value) => isNumber(value))

/**
 * The newest of these that was measured just now; undefined when there is none, 'clock-wrong' when the device does not
 * know when it was.
 *
 * @param now unix ms
 */
export function testAmong(kept: readonly KeptReading[], now: number): Step['test'] | 'clock-wrong' {
  const newest = kept
    .filter(({ held }) => !held)
    .map(readingOf)
    .filter(hasNumber)
    .filter(({ measuredAt }) => Math.abs(now - Date.parse(measuredAt)) <= FRESH_MS)
    .toSorted((a, b) => a.measuredAt.localeCompare(b.measuredAt))
    .at(-1)
  if (newest === undefined) return undefined
  if (newest.clock.quality === 'unknown' || newest.clock.quality === 'device-unset') return 'clock-wrong'
  const { id: reading, kind, values, measuredAt } = newest
  return { reading, kind, values, measuredAt }
}

/** From the hub's disk to the broker's receipt, ms; undefined before the receipt. */
export function uplinkMsOf(kept: KeptReading): number | undefined {
  if (kept.receiptedAt === undefined) return undefined
  return Math.max(0, Math.round(kept.receiptedAt - Date.parse(readingOf(kept).receivedAt)))
}
