import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { breachOf, compare, orderProblem } from '../../../broker/alerts/limits.ts'

const value = (number: number, decimals = 0) => ({ value: number, decimals, unit: 'mm[Hg]' })
const LIMITS = { alertLow: 85, warningLow: 95, warningHigh: 140, alertHigh: 160 }

describe('a value', () => {
  it.each([
    [84, 'alertLow'],
    [85, 'warningLow'],
    [94, 'warningLow'],
    [95, undefined],
    [140, undefined],
    [141, 'warningHigh'],
    [160, 'warningHigh'],
    [161, 'alertHigh'],
  ])('of %d is beyond %s: at a limit is within it', (number, bound) => {
    expect(breachOf('systolic', value(number), LIMITS)?.bound).toBe(bound)
  })

  it('is compared in decimals as the device and the clinician wrote them', () => {
    expect(compare(value(0.1 + 0.2, 1), 0.3)).toBe(0)
    expect(compare(value(38.05, 2), 38)).toBeGreaterThan(0)
    expect(compare(value(37.9, 1), 37.95)).toBeLessThan(0)
    expect(compare(value(1.005, 3), 1.005)).toBe(0)
  })

  it('is compared as whole numbers of its last decimal, whatever a float makes of it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e6, max: 1e6 }),
        fc.integer({ min: -1e6, max: 1e6 }),
        fc.integer({ min: 0, max: 4 }),
        (a, b, d) => {
          const noise = 1 + Number.EPSILON
          expect(Math.sign(compare(value((a / 10 ** d) * noise, d), b / 10 ** d))).toBe(Math.sign(a - b))
        },
      ),
    )
  })
})

it('limits in order are fine, equal or crossed ones are not', () => {
  expect(orderProblem(LIMITS)).toBeUndefined()
  expect(orderProblem({})).toBeUndefined()
  expect(orderProblem({ alertLow: 85, alertHigh: 160 })).toBeUndefined()
  expect(orderProblem({ ...LIMITS, warningHigh: 95 })).toEqual({ bound: 'warningHigh', below: 'warningLow' })
  expect(orderProblem({ alertLow: 90, warningHigh: 80 })).toEqual({ bound: 'warningHigh', below: 'alertLow' })
})
