import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBloodPressure } from '../../device-drivers/ble/blood-pressure.ts'
import { decodeHeartRate } from '../../device-drivers/ble/heart-rate.ts'
import { decodeContinuous, decodeSpotCheck } from '../../device-drivers/ble/plx-measurement.ts'
import { decodeTemperature } from '../../device-drivers/ble/thermometer.ts'
import { decodeWeight } from '../../device-drivers/ble/weight-scale.ts'
import { encodeBloodPressure, encodeCuffPressure } from '../../simulators/encoders/blood-pressure.ts'
import { encodeHeartRate } from '../../simulators/encoders/heart-rate.ts'
import { encodeContinuous, encodeSpotCheck } from '../../simulators/encoders/pulse-oximeter.ts'
import { encodeTemperature, TEMPERATURE_TYPE } from '../../simulators/encoders/thermometer.ts'
import { encodeWeight } from '../../simulators/encoders/weight.ts'
import { calendar, numberOf, only, optional, tenths, text } from './arbitraries.ts'

/** The simulators' encoders are written apart from the decoders, from the specifications: what one says, the other reads. */

describe('decode(encode(x)) is x', () => {
  test('for blood pressure in mmHg', () => {
    const arbitrary = fc.record({
      systolic: fc.integer({ min: 90, max: 250 }),
      diastolic: fc.integer({ min: 35, max: 79 }),
      time: optional(calendar),
      pulseRate: optional(fc.integer({ min: 30, max: 200 })),
      user: optional(fc.nat(255)),
      status: optional(fc.nat(0x3f)),
    })
    fc.assert(
      fc.property(arbitrary, ({ systolic, diastolic, time, pulseRate, user, status }) => {
        const bytes = encodeBloodPressure({
          unit: 'mmHg',
          systolic,
          diastolic,
          meanArterial: 'not-a-number',
          ...(time && { time }),
          ...(pulseRate !== undefined && { pulseRate }),
          ...(user !== undefined && { user }),
          ...(status !== undefined && { status }),
        })
        const m = only(decodeBloodPressure(bytes, '2A35'))
        expect(numberOf(m, 'systolic')).toBe(systolic)
        expect(numberOf(m, 'diastolic')).toBe(diastolic)
        expect(numberOf(m, 'meanArterial')).toBe('not-a-number')
        expect(numberOf(m, 'pulseRate')).toBe(pulseRate ?? 'missing')
        expect(m.slot).toBe(user === 255 ? undefined : user)
        expect(m.deviceTime).toBe(time && text(time))
        const bit = (n: number): boolean => (((status ?? 0) >> n) & 1) === 1
        expect(m.status.includes('body-movement')).toBe(bit(0))
        expect(m.status.includes('cuff-too-loose')).toBe(bit(1))
        expect(m.status.includes('irregular-pulse')).toBe(bit(2))
        expect(m.status.includes('pulse-out-of-range')).toBe(bit(3) || bit(4))
        expect(m.status.includes('improper-position')).toBe(bit(5))
      }),
    )
  })

  test('for blood pressure in kPa, to the nearest mmHg, and never for cuff pressure', () => {
    fc.assert(
      fc.property(tenths(9, 30), tenths(5, 8), (systolic, diastolic) => {
        const values = { unit: 'kPa', systolic, diastolic, meanArterial: 'not-a-number' } as const
        const m = only(decodeBloodPressure(encodeBloodPressure(values), '2A35'))
        expect(Math.abs(Number(numberOf(m, 'systolic')) - systolic * 7.50062)).toBeLessThan(4)
        expect(m.values['diastolic']).toMatchObject({ unit: 'mm[Hg]' })
        const cuff = encodeCuffPressure({ unit: 'kPa', cuffPressure: systolic })
        expect(decodeBloodPressure(cuff, '2A36').measurements).toEqual([])
      }),
    )
  })

  test('for a temperature, its site and its unit', () => {
    const sites = Object.keys(TEMPERATURE_TYPE) as (keyof typeof TEMPERATURE_TYPE)[]
    fc.assert(
      fc.property(
        tenths(31, 43),
        optional(fc.constantFrom(...sites)),
        optional(calendar),
        (temperature, site, time) => {
          const more = { ...(time && { time }), ...(site && { type: TEMPERATURE_TYPE[site] }) }
          const celsius = only(decodeTemperature(encodeTemperature({ unit: 'Cel', temperature, ...more }), '2A1C'))
          expect(celsius.values['bodyTemperature']).toMatchObject({ value: temperature, unit: 'Cel' })
          expect([celsius.site, celsius.deviceTime]).toEqual([site, time && text(time)])
          const degF = Math.round((temperature * 1.8 + 32) * 10) / 10
          const sent = encodeTemperature({ unit: 'degF', temperature: { value: degF, decimals: 1 }, ...more })
          expect(numberOf(only(decodeTemperature(sent, '2A1C')), 'bodyTemperature')).toBe(temperature)
        },
      ),
    )
  })

  test('for a weight in steps of 5 g, with user, BMI and height', () => {
    fc.assert(
      fc.property(fc.integer({ min: 6000, max: 60_000 }), tenths(15, 60), optional(fc.nat(255)), (steps, bmi, user) => {
        const weight = steps / 200
        const bytes = encodeWeight({ unit: 'kg', weight, bmi, height: 1.785, ...(user !== undefined && { user }) })
        const m = only(decodeWeight(bytes))
        expect(m.values).toEqual({
          weight: { value: weight, unit: 'kg', decimals: 3 },
          bmi: { value: bmi, unit: 'kg/m2', decimals: 1 },
          height: { value: 178.5, unit: 'cm', decimals: 1 },
        })
        expect(m.slot).toBe(user === 255 ? undefined : user)
      }),
    )
  })

  test('for a weight in pounds and one that was not successful', () => {
    expect(only(decodeWeight(encodeWeight({ unit: 'lb', weight: 165.35 }))).values['weight']).toEqual({
      value: 75,
      unit: 'kg',
      decimals: 2,
    })
    expect(only(decodeWeight(encodeWeight({ unit: 'kg', weight: undefined }))).values['weight']).toEqual({
      absent: 'unsuccessful',
      unit: 'kg',
    })
  })

  test('for an oximeter, spot check and stream', () => {
    const arbitrary = fc.record({
      oxygenSaturation: fc.integer({ min: 60, max: 100 }),
      pulseRate: fc.integer({ min: 30, max: 200 }),
      measurementStatus: optional(fc.nat(0xffff)),
      deviceStatus: optional(fc.nat(0xffffff)),
      amplitude: optional(tenths(0, 20)),
      time: optional(calendar),
      clockNotSet: fc.boolean(),
    })
    fc.assert(
      fc.property(arbitrary, ({ time, clockNotSet, measurementStatus, deviceStatus, amplitude, ...values }) => {
        const more = {
          ...(measurementStatus !== undefined && { measurementStatus }),
          ...(deviceStatus !== undefined && { deviceStatus }),
          ...(amplitude !== undefined && { amplitude }),
        }
        const spot = only(decodeSpotCheck(encodeSpotCheck({ ...values, ...more, clockNotSet, ...(time && { time }) })))
        const pair = { oxygenSaturation: 1, pulseRate: 2 }
        const stream = only(decodeContinuous(encodeContinuous({ ...values, ...more, fast: pair, slow: pair })))
        for (const m of [spot, stream]) {
          expect(numberOf(m, 'oxygenSaturation')).toBe(values.oxygenSaturation)
          expect(numberOf(m, 'pulseRate')).toBe(values.pulseRate)
          expect(numberOf(m, 'perfusionIndex')).toBe(amplitude ?? 'missing')
          expect(m.status.includes('low-perfusion')).toBe(((deviceStatus ?? 0) & 0x20) !== 0)
          expect(m.status.includes('early-estimate')).toBe(((measurementStatus ?? 0) & 0x40) !== 0)
          expect(m.status.includes('demonstration')).toBe(((measurementStatus ?? 0) & 0x400) !== 0)
          expect(m.status.includes('from-storage')).toBe(((measurementStatus ?? 0) & 0x200) !== 0)
        }
        expect([spot.deviceTime, spot.clockUnset]).toEqual([time && text(time), clockNotSet ? true : undefined])
      }),
    )
  })

  test('for a heart rate with contact, and not without', () => {
    const rr = fc.array(fc.integer({ min: 400, max: 2000 }), { maxLength: 9 })
    const rates = fc.integer({ min: 20, max: 250 })
    fc.assert(
      fc.property(
        rates,
        optional(fc.boolean()),
        optional(fc.nat(0xffff)),
        rr,
        fc.boolean(),
        (heartRate, contact, energyKJ, intervals, wide) => {
          const fields = {
            heartRate,
            ...(contact !== undefined && { contact }),
            ...(energyKJ !== undefined && { energyKJ }),
          }
          const about = decodeHeartRate([encodeHeartRate({ ...fields, rr: intervals }, { wide })])
          if (contact === false) {
            expect(about.measurements).toEqual([])
            return
          }
          expect(numberOf(only(about), 'heartRate')).toBe(heartRate)
          const seen = about.fields.filter((f) => f.name === 'RR-Interval').map((f) => f.value)
          expect(seen).toEqual(intervals)
        },
      ),
    )
  })
})

describe('a cuff', () => {
  test('with a date that does not exist keeps its values, without a device time', () => {
    const time = { year: 2026, month: 2, day: 31, hour: 7, minute: 0, second: 0 }
    const bytes = encodeBloodPressure({ unit: 'mmHg', systolic: 125, diastolic: 80, meanArterial: 95, time })
    expect(only(decodeBloodPressure(bytes, '2A35'))).toMatchObject({
      values: { systolic: { value: 125 } },
      status: ['time-fault'],
      clockUnset: true,
    })
    expect(only(decodeBloodPressure(bytes, '2A35'))).not.toHaveProperty('deviceTime')
  })

  test('that sets reserved bits and sends more than expected is read, and the surplus counted', () => {
    const bytes = encodeBloodPressure({ unit: 'mmHg', systolic: 125, diastolic: 80, meanArterial: 95 }, 0xe0)
    const about = decodeBloodPressure(Uint8Array.of(...bytes, 1, 2), '2A35')
    expect(about.surplusBytes).toBe(2)
    expect(about.measurements[0]?.status).toEqual([])
  })

  test('whose number has the mantissa of a special value is questionable', () => {
    // E7FE: 20.46 kPa
    const bytes = Uint8Array.of(0x01, 0xfe, 0xe7, 0x10, 0xe4, 0xff, 0x07)
    expect(only(decodeBloodPressure(bytes, '2A35'))).toMatchObject({
      values: { systolic: { value: 153.5 }, diastolic: { value: 78 } },
      status: ['questionable'],
    })
  })
})
