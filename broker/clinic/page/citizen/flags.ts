import type { FLAG_BITS } from '../../shapes.ts'

/** What a series says of a point beside its value, and how it is drawn. The bits are the broker's (shapes.ts). */

export const BITS = {
  late: 1,
  doubtful: 2,
  typed: 4,
  'typed-by-staff': 8,
  'time-doubtful': 16,
  'above-range': 32,
  'below-range': 64,
} as const satisfies typeof FLAG_BITS

export type PointFlag = keyof typeof BITS

export const flagsOf = (bits: number): PointFlag[] =>
  (Object.keys(BITS) as PointFlag[]).filter((flag) => (bits & BITS[flag]) !== 0)

/** Shape says what it is, so that colour alone says nothing. */
export type Shape = 'circle' | 'square' | 'diamond' | 'cross' | 'above' | 'below'

export interface Mark {
  readonly shape: Shape
  /** Late: not filled. */
  readonly hollow: boolean
  /** Nobody knows well when it was measured. */
  readonly uncertainTime: boolean
}

function shapeOf(bits: number): Shape {
  if ((bits & BITS['above-range']) !== 0) return 'above'
  if ((bits & BITS['below-range']) !== 0) return 'below'
  if ((bits & BITS.doubtful) !== 0) return 'cross'
  if ((bits & BITS['typed-by-staff']) !== 0) return 'diamond'
  return (bits & BITS.typed) !== 0 ? 'square' : 'circle'
}

export const markOf = (bits: number): Mark => ({
  shape: shapeOf(bits),
  hollow: (bits & BITS.late) !== 0,
  uncertainTime: (bits & BITS['time-doubtful']) !== 0,
})
