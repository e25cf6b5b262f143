import type { Values } from './devices/device.ts'
import { type Random, seededRandom, seedFor } from './scenario-random.ts'

/** How a citizen's values develop. Times in simulated seconds since the start. */
type Course =
  | { readonly type: 'stable' }
  /** From the baseline at `fromS` in a straight line to `to` at `untilS`, and there it stays. */
  | { readonly type: 'deteriorating'; readonly fromS: number; readonly untilS: number; readonly to: Values }

/** One citizen's measurements with one device. */
export interface Series {
  readonly device: string
  /** User slot the citizen chooses on the device. */
  readonly slot?: number
  readonly firstAtS: number
  /** Seconds between two measurements, or the range they are drawn from. */
  readonly everyS: number | readonly [number, number]
  readonly count?: number
  readonly baseline: Values
  /** Largest deviation, evenly spread: bounded, so that a course keeps its promise with every seed. */
  readonly noise?: Values
  readonly course?: Course
}

export interface PlannedMeasurement {
  readonly atMs: number
  readonly values: Values
  readonly slot?: number
}

/** What such devices show; everything else is in whole numbers. */
const DECIMALS: Readonly<Record<string, number>> = {
  weight: 1,
  bodyTemperature: 1,
  fev1: 2,
  fvc: 2,
  fev6: 2,
  glucose: 1,
}

function along(quantity: string, start: number, course: Course, atS: number): number {
  if (course.type === 'stable') return start
  const end = course.to[quantity] ?? start
  const progress = (atS - course.fromS) / (course.untilS - course.fromS)
  return start + (end - start) * Math.min(1, Math.max(0, progress))
}

const within = (random: Random, [low, high]: readonly [number, number]): number => low + (high - low) * random()

/** The measurements of a series in their order; endless unless it has a count. The same seed gives the same ones. */
export function* measurementsOf(series: Series, seed: number): Generator<PlannedMeasurement, void> {
  const random = seededRandom(seedFor(seed, `${series.device}/${series.slot ?? ''}`))
  const every = typeof series.everyS === 'number' ? ([series.everyS, series.everyS] as const) : series.everyS
  let atS = series.firstAtS
  for (let n = 0; n < (series.count ?? Number.POSITIVE_INFINITY); n++) {
    const values: Record<string, number> = {}
    for (const [quantity, start] of Object.entries(series.baseline)) {
      const noise = (series.noise?.[quantity] ?? 0) * (2 * random() - 1)
      const value = along(quantity, start, series.course ?? { type: 'stable' }, atS) + noise
      values[quantity] = Number(value.toFixed(DECIMALS[quantity] ?? 0))
    }
    yield { atMs: Math.round(atS * 1000), values, ...(series.slot === undefined ? {} : { slot: series.slot }) }
    atS += within(random, every)
  }
}
