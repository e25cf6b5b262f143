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

/** A local calendar day, as days since 1970-01-01: a sum, where each step with Temporal's dates takes 3 us (Node 24). */
type Day = number

const DAY_MS = 24 * 60 * MINUTE_MS
const isoDate = (day: Day): string => new Date(day * DAY_MS).toISOString().slice(0, 10)
/** 1970-01-01 was a Thursday. */
const weekdayOf = (day: Day): (typeof WEEKDAYS)[number] => WEEKDAYS[(((day + 3) % 7) + 7) % 7] ?? 'mo'
const isWorkday = (day: Day): boolean => !['sa', 'su'].includes(weekdayOf(day))

function dayOf(ms: number, zone: string): Day {
  const date = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDate()
  return Date.parse(date.toString()) / DAY_MS
}

/** Of the plan: the time-zone library takes 15 us for it. */
const firstDays = new WeakMap<Plan, Day>()

function firstDayOf(plan: Plan): Day {
  const day = firstDays.get(plan) ?? dayOf(Date.parse(plan.from), plan.timeZone)
  firstDays.set(plan, day)
  return day
}

function isScheduled({ schedule }: Phase, dayOfPhase: number, day: Day): boolean {
  if (schedule.type === 'daily') return true
  if (schedule.type === 'every') return dayOfPhase % schedule.days === 0
  return schedule.type === 'weekdays' && schedule.on.includes(weekdayOf(day))
}

/** The holidays of a plan, looked up by day; kept for the life of one question. */
function daysOff(plan: Plan): (day: Day) => boolean {
  const years = new Map<string, ReadonlySet<string>>()
  return (day) => {
    const date = isoDate(day)
    const year = date.slice(0, 4)
    const known = years.get(year) ?? holidaysOf(Number(year), plan.alsoOff)
    years.set(year, known)
    return known.has(date)
  }
}

/**
 * Instants of local times, by day, time, zone and side. Everybody's plans have the same few times on the same days, and
 * each costs the time-zone library 20 us: the slots of 6,000 plans of two windows a day took 16 s at a start, and take 1 s
 * with this (measured on two slow cores, Node 24, temporal-polyfill 1.0.8).
 */
const instants = new Map<string, number>()
const MOST_INSTANTS = 20_000

/**
 * A local time as an instant. Where the clock is turned the window is never made shorter than it is written: a time
 * that does not exist begins early and ends late, one that exists twice begins with its first and ends with its second.
 */
function instantOf(day: Day, time: string, zone: string, disambiguation: 'earlier' | 'later'): number {
  const key = `${day}/${time}/${zone}/${disambiguation}`
  const known = instants.get(key)
  if (known !== undefined) return known
  const [date, clock] = time === '24:00' ? [day + 1, '00:00'] : [day, time]
  const local = Temporal.PlainDate.from(isoDate(date)).toPlainDateTime(clock)
  const instant = local.toZonedDateTime(zone, { disambiguation }).epochMilliseconds
  if (instants.size >= MOST_INSTANTS) instants.clear()
  instants.set(key, instant)
  return instant
}

/**
 * The days on which something is expected, with the windows of each; holidays skipped or moved as the plan says.
 * @param first of the plan; from and to are counted from it
 */
function* expectedDays(plan: Plan, first: Day, from: number, to: number) {
  const isOff = daysOff(plan)
  let moved: Phase['windows'] | undefined
  for (let nth = from; nth <= to; nth++) {
    const day = first + nth
    const now = phaseOf(plan, nth)
    const scheduled = now !== undefined && isScheduled(now.phase, now.day, day) ? now.phase.windows : undefined
    const off = plan.holidays !== 'kept' && isOff(day)
    if (off && plan.holidays === 'moved') moved ??= scheduled
    const takesMoved = !off && isWorkday(day)
    const windows = off ? undefined : (scheduled ?? (takesMoved ? moved : undefined))
    if (takesMoved) moved = undefined
    if (windows !== undefined) yield { day, windows }
  }
}

/**
 * The slots of a plan that open within [from, to), in order, reckoned one by one: for a question that is asked once.
 * Times as of {@link slotsOf}.
 */
export function* slotsBetween(plan: Plan, from: number, to: number): Generator<Slot> {
  const begins = Date.parse(plan.from)
  const ends = plan.to === undefined ? Number.POSITIVE_INFINITY : Date.parse(plan.to)
  const earliest = Math.max(from, begins)
  const latest = Math.min(to, ends)
  if (earliest >= latest) return
  const first = firstDayOf(plan)
  // A zone is at most a day away from UTC: what is looked at too much opens too early or too late.
  const sinceFirst = (ms: number): Day => Math.floor(ms / DAY_MS) - first
  const lookedAt = Math.max(0, sinceFirst(earliest) - 1 - LOOK_BACK_DAYS)
  for (const { day, windows } of expectedDays(plan, first, lookedAt, sinceFirst(latest) + 1)) {
    if ((day + 2) * DAY_MS < earliest) continue
    for (const window of windows) {
      const opens = instantOf(day, window.from, plan.timeZone, 'earlier')
      if (opens < earliest || opens >= latest) continue
      const closes = instantOf(day, window.to, plan.timeZone, 'later')
      yield { kind: plan.kind, opens, closes, due: closes + plan.graceMinutes * MINUTE_MS }
    }
  }
}

/** The same weeks are asked for again and again. */
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
    range = { from, to: to + AHEAD_MS, slots: [...slotsBetween(plan, from, to + AHEAD_MS)] }
    known.set(plan, range)
  }
  return range.slots.filter(({ opens }) => from <= opens && opens < to)
}
