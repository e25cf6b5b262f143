import fc from 'fast-check'
import { isQuantity, KIND_CODES, QUANTITIES } from '../../../device-drivers/quantities.ts'
import {
  ABSENT_REASONS,
  CLOCK_QUALITIES,
  KINDS,
  type Reading,
  readingSchema,
  SITES,
  STATUSES,
  type Value,
} from '../../../device-drivers/reading.ts'

/** Any reading that the schema takes, mostly with quantities of its kind, sometimes with strange ones. */

const number = (unit: fc.Arbitrary<string>): fc.Arbitrary<Value> =>
  fc
    .record({ digits: fc.integer({ min: -99_999, max: 999_999 }), decimals: fc.integer({ min: 0, max: 6 }), unit })
    .map(({ digits, decimals, unit: of }) => ({ value: Number(`${digits}e-${decimals}`), unit: of, decimals }))

const valueNamed = (name: string): fc.Arbitrary<Value> => {
  const own = isQuantity(name) ? QUANTITIES[name].unit : '1'
  const unit = fc.oneof({ weight: 9, arbitrary: fc.constant(own) }, fc.constantFrom('mg/dL', '[lb_av]', 'kPa'))
  return fc.oneof(
    { weight: 4, arbitrary: number(unit) },
    fc.constantFrom(...ABSENT_REASONS).map((absent) => ({ absent, unit: own })),
  )
}

const instant = fc
  .integer({ min: Date.parse('2020-01-01'), max: Date.parse('2035-01-01') })
  .map((ms) => new Date(ms).toISOString())

const valuesOf = (kind: Reading['kind']): fc.Arbitrary<Reading['values']> =>
  fc
    .subarray([...KIND_CODES[kind].quantities, 'somethingNew', 'oxygenFlow', 'catScore'])
    .chain((names) => fc.tuple(...names.map((name) => valueNamed(name).map((value) => [name, value] as const))))
    .map((entries) => Object.fromEntries(entries))

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const id = fc.nat().map((n) => `device-${n}`)
/** Patterns of text are slow to draw from: a number in base 32 is as good. */
const readingId = fc.nat().map((n) => n.toString(32).replace(/[0-1]/g, 'z').replace(/[89]/g, 'y').padStart(32, 'a'))

export const anyReading: fc.Arbitrary<Reading> = fc
  .constantFrom(...KINDS)
  .chain((kind) =>
    fc.record({
      id: readingId,
      kind: fc.constant(kind),
      values: valuesOf(kind),
      status: fc.subarray([...STATUSES], { maxLength: 4 }),
      deviceTime: optional(instant.map((time) => time.slice(0, 19))),
      measuredAt: instant,
      receivedAt: instant,
      clock: fc.record({
        quality: fc.constantFrom(...CLOCK_QUALITIES),
        offsetMs: optional(fc.integer({ min: -1e9, max: 1e9 })),
      }),
      device: id,
      driver: fc.constant('any-driver'),
      sequence: optional(fc.nat(65_535)),
      site: optional(fc.constantFrom(...SITES)),
      origin: fc.constantFrom('automatic', 'typed', 'typed-by-staff'),
    }),
  )
  // Through the wire: what is undefined is not there.
  .map((reading) => readingSchema.parse(JSON.parse(JSON.stringify(reading))))
