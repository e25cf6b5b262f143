import { createHash } from 'node:crypto'
import type { Kind, Reading, Value } from '../../device-drivers/reading.ts'
import { type Random, seededRandom, seedFor } from '../scenario-random.ts'
import { answererOf, answersOf } from './answers.ts'
import { copdCourse, feverCourse, gainCourse } from './courses.ts'
import { parameter } from './parameters.ts'

/**
 * Made-up citizens over some weeks, each with a usual self, noise, disturbed and missed measurements, and some of them
 * with one planted exacerbation. Pure: the same seed gives the same people. Says what was planted, so that rules can be
 * judged by it.
 */

export type Condition = 'copd' | 'heart-failure' | 'infection'

export interface Exacerbation {
  /** From here on the values change. */
  readonly changesFrom: string
  readonly onset: string
  /** When it is over. */
  readonly until: string
  /** Of the mean strength of its kind. */
  readonly strength: number
}

export interface Person {
  readonly citizen: string
  readonly condition: Condition
  /** In the order of measuring. */
  readonly readings: readonly Reading[]
  readonly exacerbation?: Exacerbation
}

export interface CohortOptions {
  readonly seed: number
  readonly days?: number
  /** Midnight UTC of the first day. */
  readonly from?: number
}

const DAY_MS = 24 * 3600_000
const MINUTE_MS = 60_000
const DAYS = 60
/** Of the 200: the biggest group of Danish telemedicine is COPD, then heart failure. */
const PEOPLE: Readonly<Record<Condition, { readonly people: number; readonly planted: number }>> = {
  copd: { people: 120, planted: 24 },
  'heart-failure': { people: 50, planted: 10 },
  infection: { people: 30, planted: 6 },
}
/** Onsets lie so far inside the weeks that the days before and after can be looked at. */
const FIRST_ONSET_DAY = 10
const LAST_ONSET_BEFORE_END = 5
/** Everybody measures once a morning, at about half past eight. */
const MEASURED_AT_MS = 7.5 * 3600_000
const MEASURED_SPREAD_MS = 40 * MINUTE_MS
/** The questions come after the measurement. */
const ANSWERED_AFTER_MS = 2 * MINUTE_MS
const START = Date.UTC(2026, 0, 5)

/** Box and Muller, 1958. */
function normal(random: Random, mean: number, spread: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()))
  return mean + spread * radius * Math.cos(2 * Math.PI * random())
}
const clipped = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value))

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'
const idOf = (name: string): string =>
  Array.from(createHash('sha256').update(name).digest(), (byte) => LETTERS[byte & 31]).join('')

interface Self {
  readonly saturation: number
  readonly pulse: number
  readonly temperature: number
  weight: number
  readonly zeal: number
}

function selfOf(random: Random): Self {
  return {
    saturation: clipped(normal(random, parameter('saturation'), parameter('saturationBetween')), 84, 98),
    pulse: clipped(normal(random, parameter('pulse'), parameter('pulseBetween')), 55, 115),
    temperature: normal(random, parameter('temperature'), parameter('temperatureBetween')),
    weight: clipped(normal(random, parameter('weight'), parameter('weightBetween')), 45, 140),
    zeal: clipped(normal(random, parameter('zealMean'), parameter('zealSpread')), 0.3, 1),
  }
}

const value = (number: number, unit: string, decimals: number): Value => ({
  value: Number(number.toFixed(decimals)),
  unit,
  decimals,
})

/** What one morning brings: kind, values, and whether the device itself doubts them. */
interface Measured {
  readonly kind: Kind
  readonly values: Reading['values']
  readonly doubtful?: boolean
  readonly bad?: boolean
}

function oximetry(random: Random, self: Self, fall: number, rise: number): Measured {
  const bad = random() < parameter('badDay')
  const saturation =
    normal(random, self.saturation, parameter('saturationWithin')) - fall - (bad ? parameter('copdFall') : 0)
  const pulse = normal(random, self.pulse, parameter('pulseWithin')) + rise + (bad ? parameter('copdPulseRise') : 0)
  const disturbed = random() < parameter('artefact')
  const depth = disturbed ? -Math.log(1 - random()) * parameter('artefactDepth') : 0
  const doubtful = disturbed && random() < parameter('artefactMarked')
  return {
    kind: 'oxygen-saturation',
    values: {
      oxygenSaturation: value(clipped(saturation - depth, 60, 100), '%', 0),
      pulseRate: value(clipped(pulse, 35, 180), '/min', 0),
    },
    doubtful,
    bad,
  }
}

/** Strength of an exacerbation in its own unit: a factor, kg, or degrees. */
function strengthOf(random: Random, condition: Condition): number {
  if (condition === 'copd') {
    const spread = parameter('copdSpread')
    return Math.exp(normal(random, -(spread ** 2) / 2, spread))
  }
  if (condition === 'heart-failure')
    return Math.max(parameter('gainLeast'), normal(random, parameter('gain'), parameter('gainSpread')))
  return Math.max(parameter('feverLeast'), normal(random, parameter('fever'), parameter('feverSpread')))
}

function morning(random: Random, condition: Condition, self: Self, day: number, strength: number): Measured {
  if (condition === 'copd') {
    const now = strength * copdCourse(day)
    return oximetry(random, self, now * parameter('copdFall'), now * parameter('copdPulseRise'))
  }
  if (condition === 'heart-failure') {
    const weight = normal(random, self.weight, parameter('weightWithin')) + strength * gainCourse(day)
    return { kind: 'weight', values: { weight: value(weight, 'kg', 1) } }
  }
  const temperature = normal(random, self.temperature, parameter('temperatureWithin')) + strength * feverCourse(day)
  return { kind: 'temperature', values: { bodyTemperature: value(temperature, 'Cel', 1) } }
}

const SPANS: Readonly<Record<Condition, readonly [before: number, after: number]>> = {
  copd: [parameter('copdProdrome'), parameter('copdRecovery')],
  'heart-failure': [parameter('gainFrom'), parameter('gainRecovery')],
  infection: [parameter('feverProdrome'), parameter('feverRecovery')],
}
const MEAN: Readonly<Record<Condition, number>> = {
  copd: 1,
  'heart-failure': parameter('gain'),
  infection: parameter('fever'),
}

const iso = (ms: number): string => new Date(Math.round(ms)).toISOString()

function person(
  seed: number,
  condition: Condition,
  index: number,
  planted: boolean,
  from: number,
  days: number,
): Person {
  const citizen = `${condition === 'heart-failure' ? 'heart' : condition}-${String(index).padStart(4, '0')}`
  const random = seededRandom(seedFor(seed, citizen))
  const self = selfOf(random)
  const onset = FIRST_ONSET_DAY + random() * (days - LAST_ONSET_BEFORE_END - FIRST_ONSET_DAY)
  const strength = planted ? strengthOf(random, condition) : 0
  const readings: Reading[] = []
  // A stream of its own: what is measured does not depend on what is asked.
  const answering = seededRandom(seedFor(seed, `${citizen}/answers`))
  const answerer = condition === 'infection' ? undefined : answererOf(answering, normal(answering, 0, 1), condition)
  for (let day = 0; day < days; day++) {
    self.weight += normal(random, 0, parameter('weightDrift'))
    const at = from + day * DAY_MS + MEASURED_AT_MS + normal(random, 0, MEASURED_SPREAD_MS)
    const sinceOnset = (at - from) / DAY_MS - onset
    const ill = planted && sinceOnset >= 0 && sinceOnset < SPANS[condition][1]
    const { kind, values, doubtful, bad } = morning(random, condition, self, sinceOnset, strength)
    const answers = answerer && answersOf(answering, answerer, sinceOnset, strength / MEAN[condition], bad === true)
    if (random() >= self.zeal * (ill ? parameter('zealIll') : 1)) continue
    readings.push({
      id: idOf(`${seed}/${citizen}/${day}`),
      kind,
      values,
      status: doubtful === true ? ['poor-signal'] : [],
      measuredAt: iso(at),
      receivedAt: iso(at),
      clock: { quality: 'synced', offsetMs: 0 },
      device: `${citizen}-device`,
      driver: 'simulated',
      origin: 'automatic',
    })
    if (answers === undefined) continue
    const answeredAt = iso(at + ANSWERED_AFTER_MS)
    readings.push({
      id: idOf(`${seed}/${citizen}/${day}/answers`),
      kind: 'symptoms',
      values: answers,
      status: [],
      measuredAt: answeredAt,
      receivedAt: answeredAt,
      clock: { quality: 'synced', offsetMs: 0 },
      device: `${citizen}-answers`,
      driver: 'simulated',
      origin: 'typed',
    })
  }
  if (!planted) return { citizen, condition, readings }
  const time = (offset: number): string => iso(from + (onset + offset) * DAY_MS)
  const [before, after] = SPANS[condition]
  const exacerbation = {
    changesFrom: time(-before),
    onset: time(0),
    until: time(after),
    strength: strength / MEAN[condition],
  }
  return { citizen, condition, readings, exacerbation }
}

/** 200 people, 40 of them with a planted exacerbation. */
export function cohort({ seed, days = DAYS, from = START }: CohortOptions): Person[] {
  return Object.entries(PEOPLE).flatMap(([name, { people, planted }]) =>
    Array.from({ length: people }, (_, index) => person(seed, name as Condition, index, index < planted, from, days)),
  )
}
