import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBodyComposition } from '../../../device-drivers/ble/body-composition-measurement.ts'
import { decodeCgmNotification, decodeCgmRecord } from '../../../device-drivers/ble/cgm-measurement.ts'
import { decodeCgmFeature, readSessionStart } from '../../../device-drivers/ble/cgm-session.ts'
import { decodeGlucoseContext } from '../../../device-drivers/ble/glucose-context.ts'
import { decodeGlucose } from '../../../device-drivers/ble/glucose-measurement.ts'
import { crcCcittFalse, crcMcrf4xx } from '../../../device-drivers/crc.ts'
import type { Decoded } from '../../../device-drivers/driver.ts'
import { decodeAnswer, decodeRecordAccess } from '../../../device-drivers/gatt/record-access.ts'
import { isNumber } from '../../../device-drivers/reading.ts'
import { encodeBodyComposition, encodeBodyCompositionParts } from '../../../simulators/encoders/body-composition.ts'
import { e2eCrc, encodeCgm, encodeCgmFeature, encodeSessionStart } from '../../../simulators/encoders/cgm.ts'
import { encodeGlucose, encodeGlucoseContext } from '../../../simulators/encoders/glucose.ts'
import { agree } from '../../support/agree.ts'
import { calendar, numberOf, only, optional, tenths, text } from '../arbitraries.ts'

/** What the simulators' encoders say, written from the specifications apart from the decoders, the decoders read. */

const RUNS = { numRuns: 10_000 }
const u16 = fc.nat(0xffff)
const raw = (about: Decoded, name: string) => about.fields.find((f) => f.name === name)?.value
const MG_DL_PER_MMOL_L = 18.0156

/** Local time plus minutes, by the calendar and not by the code under test. */
const later = (t: typeof calendar extends fc.Arbitrary<infer T> ? T : never, minutes: number): string =>
  new Date(Date.UTC(t.year, t.month - 1, t.day, t.hour, t.minute + minutes, t.second)).toISOString().slice(0, 19)

describe('decode(encode(x)) is x', () => {
  test('for a glucose record: number, user-facing time, unit, sample and status', () => {
    const arbitrary = fc.record({
      sequence: u16,
      baseTime: calendar,
      timeOffset: optional(fc.integer({ min: -1440, max: 1440 })),
      mgPerDl: fc.integer({ min: 20, max: 600 }),
      unit: fc.constantFrom('mg/dL' as const, 'mmol/L' as const),
      type: fc.integer({ min: 1, max: 10 }),
      location: fc.constantFrom(1, 2, 3, 4, 15),
      status: optional(fc.nat(0xfff)),
      contextFollows: fc.boolean(),
    })
    fc.assert(
      fc.property(arbitrary, ({ mgPerDl, unit, type, location, timeOffset, status, ...rest }) => {
        const value = unit === 'mg/dL' ? mgPerDl : { value: Math.round(mgPerDl / 1.8) / 10, decimals: 1 }
        const bytes = encodeGlucose({
          ...rest,
          ...(timeOffset !== undefined && { timeOffset }),
          ...(status !== undefined && { status }),
          concentration: { unit, value, type, location },
        })
        const m = only(decodeGlucose(bytes))
        const bit = (n: number): boolean => (((status ?? 0) >> n) & 1) === 1
        agree([m.kind, m.sequence], ['glucose', rest.sequence])
        agree(m.deviceTime, later(rest.baseTime, timeOffset ?? 0))
        if (bit(5)) agree(numberOf(m, 'glucose'), 'above-range')
        else if (bit(6)) agree(numberOf(m, 'glucose'), 'below-range')
        else {
          const mmol = typeof value === 'number' ? Math.round((value / MG_DL_PER_MMOL_L) * 10) / 10 : value.value
          agree(m.values['glucose'], { value: mmol, unit: 'mmol/L', decimals: 1 })
        }
        agree(m.status.includes('control-solution'), type === 10 || location === 4)
        agree(m.status.includes('battery-low'), bit(0))
        agree(m.status.includes('sample-insufficient'), bit(2))
        agree(m.status.includes('strip-fault'), bit(3) || bit(4) || bit(9))
        agree(m.status.includes('time-fault'), bit(11))
        agree(m.clockUnset === true, bit(11))
      }),
      RUNS,
    )
  })

  test('for a glucose context with any of its parts', () => {
    const arbitrary = fc.record(
      {
        extended: fc.nat(255),
        carbohydrate: fc.record({ id: fc.integer({ min: 1, max: 7 }), kg: fc.nat(500).map((g) => g / 1000) }),
        meal: fc.integer({ min: 1, max: 6 }),
        tester: fc.integer({ min: 1, max: 3 }),
        exercise: fc.record({ seconds: u16, intensity: fc.nat(100) }),
        medication: fc.record({
          id: fc.integer({ min: 1, max: 5 }),
          amount: tenths(0, 100),
          unit: fc.constantFrom('kg' as const, 'L' as const),
        }),
        hba1c: tenths(4, 15),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(u16, arbitrary, (sequence, parts) => {
        const about = decodeGlucoseContext(encodeGlucoseContext({ sequence, ...parts }))
        agree(about.surplusBytes, undefined)
        agree(raw(about, 'Sequence Number'), sequence)
        agree(raw(about, 'Extended Flags'), parts.extended)
        agree(raw(about, 'Carbohydrate'), parts.carbohydrate?.kg)
        agree(raw(about, 'Meal'), parts.meal)
        agree(raw(about, 'Tester'), parts.tester)
        agree(raw(about, 'Exercise Duration'), parts.exercise?.seconds)
        agree(raw(about, 'Medication'), parts.medication?.amount)
        agree(about.fields.find((f) => f.name === 'Medication')?.unit, parts.medication?.unit)
        agree(raw(about, 'HbA1c'), parts.hba1c)
      }),
      RUNS,
    )
  })

  const cgm = fc
    .record(
      {
        status: fc.nat(0x3f),
        calTemp: fc.nat(0x3f),
        warning: fc.nat(0x3f),
        trend: fc.integer({ min: -50, max: 50 }).map((n) => n / 10),
        quality: tenths(0, 100),
        glucose: fc.integer({ min: 40, max: 400 }),
        timeOffset: fc.nat(20_000),
      },
      { requiredKeys: ['glucose', 'timeOffset'] },
    )
    .map((fields) => fields)

  test('for CGM records, alone and several in one notification, with and without E2E-CRC', () => {
    fc.assert(
      fc.property(fc.array(cgm, { minLength: 1, maxLength: 4 }), fc.boolean(), calendar, (records, crc, start) => {
        const encoded = records.map((fields) => encodeCgm(fields, { crc }))
        const all = decodeCgmNotification(Uint8Array.from(encoded.flatMap((bytes) => [...bytes])))
        agree(
          all.measurements.map((m) => m.sequence),
          records.map((fields) => fields.timeOffset),
        )
        const [first] = records
        const [bytes] = encoded
        if (first === undefined || bytes === undefined) throw new Error('no record')
        const began = readSessionStart(encodeSessionStart(start, 4, 4, { crc }))
        agree([began.time.text, began.crc], [text(start), crc ? true : undefined])
        const m = only(decodeCgmRecord(bytes, { start: began.time, protected: crc }))
        agree(m.deviceTime, later(start, first.timeOffset))
        agree(numberOf(m, 'glucose'), Math.round((first.glucose / MG_DL_PER_MMOL_L) * 10) / 10)
        agree(numberOf(m, 'sensorQuality'), first.quality ?? 'missing')
        const { glucoseTrend } = m.values
        if (first.trend === undefined || !isNumber(glucoseTrend))
          agree([first.trend, glucoseTrend], [undefined, undefined])
        else expect(glucoseTrend.value).toBeCloseTo(first.trend / MG_DL_PER_MMOL_L, glucoseTrend.decimals)
        agree(m.status.includes('sensor-off'), ((first.status ?? 0) & 1) !== 0)
        agree(m.status.includes('questionable'), ((first.calTemp ?? 0) & 8) !== 0)
      }),
      RUNS,
    )
  })

  test('for a CGM record never with a bit flipped, not even one that makes its checksum a trend', () => {
    fc.assert(
      fc.property(cgm, fc.nat(1_000), (fields, where) => {
        const bytes = encodeCgm(fields, { crc: true })
        const at = 1 + (where % (bytes.length - 1))
        const damaged = bytes.map((byte, i) => (i === at ? byte ^ (1 << (where % 8)) : byte))
        expect(() => decodeCgmRecord(damaged, { protected: true })).toThrow(
          expect.objectContaining({ name: 'PreCareError' }),
        )
      }),
      RUNS,
    )
  })

  test('for CGM features, whose checksum field is fixed where there is none', () => {
    const about = decodeCgmFeature(encodeCgmFeature(0x019e6e, 6, 1))
    expect([raw(about, 'E2E-CRC supported'), raw(about, 'CGM Type'), raw(about, 'CGM Sample Location')]).toEqual([
      true,
      6,
      1,
    ])
    expect(raw(decodeCgmFeature(encodeCgmFeature(0x8001, 9, 5)), 'E2E-CRC')).toBe(0xffff)
    const damaged = encodeCgmFeature(0x019e6e, 6, 1).with(0, 0x6f)
    expect(() => decodeCgmFeature(damaged)).toThrow(expect.objectContaining({ code: 'checksum-wrong' }))
  })

  test('for a body composition, whole and in two packets', () => {
    const arbitrary = fc.record(
      {
        bodyFat: tenths(5, 60),
        time: calendar,
        user: fc.nat(254),
        basalMetabolism: fc.integer({ min: 3000, max: 15_000 }),
        musclePercent: tenths(20, 70),
        muscleMass: tenths(10, 90),
        fatFreeMass: tenths(20, 150),
        softLeanMass: tenths(20, 150),
        bodyWater: tenths(15, 100),
        impedance: tenths(200, 1500),
        weight: tenths(30, 250),
        height: fc.integer({ min: 1200, max: 2200 }).map((mm) => mm / 1000),
      },
      { requiredKeys: ['bodyFat'] },
    )
    fc.assert(
      fc.property(arbitrary, fc.boolean(), (fields, split) => {
        const whole = { unit: 'kg', ...fields } as const
        const packets = split ? encodeBodyCompositionParts(whole) : ([encodeBodyComposition(whole)] as const)
        const m = only(decodeBodyComposition([...packets]))
        agree([m.deviceTime, m.slot], [fields.time && text(fields.time), fields.user])
        const { time: _, user: __, height, ...quantities } = fields
        for (const [name, value] of Object.entries(quantities)) expect(numberOf(m, name), name).toBe(value)
        agree(numberOf(m, 'height'), height === undefined ? 'missing' : Math.round(height * 1000) / 10)
        agree(Object.keys(m.values).length, Object.keys(quantities).length + (height === undefined ? 0 : 1))
      }),
      RUNS,
    )
  })
})

describe('a glucose meter', () => {
  const baseTime = { year: 2026, month: 3, day: 1, hour: 23, minute: 50, second: 0 }
  const finger = { type: 1, location: 1 } as const

  test.each([
    ['positive-infinity', 'above-range', 'result-too-high'],
    ['negative-infinity', 'below-range', 'result-too-low'],
  ] as const)('shows an infinity (%s) as a value outside its range, which is visible and not doubtful', (value, reason, status) => {
    const bytes = encodeGlucose({ sequence: 1, baseTime, concentration: { unit: 'mg/dL', value, ...finger } })
    expect(only(decodeGlucose(bytes))).toMatchObject({ values: { glucose: { absent: reason } }, status: [status] })
  })

  test.each([
    'overrun',
    'underrun',
  ] as const)('keeps the value when the time offset is an %s, without a time', (timeOffset) => {
    const concentration = { unit: 'mg/dL', value: 100, ...finger } as const
    const m = only(decodeGlucose(encodeGlucose({ sequence: 1, baseTime, timeOffset, concentration })))
    expect(m).toMatchObject({ values: { glucose: { value: 5.6 } }, status: ['time-fault'], clockUnset: true })
    expect(m.deviceTime).toBeUndefined()
  })

  test('counts the offset over midnight', () => {
    const concentration = { unit: 'mg/dL', value: 100, ...finger } as const
    const m = only(decodeGlucose(encodeGlucose({ sequence: 1, baseTime, timeOffset: 15, concentration })))
    expect(m.deviceTime).toBe('2026-03-02T00:05:00')
  })

  test('without a concentration has measured nothing', () => {
    expect(decodeGlucose(encodeGlucose({ sequence: 7, baseTime })).measurements).toEqual([])
  })
})

describe('checksums', () => {
  const check = new TextEncoder().encode('123456789')
  test('give the published check values', () => {
    expect([crcMcrf4xx(check), e2eCrc(check), crcCcittFalse(check)]).toEqual([0x6f91, 0x6f91, 0x29b1])
    expect(crcMcrf4xx(new TextEncoder().encode('A'))).toBe(0x5c0a)
  })
})

describe('a record access control point', () => {
  test('never says what only a client says', () => {
    for (const hex of ['0101', '0201', '0300', '0401', '0103010200']) {
      expect(() => decodeAnswer(new Uint8Array(Buffer.from(hex, 'hex')))).toThrow(/op code/)
    }
  })
  test('is read with its operands in both directions where a vendor extends it', () => {
    const about = decodeRecordAccess(Uint8Array.of(1, 4, 1, 5, 0, 9, 0))
    expect([raw(about, 'Minimum Value'), raw(about, 'Maximum Value'), about.surplusBytes]).toEqual([5, 9, undefined])
  })
})
