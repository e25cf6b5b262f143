import { describe, expect, test } from 'vitest'
import {
  isReference,
  type LungQuantity,
  type Person,
  referenceFor,
} from '../../../device-drivers/spirometry/gli2012.ts'

const reference = (quantity: LungQuantity, person: Person) => {
  const found = referenceFor(quantity, person)
  if (!isReference(found)) throw new Error(found.unknown)
  return found
}

const MAN = { sex: 'male', age: 68, height: 175 } as const
const WOMAN = { sex: 'female', age: 72.3, height: 162 } as const
const YOUNGER = { sex: 'male', age: 45.1, height: 182 } as const

describe('GLI-2012 reference values', () => {
  /** Person, quantity, measured; then predicted, lower limit, percent and z-score as printed. */
  test.each([
    [MAN, 'fev1', 1.42, '3.1752', '2.315', '44.7', '-3.20'],
    [MAN, 'fvc', 3.1, '4.1649', '3.108', '74.4', '-1.66'],
    [MAN, 'fev1FvcRatio', 0.4581, '0.7647', '0.633', '59.9', '-3.46'],
    [WOMAN, 'fev1', 0.88, '2.1269', '1.536', '41.4', '-3.35'],
    [WOMAN, 'fvc', 2.05, '2.7545', '1.992', '74.4', '-1.52'],
    [WOMAN, 'fev1FvcRatio', 0.4293, '0.7790', '0.643', '55.1', '-3.65'],
    [YOUNGER, 'fev1', 3.9, '4.2922', '3.383', '90.9', '-0.72'],
    [YOUNGER, 'fvc', 5.1, '5.4245', '4.282', '94.0', '-0.47'],
    [YOUNGER, 'fev1FvcRatio', 0.7647, '0.7955', '0.690', '96.1', '-0.51'],
  ] as const)('%o, %s of %d', (person, quantity, measured, predicted, lowerLimit, percent, z) => {
    const found = reference(quantity, person)
    expect(found.predicted.toFixed(4)).toBe(predicted)
    expect(found.lowerLimit.toFixed(3)).toBe(lowerLimit)
    expect(found.percentOf(measured).toFixed(1)).toBe(percent)
    expect(found.zScoreOf(measured).toFixed(2)).toBe(z)
  })

  test('the median is 100 percent and z 0, and the lower limit is z -1.645, at every age, height and sex', () => {
    for (const sex of ['male', 'female'] as const) {
      for (let age = 18; age <= 95; age += 0.7) {
        for (const height of [145, 170, 198]) {
          for (const quantity of ['fev1', 'fvc', 'fev1FvcRatio'] as const) {
            const found = reference(quantity, { sex, age, height })
            expect(found.percentOf(found.predicted)).toBeCloseTo(100, 9)
            expect(found.zScoreOf(found.predicted)).toBeCloseTo(0, 9)
            expect(found.zScoreOf(found.lowerLimit)).toBeCloseTo(-1.645, 6)
          }
        }
      }
    }
  })

  test('has no jump where one quarter of a year meets the next', () => {
    for (let age = 18.25; age < 95; age += 0.25) {
      for (const quantity of ['fev1', 'fvc', 'fev1FvcRatio'] as const) {
        const before = reference(quantity, { ...MAN, age: age - 1e-9 }).predicted
        const after = reference(quantity, { ...MAN, age }).predicted
        expect(Math.abs(after / before - 1)).toBeLessThan(1e-6)
      }
    }
  })

  test('are not made up for a person who is not known', () => {
    const { sex, age, height } = MAN
    expect(referenceFor('fev1', { age, height })).toEqual({ unknown: 'sex' })
    expect(referenceFor('fev1', { sex, height })).toEqual({ unknown: 'age' })
    expect(referenceFor('fev1', { sex, age })).toEqual({ unknown: 'height' })
    expect(referenceFor('fev1', { sex, age: Number.NaN, height })).toEqual({ unknown: 'age' })
    expect(isReference(referenceFor('fvc', {}))).toBe(false)
  })

  test('end where the tables end', () => {
    expect(referenceFor('fev1', { ...MAN, age: 17.99 })).toEqual({ unknown: 'age-out-of-range' })
    expect(referenceFor('fev1', { ...MAN, age: 95.01 })).toEqual({ unknown: 'age-out-of-range' })
    expect(isReference(referenceFor('fev1', { ...MAN, age: 18 }))).toBe(true)
    expect(isReference(referenceFor('fev1', { ...MAN, age: 95 }))).toBe(true)
    expect(referenceFor('fev1', { ...MAN, height: 1.75 })).toEqual({ unknown: 'height-out-of-range' })
  })
})
