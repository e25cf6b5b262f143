import { describe, expect, test } from 'vitest'
import {
  implausible,
  KIND_CODES,
  mdcOf,
  QUANTITIES,
  type Quantity,
  withImplausible,
} from '../../device-drivers/quantities.ts'
import { KINDS, type Value } from '../../device-drivers/reading.ts'
import { convert } from '../../device-drivers/units.ts'

const number = (value: number, unit: string, decimals: number): Value => ({ value, unit, decimals })

describe('a conversion keeps the precision of the device', () => {
  test.each([
    ['16.0 kPa', number(16, 'kPa', 1), 'mm[Hg]', number(120, 'mm[Hg]', 0)],
    ['20.46 kPa', number(20.46, 'kPa', 2), 'mm[Hg]', number(153.5, 'mm[Hg]', 1)],
    ['98.6 F', number(98.6, '[degF]', 1), 'Cel', number(37, 'Cel', 1)],
    ['99.05 F', number(99.05, '[degF]', 2), 'Cel', number(37.25, 'Cel', 2)],
    ['-40 F', number(-40, '[degF]', 0), 'Cel', number(-40, 'Cel', 0)],
    ['165.35 lb', number(165.35, '[lb_av]', 2), 'kg', number(75, 'kg', 2)],
    ['19.1 lb', number(19.1, '[lb_av]', 1), 'kg', number(8.7, 'kg', 1)],
    ['111 mg/dL', number(111, 'mg/dL', 0), 'mmol/L', number(6.2, 'mmol/L', 1)],
    ['112 mg/dL', number(112, 'mg/dL', 0), 'mmol/L', number(6.2, 'mmol/L', 1)],
    ['0.00111 kg/L', number(0.00111, 'kg/L', 5), 'mmol/L', number(6.2, 'mmol/L', 1)],
    ['0.0062 mol/L', number(0.0062, 'mol/L', 4), 'mmol/L', number(6.2, 'mmol/L', 1)],
    ['1.785 m', number(1.785, 'm', 3), 'cm', number(178.5, 'cm', 1)],
    ['70.3 in', number(70.3, '[in_i]', 1), 'cm', number(178.6, 'cm', 1)],
  ])('%s', (_, from, unit, to) => {
    expect(convert(from, unit)).toEqual(to)
  })

  test('and an absent value stays absent', () => {
    expect(convert({ absent: 'positive-infinity', unit: 'mg/dL' }, 'mmol/L')).toEqual({
      absent: 'positive-infinity',
      unit: 'mmol/L',
    })
  })

  test('a conversion nobody defined is refused', () => {
    expect(() => convert(number(1, 'kg', 0), 'mm[Hg]')).toThrow('no conversion from kg to mm[Hg]')
  })
})

describe('the table of quantities', () => {
  test('is complete for every kind: names, unit, range, and a code of some system', () => {
    for (const kind of KINDS) {
      for (const name of KIND_CODES[kind].quantities) {
        const about: Quantity = QUANTITIES[name]
        expect(about.range[0], name).toBeLessThan(about.range[1])
        expect(about.danish.length * about.english.length * about.unit.length, name).toBeGreaterThan(0)
      }
      const [main] = KIND_CODES[kind].quantities
      // What a citizen answers has no code in the sources that the table is made from.
      if (kind !== 'symptoms') expect(QUANTITIES[main], kind).toHaveProperty('loinc')
    }
    expect(KINDS).toHaveLength(11)
  })

  test('no two quantities share a MedCom or NPU code, but pulse and heart rate', () => {
    const codes = Object.values(QUANTITIES).flatMap((q: Quantity) => q.danishCode ?? [])
    expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual(['NPU21692'])
  })

  test('MDC codes follow kind and site', () => {
    expect(mdcOf('pulseRate', 'blood-pressure')).toBe(149546)
    expect(mdcOf('pulseRate', 'oxygen-saturation')).toBe(149530)
    expect(mdcOf('bodyTemperature', 'temperature')).toBe(150364)
    expect(mdcOf('bodyTemperature', 'temperature', 'ear')).toBe(188428)
    expect(mdcOf('glucose', 'glucose-continuous')).toBe(160212)
  })
})

describe('plausibility', () => {
  const pressure = (systolic: number, diastolic: number) => ({
    kind: 'blood-pressure' as const,
    status: [],
    values: { systolic: number(systolic, 'mm[Hg]', 0), diastolic: number(diastolic, 'mm[Hg]', 0) },
  })

  test('knows range and pulse pressure, both ends included', () => {
    expect(implausible(pressure(280, 180))).toBe(false)
    expect(implausible(pressure(281, 180))).toBe(true)
    expect(implausible(pressure(90, 80))).toBe(false)
    expect(implausible(pressure(89, 80))).toBe(true)
    expect(implausible(pressure(72, 81))).toBe(true)
  })

  test('adds a status once and drops nothing', () => {
    const once = withImplausible(pressure(300, 80))
    expect(once.status).toEqual(['implausible'])
    expect(withImplausible(once)).toBe(once)
    expect(once.values).toEqual(pressure(300, 80).values)
  })

  test('an absent value is not judged, nor one that only accompanies', () => {
    expect(implausible({ values: { glucose: { absent: 'positive-infinity' } } })).toBe(false)
    expect(implausible({ values: { oxygenSaturation: number(85, '%', 0), perfusionIndex: number(27, '%', 0) } })).toBe(
      false,
    )
  })
})
