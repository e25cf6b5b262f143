import { isNumber, type RawReading } from '../../../device-drivers/reading.ts'

/** What the tests of kits look at in an outbox. */

/** The raw record, as a simulated device names it. */
export const hexOf = (reading: RawReading): string => reading.raw[0]?.hex.toUpperCase() ?? ''

export const of = (readings: readonly RawReading[], id: string): RawReading[] => readings.filter((r) => r.device === id)

/** Numbers by name, or why there is none. */
export const numbersOf = (reading: RawReading | undefined): Record<string, number | string> =>
  Object.fromEntries(Object.entries(reading?.values ?? {}).map(([name, v]) => [name, isNumber(v) ? v.value : v.absent]))
