import { type AbsentReason, isNumber, type Value } from '../../device-drivers/reading.ts'

/** From low to high: the order that limits must have. */
export const LIMIT_NAMES = ['alertLow', 'warningLow', 'warningHigh', 'alertHigh'] as const
export type Bound = (typeof LIMIT_NAMES)[number]

/** Comparison of one value with one limit, in the quantity's own unit. */
export interface Breach {
  readonly quantity: string
  /** Absent when the device could only say that it is beyond its own range: a glucose meter's HI or LO. */
  readonly value?: number
  readonly outOfRange?: 'above' | 'below'
  readonly unit?: string
  readonly limit: number
  readonly bound: Bound
}

/** One version of a citizen's personal limits for one quantity, in the unit in which the quantity is reported. */
export type Limits = { readonly [bound in Bound]?: number | undefined }

/** @returns the first bound that is not above the one given below it */
export function orderProblem(limits: Limits): { readonly bound: Bound; readonly below: Bound } | undefined {
  let below: Bound | undefined
  for (const bound of LIMIT_NAMES) {
    const limit = limits[bound]
    if (limit === undefined) continue
    const lower = below === undefined ? undefined : limits[below]
    if (below !== undefined && lower !== undefined && lower >= limit) return { bound, below }
    below = bound
  }
  return undefined
}

export const isAlertBound = (bound: Bound): boolean => bound === 'alertLow' || bound === 'alertHigh'

/** As `valueSchema`: a reading has at most six decimals. */
const MAX_DECIMALS = 6

function decimalsOf(limit: number): number {
  const text = String(limit)
  const dot = text.indexOf('.')
  if (text.includes('e')) return MAX_DECIMALS
  return dot < 0 ? 0 : Math.min(MAX_DECIMALS, text.length - dot - 1)
}

/**
 * Compares in whole units of the last decimal, so that 0.1 + 0.2 equals 0.3 and a value at the limit is at it.
 * @returns negative, zero or positive as `value` is below, at or above `limit`
 */
export function compare(value: { readonly value: number; readonly decimals: number }, limit: number): number {
  const scale = 10 ** Math.max(value.decimals, decimalsOf(limit))
  return Math.round(value.value * scale) - Math.round(limit * scale)
}

/**
 * The worst limit that the value is beyond. Strict: a value at the limit is within it, as in OpenTele, whose limits
 * Danish clinics know.
 */
export function breachOf(quantity: string, value: Value, limits: Limits): Breach | undefined {
  if (!isNumber(value)) return outOfRangeBreach(quantity, value, limits)
  for (const bound of ['alertLow', 'alertHigh', 'warningLow', 'warningHigh'] as const) {
    const limit = limits[bound]
    if (limit === undefined) continue
    const difference = compare(value, limit)
    const low = bound === 'alertLow' || bound === 'warningLow'
    if (low ? difference < 0 : difference > 0) return { quantity, value: value.value, unit: value.unit, limit, bound }
  }
  return undefined
}

/** What a meter says instead of a number: HI and LO, as an infinity (SFLOAT) or as a status of the sample. */
const OUT_OF_RANGE: Readonly<Partial<Record<AbsentReason, 'above' | 'below'>>> = {
  'above-range': 'above',
  'positive-infinity': 'above',
  'below-range': 'below',
  'negative-infinity': 'below',
}

/** On which side of its range the device is at its end; undefined for a number and for no value at all. */
export const outOfRangeSide = (value: Value): 'above' | 'below' | undefined =>
  'absent' in value ? OUT_OF_RANGE[value.absent] : undefined

/** A value beyond what the device can measure is beyond every limit on that side: no limit lies outside its range. */
function outOfRangeBreach(quantity: string, value: Value, limits: Limits): Breach | undefined {
  const outOfRange = outOfRangeSide(value)
  if (outOfRange === undefined) return undefined
  const bounds =
    outOfRange === 'above' ? (['alertHigh', 'warningHigh'] as const) : (['alertLow', 'warningLow'] as const)
  for (const bound of bounds) {
    const limit = limits[bound]
    if (limit !== undefined) return { quantity, outOfRange, limit, bound }
  }
  return undefined
}
