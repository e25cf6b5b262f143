import table from './gli2012.json' with { type: 'json' }

/**
 * Reference values of the Global Lung Function Initiative 2012 (Quanjer et al., ERJ 2012;40:1324), for adults and the
 * Caucasian group, whose ethnic term is 0. Tables: `gli2012.json`, from thlytras/rspiro (RLookupTable.csv, getLMS.R).
 * Nothing is computed for a person of whom age, height or sex is not known: the answer says what is missing.
 */

export type LungQuantity = 'fev1' | 'fvc' | 'fev1FvcRatio'

export interface Person {
  /** Years, with decimals. */
  readonly age?: number | undefined
  /** cm */
  readonly height?: number | undefined
  /** Biological; a clinician confirms it. */
  readonly sex?: 'male' | 'female' | undefined
}

export interface Reference {
  /** Median of healthy people like this one: L, or a ratio. */
  readonly predicted: number
  /** Fifth percentile. */
  readonly lowerLimit: number
  /** Of a measured value, in percent. */
  percentOf(measured: number): number
  /** Standard deviations from the median. */
  zScoreOf(measured: number): number
}

export type NoReference = {
  readonly unknown: 'age' | 'height' | 'sex' | 'age-out-of-range' | 'height-out-of-range'
}

/** The tables kept here begin with adults, and the last row is that of 95 years. */
const AGES = [18, 95] as const
/** Heights that a person may have; beyond them a height is a typing error (metres, inches). */
const HEIGHTS = [100, 230] as const
/** 1.645 standard deviations: the fifth percentile. */
const FIFTH_PERCENTILE = 1.645
const ROW_YEARS = 0.25

const NAMES = { fev1: 'FEV1', fvc: 'FVC', fev1FvcRatio: 'FEV1FVC' } as const

const within = (value: number, [low, high]: readonly [number, number]): boolean => value >= low && value <= high

/** L, M and S splines at an age: between the two ends of its quarter year. */
function splinesAt(rows: readonly (readonly number[])[], age: number): readonly [number, number, number] {
  const index = Math.min(rows.length - 1, Math.floor((age - AGES[0]) / ROW_YEARS))
  const [bound = 0, l0 = 0, l1 = 0, m0 = 0, m1 = 0, s0 = 0, s1 = 0] = rows[index] ?? []
  const part = (age - bound) / ROW_YEARS
  return [l0 + (l1 - l0) * part, m0 + (m1 - m0) * part, s0 + (s1 - s0) * part]
}

/** What is healthy for this person, or what must be known before that can be said. */
export function referenceFor(quantity: LungQuantity, { age, height, sex }: Person): Reference | NoReference {
  if (sex === undefined) return { unknown: 'sex' }
  if (age === undefined || Number.isNaN(age)) return { unknown: 'age' }
  if (height === undefined || Number.isNaN(height)) return { unknown: 'height' }
  if (!within(age, AGES)) return { unknown: 'age-out-of-range' }
  if (!within(height, HEIGHTS)) return { unknown: 'height-out-of-range' }
  const { coef: c, rows } = table.tables[`${sex}:${NAMES[quantity]}`]
  const [spline, medianSpline, spreadSpline] = splinesAt(rows, age)
  const years = Math.log(age)
  const skew = c.q0 + c.q1 * years + spline
  const median = Math.exp(c.a0 + c.a1 * Math.log(height) + c.a2 * years + medianSpline)
  const spread = Math.exp(c.p0 + c.p1 * years + spreadSpline)
  return {
    predicted: median,
    lowerLimit: Math.exp(Math.log(1 - FIFTH_PERCENTILE * skew * spread) / skew + Math.log(median)),
    percentOf: (measured) => (100 * measured) / median,
    zScoreOf: (measured) => ((measured / median) ** skew - 1) / (skew * spread),
  }
}

export function isReference(answer: Reference | NoReference): answer is Reference {
  return 'predicted' in answer
}
