import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Blow, bestOf, isPossible, spirometrySession } from '../../../device-drivers/spirometry/blows.ts'

const blow = (fev1: number, fvc: number, more: Partial<Blow> = {}): Blow => ({
  fev1,
  fvc,
  quality: 'acceptable',
  ...more,
})
const poor = (fev1: number, fvc: number): Blow => blow(fev1, fvc, { quality: 'neither' })

describe('a session of blows', () => {
  test('takes the largest FEV1 and the largest FVC, also of different blows, and keeps all', () => {
    const blows = [blow(1.4, 3.1, { peakFlow: 210 }), blow(1.5, 3.0, { fev6: 2.9 }), poor(1.9, 3.6)]
    const session = spirometrySession(blows)
    expect(session.blows).toEqual(blows)
    expect(session.fev1).toEqual({ best: 1.5, blow: 1, grade: 'B', repeatability: 0.1, acceptable: 2 })
    expect(session.fvc).toEqual({ best: 3.1, blow: 0, grade: 'B', repeatability: 0.1, acceptable: 2 })
    expect(session).toMatchObject({ fev6: 2.9, peakFlow: 210, ratio: 1.5 / 3.1 })
  })

  test.each([
    ['A', [2.9, 2.75, 2.5]],
    ['B', [2.9, 2.75]],
    ['C', [2.9, 2.7]],
    ['C', [2.9, 2.7, 2.6]],
    ['D', [2.9, 2.65]],
    ['E', [2.9, 2.64]],
    ['E', [2.9, 2.6, 2.59, 2.58]],
    ['E', [2.9]],
    ['F', []],
  ] as const)('grades %s: %j', (grade, values) => {
    const blows = values.map((fev1) => blow(fev1, 4))
    expect(bestOf(blows, 'fev1').grade).toBe(grade)
    // A poor blow changes nothing, however large.
    expect(bestOf([...blows, poor(3.9, 4)], 'fev1').grade).toBe(grade)
  })

  test('grades FEV1 and FVC apart', () => {
    const session = spirometrySession([blow(2.0, 3.0), blow(2.01, 3.5), blow(2.02, 4.0)])
    expect([session.fev1.grade, session.fvc.grade]).toEqual(['A', 'E'])
  })

  test('counts usable blows only where none is acceptable', () => {
    const usable = blow(2, 3, { quality: 'usable', peakFlow: 300 })
    expect(spirometrySession([usable]).fev1).toEqual({ best: 2, blow: 0, grade: 'U', acceptable: 0 })
    expect(spirometrySession([usable]).peakFlow).toBe(300)
    expect(spirometrySession([usable, blow(1.8, 2.9, { peakFlow: 250 })])).toMatchObject({
      fev1: { best: 1.8, grade: 'E' },
      peakFlow: 250,
    })
  })

  test('never counts a blow with more air in the first second than in all', () => {
    expect(isPossible({ fev1: 3.01, fvc: 3 })).toBe(false)
    expect(isPossible({ fev1: 3, fvc: 3, fev6: 3 })).toBe(true)
    expect(isPossible({ fev1: 3, fev6: 2.9 })).toBe(false)
    expect(spirometrySession([blow(3.5, 3.4), blow(2, 3)]).fev1).toMatchObject({ best: 2, blow: 1, acceptable: 1 })
    expect(spirometrySession([blow(3.5, 3.4)]).fev1).toEqual({ grade: 'F', acceptable: 0 })
  })

  test('has no ratio without both values', () => {
    expect(spirometrySession([{ fev1: 2, quality: 'acceptable' }])).not.toHaveProperty('ratio')
    expect(spirometrySession([])).toEqual({
      blows: [],
      fev1: { grade: 'F', acceptable: 0 },
      fvc: { grade: 'F', acceptable: 0 },
    })
  })

  test('does not depend on the order of the blows, and a ratio is never above 1', () => {
    const any = fc.record({
      fev1: fc.integer({ min: 20, max: 500 }).map((n) => n / 100),
      fvc: fc.integer({ min: 20, max: 500 }).map((n) => n / 100),
      quality: fc.constantFrom('acceptable' as const, 'usable' as const, 'neither' as const),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 8 }), (blows) => {
        const { fev1, fvc, ratio } = spirometrySession(blows)
        const reversed = spirometrySession(blows.toReversed())
        for (const [one, other] of [
          [fev1, reversed.fev1],
          [fvc, reversed.fvc],
        ] as const) {
          expect([one.best, one.grade, one.repeatability]).toEqual([other.best, other.grade, other.repeatability])
        }
        expect(ratio ?? 0).toBeLessThanOrEqual(1)
      }),
      { numRuns: 10_000 },
    )
  })
})
