import fc from 'fast-check'
import type { Decoded, Measurement } from '../../device-drivers/driver.ts'

/** What round trips are made of. */

/** A time as the encoders take it. */
export const calendar = fc.record({
  year: fc.integer({ min: 2000, max: 2099 }),
  month: fc.integer({ min: 1, max: 12 }),
  day: fc.integer({ min: 1, max: 28 }),
  hour: fc.integer({ min: 0, max: 23 }),
  minute: fc.integer({ min: 0, max: 59 }),
  second: fc.integer({ min: 0, max: 59 }),
})
export type Calendar = typeof calendar extends fc.Arbitrary<infer T> ? T : never

const two = (n: number): string => String(n).padStart(2, '0')
/** The same as the decoders give it. */
export const text = (t: Calendar): string =>
  `${t.year}-${two(t.month)}-${two(t.day)}T${two(t.hour)}:${two(t.minute)}:${two(t.second)}`

export const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
export const tenths = (min: number, max: number) => fc.integer({ min: min * 10, max: max * 10 }).map((n) => n / 10)

/** The only measurement. @throws where there are several, none, or bytes left over */
export function only(about: Decoded): Measurement {
  const [measurement, ...others] = about.measurements
  if (measurement === undefined || others.length > 0 || about.surplusBytes !== undefined) throw new Error('not one')
  return measurement
}

/** The number, the reason why there is none, or 'missing'. */
export const numberOf = (m: Measurement, name: string): number | string => {
  const value = m.values[name]
  if (value === undefined) return 'missing'
  return 'value' in value ? value.value : value.absent
}
