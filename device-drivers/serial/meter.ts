import { createHash } from 'node:crypto'
import type { LocalDateTime } from '../driver.ts'
import { localSeconds, localText } from '../gatt/date-time.ts'

/** What glucose meters on a cable have in common: they are asked for everything, and mostly have nothing new. */

/** HL7/PHD: a clock is set when it is off by more than a minute. */
const CLOCK_TOLERANCE_S = 60

/** @param deviceNow as the meter shows it; undefined where its clock was never set */
export const clockIsWrong = (deviceNow: string | undefined, local: LocalDateTime): boolean =>
  deviceNow === undefined || Math.abs(localSeconds(deviceNow) - localSeconds(localText(local))) > CLOCK_TOLERANCE_S

/** Name under which a visit remembers all that a meter had. */
export const MEMORY_KEY = 'everything'

/** Stands for all records together, in whatever order they come: the same digest, and nothing is new. */
export function digestOf(records: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const record of records.toSorted((a, b) => Buffer.compare(a, b))) hash.update(`${record.length} `).update(record)
  return hash.digest('base64url')
}
