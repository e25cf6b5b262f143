import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeAndWeight } from '../../../device-drivers/ble/and-scale.ts'
import { decodeOmronAdvertisement, readOmronAdvertisement } from '../../../device-drivers/ble/omron-advertisement.ts'
import { decodeOmronRecord } from '../../../device-drivers/ble/omron-eeprom.ts'
import { decodePolarAdvertisement } from '../../../device-drivers/ble/polar.ts'
import { decodeXiaomiComposition, decodeXiaomiWeight } from '../../../device-drivers/broadcast/xiaomi.ts'
import { encodeAndWeight } from '../../../simulators/encoders/and-weight.ts'
import { encodeOmronRecord } from '../../../simulators/encoders/omron-eeprom.ts'
import {
  encodeOmronCounters,
  encodePolarAdvertisement,
  encodeXiaomiComposition,
  encodeXiaomiWeight,
} from '../../../simulators/encoders/vendor-advertisements.ts'
import { agree } from '../../support/agree.ts'
import { calendar, numberOf, only, optional, text } from '../arbitraries.ts'
import { bytesOf } from '../hex.ts'

/** The simulators' encoders are written apart from the decoders: what one says, the other reads. */

const RUNS = { numRuns: 10_000 }
const KG_PER = { kg: 1, lb: 0.45359237, jin: 0.5 } as const

describe('decode(encode(x)) is x', () => {
  test('for the own packet of an A&D scale', () => {
    const weights = fc.integer({ min: 250, max: 3000 }).map((n) => n / 10)
    fc.assert(
      fc.property(weights, fc.constantFrom('kg', 'lb'), optional(calendar), (weight, unit, time) => {
        const m = only(decodeAndWeight(encodeAndWeight({ unit, weight, ...(time && { time }) })))
        expect(Math.abs(Number(numberOf(m, 'weight')) - weight * KG_PER[unit])).toBeLessThan(0.051)
        if (unit === 'kg') agree(m.values['weight'], { value: weight, unit: 'kg', decimals: 1 })
        agree(m.deviceTime, time && text(time))
      }),
      RUNS,
    )
  })

  test('for the counters of an Omron device', () => {
    const user = fc.record({ sequence: fc.nat(0xffff), records: fc.nat(0xff) })
    const users = fc.array(user, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(users, fc.boolean(), fc.boolean(), (counted, timeNotSet, pairing) => {
        const bytes = encodeOmronCounters({ users: counted, timeNotSet, pairing })
        const about = readOmronAdvertisement(bytes)
        expect(about).toMatchObject({ timeNotSet, pairing })
        agree(
          about.users,
          counted.map((each, i) => ({ slot: i + 1, ...each })),
        )
        agree(decodeOmronAdvertisement(bytes).measurements, [])
      }),
      RUNS,
    )
  })

  test('for a record in the memory of an Omron scale', () => {
    const fields = fc.record({
      weight: fc.integer({ min: 500, max: 4095 }),
      fat: fc.nat(700),
      muscle: fc.nat(1023),
      bmi: fc.nat(800),
      kcal: fc.nat(4095),
      time: calendar.filter(({ year }) => year < 2064),
    })
    const tenth = (raw: number) => (raw === 0 ? 'not-measured' : raw / 10)
    fc.assert(
      fc.property(fields, (f) => {
        const about = decodeOmronRecord(encodeOmronRecord(f))
        const m = only(about)
        agree([numberOf(m, 'weight'), m.deviceTime], [f.weight / 20, text(f.time)])
        agree([numberOf(m, 'bodyFat'), numberOf(m, 'bmi')], [tenth(f.fat), tenth(f.bmi)])
        const shown = about.fields.find(({ name }) => name === 'Basal Metabolism')
        agree(shown?.value, f.kcal)
      }),
      RUNS,
    )
  })

  test('for the heart rate in the advertisement of a Polar strap, and none where nobody wears it', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.array(fc.nat(255), { maxLength: 8 }), (rate, sensor) => {
        const about = decodePolarAdvertisement(encodePolarAdvertisement(rate, sensor))
        agree(
          about.measurements.map((m) => numberOf(m, 'heartRate')),
          rate === 0 ? [] : [rate],
        )
      }),
      RUNS,
    )
  })

  test.each([
    ['a Xiaomi scale', encodeXiaomiWeight, decodeXiaomiWeight],
    ['a Xiaomi composition scale', encodeXiaomiComposition, decodeXiaomiComposition],
  ])('for the service data of %s, and only for a person who stands still', (_, encode, decode) => {
    const fields = fc.record({
      unit: fc.constantFrom('kg', 'lb', 'jin'),
      weight: fc.integer({ min: 6000, max: 60_000 }).map((n) => n / 200),
      time: calendar,
      stabilised: fc.boolean(),
      object: fc.boolean(),
      removed: fc.boolean(),
      impedance: fc.integer({ min: 200, max: 900 }),
    })
    fc.assert(
      fc.property(fields, (f) => {
        const about = decode(encode(f))
        if (!f.stabilised || f.object) {
          agree(about.measurements, [])
          return
        }
        const m = only(about)
        expect(Math.abs(Number(numberOf(m, 'weight')) - f.weight * KG_PER[f.unit])).toBeLessThan(0.01)
        if (f.unit === 'kg') agree(numberOf(m, 'weight'), f.weight)
        agree(m.deviceTime, text(f.time))
      }),
      RUNS,
    )
  })
})

describe('bad input', () => {
  test.each([
    ['an A&D weight', () => decodeAndWeight(bytesOf('022e03ea0702')), 'packet-too-short', 'offset 3'],
    ['counters', () => decodeOmronAdvertisement(bytesOf('0e020101000100')), 'packet-too-short', 'offset 7'],
    [
      'counters of somebody else',
      () => decodeOmronAdvertisement(bytesOf('4c000100000000')),
      'packet-malformed',
      'Omron',
    ],
    ['a strap of somebody else', () => decodePolarAdvertisement(bytesOf('4c0046')), 'packet-malformed', 'Polar'],
    ['service data', () => decodeXiaomiWeight(bytesOf('223e30e607020e1029')), 'packet-too-short', 'offset 3'],
  ])('%s cut short is refused whole, with the offset', (_, decode, code, where) => {
    expect(decode).toThrow(expect.objectContaining({ code, message: expect.stringContaining(where) }))
  })

  test('a date that does not exist does not cost the weight', () => {
    const time = { year: 2026, month: 2, day: 31, hour: 7, minute: 0, second: 0 }
    const about = decodeAndWeight(encodeAndWeight({ unit: 'kg', weight: 81.4, time }))
    expect(only(about)).toMatchObject({ values: { weight: { value: 81.4 } }, status: ['time-fault'], clockUnset: true })
  })

  test('reserved bits are ignored and surplus bytes are counted', () => {
    const about = decodeAndWeight(bytesOf('fc2e030102'))
    expect(about).toMatchObject({ surplusBytes: 2, measurements: [{ values: { weight: { value: 81.4 } } }] })
  })
})
