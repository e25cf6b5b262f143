import fc from 'fast-check'
import { expect, it } from 'vitest'
import { add, holes, includes, type Range, size } from '../../../broker/store/sequence-ranges.ts'

const range = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 12 }))
  .map(([f, n]): Range => [f, f + n])

it('holds exactly the numbers that were added, whatever their order and overlap', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 20 }), (added) => {
      const numbers = new Set(added.flatMap(([f, l]) => Array.from({ length: l - f + 1 }, (_, i) => f + i)))
      const ranges = added.reduce(add, [] as readonly Range[])
      for (let n = 1; n <= 80; n++) expect(includes(ranges, n)).toBe(numbers.has(n))
      expect(size(ranges)).toBe(numbers.size)
      const highest = Math.max(0, ...numbers)
      expect(holes(ranges)).toMatchObject({ highest, missing: highest - numbers.size })
      for (const [i, [first]] of ranges.entries())
        if (i > 0) expect(first).toBeGreaterThan((ranges[i - 1]?.[1] ?? 0) + 1)
    }),
  )
})

it('knows up to where nothing is missing', () => {
  expect(holes([])).toEqual({ contiguous: 0, highest: 0, missing: 0 })
  expect(holes([[1, 4]])).toEqual({ contiguous: 4, highest: 4, missing: 0 })
  expect(
    holes([
      [1, 4],
      [6, 9],
    ]),
  ).toEqual({ contiguous: 4, highest: 9, missing: 1 })
  expect(holes([[3, 9]])).toEqual({ contiguous: 0, highest: 9, missing: 2 })
})
