import { Temporal } from 'temporal-polyfill'
import type { Kind } from '../../../device-drivers/reading.ts'
import { holidaysOf } from './danish-holidays.ts'
import { type Phase, type Plan, WEEKDAYS } from './plan.ts'

/** One time at which a measurement is expected. Times are ms since 1970 UTC. */
export interface Slot {
  readonly kind: Kind
  readonly opens: number
  /** The first moment after the window. */
  readonly closes: number
  /** End of the grace: when it is decided; a measurement before it counts. */
  readonly due: number
}

const MINUTE_MS = 60_000
/**
 * Longest way that a moved slot travels. From Maundy Thursday over Easter Monday it is five days; Christmas Eve to New
 * Year's Day with all extra days and weekends is nine.
 */
const LOOK_BACK_DAYS = 15

function phaseOf(plan: Plan, day: number): { readonly phase: Phase; readonly day: number } | undefined {
  let first = 0
  for (const phase of plan.phases) {
    if (phase.days === undefined || day < first + phase.days) return { phase, day: day - first }
    first += phase.days
  }
  return undefined
}

function isScheduled({ schedule }: Phase, day: number, date: Temporal.PlainDate): boolean {
  if (schedule.type === 'daily') return true
  if (schedule.type === 'every') return day % schedule.days === 0
  const weekday = WEEKDAYS[date.dayOfWeek - 1]
  return schedule.type === 'weekdays' && weekday !== undefined && schedule.on.includes(weekday)
}

/** The holidays of a plan, looked up by date; kept for the life of one question. */
function daysOff(plan: Plan): (date: Temporal.PlainDate) => boolean {
  const years = new Map<number, ReadonlySet<string>>()
  return (date) => {
    let year = years.get(date.year)
    if (year === undefined) {
      year = holidaysOf(date.year, plan.alsoOff)
      years.set(date.year, year)
    }
    return year.has(date.toString())
  }
}

/**
 * A local time as an instant. Where the clock is turned the window is never made shorter than it is written: a time
 * that does not exist begins early and ends late, one that exists twice begins with its first and ends with its second.
 */
function instantOf(date: Temporal.PlainDate, time: string, zone: string, disambiguation: 'earlier' | 'later'): number {
  const [day, clock] = time === '24:00' ? [date.add({ days: 1 }), '00:00'] : [date, time]
  return day.toPlainDateTime(clock).toZonedDateTime(zone, { disambiguation }).epochMilliseconds
}

/** The days on which something is expected, with the windows of each; holidays skipped or moved as the plan says. */
function* expectedDays(plan: Plan, first: Temporal.PlainDate, from: number, to: number) {
  const isOff = daysOff(plan)
  let moved: Phase['windows'] | undefined
  for (let day = from; day <= to; day++) {
    const date = first.add({ days: day })
    const now = phaseOf(plan, day)
    const scheduled = now !== undefined && isScheduled(now.phase, now.day, date) ? now.phase.windows : undefined
    const off = plan.holidays !== 'kept' && isOff(date)
    if (off && plan.holidays === 'moved') moved ??= scheduled
    const takesMoved = !off && date.dayOfWeek <= 5
    const windows = off ? undefined : (scheduled ?? (takesMoved ? moved : undefined))
    if (takesMoved) moved = undefined
    if (windows !== undefined) yield { date, windows }
  }
}

function calculated(plan: Plan, from: number, to: number): Slot[] {
  const begins = Date.parse(plan.from)
  const ends = plan.to === undefined ? Number.POSITIVE_INFINITY : Date.parse(plan.to)
  const earliest = Math.max(from, begins)
  const latest = Math.min(to, ends)
  if (earliest >= latest) return []
  const dateOf = (ms: number) =>
    Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(plan.timeZone).toPlainDate()
  const first = dateOf(begins)
  const dayOf = (ms: number) => first.until(dateOf(ms), { largestUnit: 'days' }).days
  const slots: Slot[] = []
  for (const { date, windows } of expectedDays(
    plan,
    first,
    Math.max(0, dayOf(earliest) - LOOK_BACK_DAYS),
    dayOf(latest),
  )) {
    for (const window of windows) {
      const opens = instantOf(date, window.from, plan.timeZone, 'earlier')
      if (opens < earliest || opens >= latest) continue
      const closes = instantOf(date, window.to, plan.timeZone, 'later')
      slots.push({ kind: plan.kind, opens, closes, due: closes + plan.graceMinutes * MINUTE_MS })
    }
  }
  return slots
}

/** A calendar costs a millisecond for a month, and the same weeks are asked for again and again. */
const AHEAD_MS = 30 * 24 * 60 * MINUTE_MS
const known = new WeakMap<Plan, { readonly from: number; readonly to: number; readonly slots: readonly Slot[] }>()

/**
 * The slots of a plan that open within [from, to), in order. A slot belongs to the plan when it opens within the plan's
 * own from and to.
 *
 * @param from ms since 1970 UTC
 * @param to ms since 1970 UTC, exclusive
 */
export function slotsOf(plan: Plan, from: number, to: number): Slot[] {
  let range = known.get(plan)
  if (range === undefined || from < range.from || to > range.to) {
    range = { from, to: to + AHEAD_MS, slots: calculated(plan, from, to + AHEAD_MS) }
    known.set(plan, range)
  }
  return range.slots.filter(({ opens }) => from <= opens && opens < to)
}
