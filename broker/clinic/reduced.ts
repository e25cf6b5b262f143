import { FLAG_BITS } from './shapes.ts'

/** What a plot can show of very many points: the extremes of each stretch of time. Pure. */

/** A plot is 2,000 pixels wide; each stretch leaves six at most. */
const MAX_POINTS = 4_000
const KEPT_OF_A_STRETCH = 6
const STRETCHES = Math.floor(MAX_POINTS / KEPT_OF_A_STRETCH)

interface Plotted {
  readonly at: number
  readonly value: number | null
  readonly flags: number
}

const isDoubtful = ({ flags }: Plotted): boolean => (flags & FLAG_BITS.doubtful) !== 0
const has = ({ flags }: Plotted, bit: number): boolean => (flags & bit) !== 0

function extremes<T extends Plotted>(points: readonly T[]): T[] {
  let [low, high] = [points[0], points[0]]
  for (const point of points) {
    if (Number(point.value) < Number(low?.value)) low = point
    if (Number(point.value) > Number(high?.value)) high = point
  }
  return low === undefined || high === undefined ? [] : low === high ? [low] : [low, high]
}

/**
 * Of each stretch the lowest and the highest: of values that can be trusted, and again of doubtful ones, which must not
 * hide the others; and one beyond each end of the device's range.
 * @param points in order of time
 * @returns the same points when there are few
 */
export function reduced<T extends Plotted>(points: readonly T[]): readonly T[] {
  const [first, last] = [points.at(0)?.at ?? 0, points.at(-1)?.at ?? 0]
  if (points.length <= MAX_POINTS) return points
  const width = (last - first + 1) / STRETCHES
  const stretches = Map.groupBy(points, ({ at }) => Math.floor((at - first) / width))
  return [...stretches.values()].flatMap((stretch) => {
    const numbers = stretch.filter(({ value }) => value !== null)
    const kept = [
      ...extremes(numbers.filter((point) => !isDoubtful(point))),
      ...extremes(numbers.filter(isDoubtful)),
      ...stretch.filter((point) => has(point, FLAG_BITS['above-range'])).slice(0, 1),
      ...stretch.filter((point) => has(point, FLAG_BITS['below-range'])).slice(0, 1),
    ]
    return kept.sort((a, b) => a.at - b.at)
  })
}
