import { median, medianDeviation } from './canonical.ts'
import { DAY_MS, dayOf, type JudgedReading } from './judged-reading.ts'

/**
 * A person's own normal: median and spread of the daily medians of the last stable days (design choice after
 * remote-monitoring practice: personal limits instead of one for all), and the normal of the first two weeks, which a
 * slow decline can't draw along.
 */

const MIN_READINGS = 7
const MAX_DAYS = 28
const ENROLMENT_DAYS = 14
/** Of one day; a sensor that measures each five minutes has 288. */
const MAX_OF_A_DAY = 300

/** Day, value of the day (canonical) and number of readings. */
export type DayValue = readonly [day: string, value: number, count: number]

/** What a rule remembers of stable readings. `today` becomes a day when another begins. */
export interface History {
  readonly days: readonly DayValue[]
  readonly today?: { readonly day: string; readonly values: readonly number[] }
  readonly enrolment: { readonly first?: string; readonly days: readonly DayValue[]; readonly normal?: number }
}

export const NO_HISTORY: History = { days: [], enrolment: { days: [] } }

export interface Normal {
  readonly value: number
  /** Median of the distances from it. */
  readonly deviation: number
}

const countOf = (days: readonly DayValue[]): number => days.reduce((sum, [, , count]) => sum + count, 0)

const isPastEnrolment = (first: string, day: string): boolean =>
  Date.parse(day) - Date.parse(first) >= ENROLMENT_DAYS * DAY_MS

/** Settled by the first day after two weeks, once there are seven readings: whoever measures seldom needs longer. */
function settled(enrolment: History['enrolment'], day: string): History['enrolment'] {
  const { first, days, normal } = enrolment
  if (normal !== undefined || first === undefined) return enrolment
  if (countOf(days) < MIN_READINGS || !isPastEnrolment(first, day)) return enrolment
  return { first, days: [], normal: median(days.map(([, value]) => value)) }
}

function enrolled(before: History['enrolment'], finished: DayValue): History['enrolment'] {
  const enrolment = settled(before, finished[0])
  if (enrolment.normal !== undefined) return enrolment
  return { first: enrolment.first ?? finished[0], days: [...enrolment.days, finished] }
}

/** The history as a reading of this day finds it: yesterday is over. @param best the day's value is its highest */
export function rolledTo(history: History, day: string, best: boolean): History {
  const { today, days } = history
  if (today === undefined || today.day >= day) {
    const enrolment = settled(history.enrolment, day)
    return enrolment === history.enrolment ? history : { ...history, enrolment }
  }
  const value = best ? Math.max(...today.values) : median(today.values)
  const finished: DayValue = [today.day, value, today.values.length]
  return {
    days: [...days, finished].slice(-MAX_DAYS),
    enrolment: settled(enrolled(history.enrolment, finished), day),
  }
}

/** With one more stable value. */
export function learned(history: History, reading: JudgedReading, value: number): History {
  const day = dayOf(reading.at)
  const values = history.today?.day === day ? history.today.values : []
  return { ...history, today: { day, values: [...values, value].slice(-MAX_OF_A_DAY) } }
}

/** @param days so many stable days at most @returns undefined before there are seven readings */
export function normalOf(history: History, days: number): Normal | undefined {
  const used = history.days.slice(-days)
  if (countOf(used) < MIN_READINGS) return undefined
  const values = used.map(([, value]) => value)
  const value = median(values)
  return { value, deviation: medianDeviation(values, value) }
}

export function meanOf(history: History, days: number): number | undefined {
  const used = history.days.slice(-days)
  if (countOf(used) < MIN_READINGS) return undefined
  return used.reduce((sum, [, value]) => sum + value, 0) / used.length
}
