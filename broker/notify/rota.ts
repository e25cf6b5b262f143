import { Temporal } from 'temporal-polyfill'
import type { Rota, Shift, Window } from './document.ts'

/**
 * Who is on call, and when somebody works: local time in one zone, with the days on which its clocks change. Shifts that
 * meet in local time meet in real time too, also in the night of a change: both are read off the same clock
 * (Temporal's 'compatible', as RFC 5545, 3.3.5).
 */

export interface Calendar {
  /** Time zone of the tz database. */
  readonly zone: string
  /** @param date local, as 2026-12-25 */
  readonly isHoliday: (date: string) => boolean
}

/** From `start` up to and not including `end`, ms since 1970 UTC. */
export interface Span {
  readonly start: number
  readonly end: number
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
/** A window that opens on no day within two weeks opens never: weekdays and holidays have come round by then. */
const MAX_CLOSED_DAYS = 14

/** The person on call at a moment; undefined when the rota has a gap there. @param at ms since 1970 UTC */
export function onCall(rota: Rota, at: number, calendar: Calendar): string | undefined {
  const override = rota.overrides.findLast(({ from, to }) => Date.parse(from) <= at && at < Date.parse(to))
  if (override !== undefined) return override.person
  const today = localDate(at, calendar)
  for (const date of [today, today.subtract({ days: 1 })]) {
    for (const shift of rota.shifts) {
      const span = spanOn(shift, date, calendar)
      if (span !== undefined && span.start <= at && at < span.end) return personOn(shift, date)
    }
  }
  return undefined
}

/** Moments at which somebody else may be on call, from `start` up to `end`, in order. */
export function handOvers(rota: Rota, { start, end }: Span, calendar: Calendar): number[] {
  const moments = rota.overrides.flatMap(({ from, to }) => [Date.parse(from), Date.parse(to)])
  const last = localDate(end, calendar)
  for (let date = localDate(start, calendar).subtract({ days: 1 }); !later(date, last); date = date.add({ days: 1 })) {
    for (const shift of rota.shifts) {
      const span = spanOn(shift, date, calendar)
      if (span !== undefined) moments.push(span.start, span.end)
    }
  }
  return [...new Set(moments)].filter((moment) => start < moment && moment < end).sort((a, b) => a - b)
}

/** `at` when one of the windows is open then, else when the next one opens; undefined when none does in two weeks. */
export function nextOpen(windows: readonly Window[], at: number, calendar: Calendar): number | undefined {
  const yesterday = localDate(at, calendar).subtract({ days: 1 })
  const spans = Array.from({ length: MAX_CLOSED_DAYS + 2 }, (_, day) => yesterday.add({ days: day }))
    .flatMap((date) => windows.flatMap((window) => spanOn(window, date, calendar) ?? []))
    .filter(({ end }) => end > at)
  return spans.length === 0 ? undefined : Math.max(at, Math.min(...spans.map(({ start }) => start)))
}

function localDate(at: number, { zone }: Calendar): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate()
}

const later = (a: Temporal.PlainDate, b: Temporal.PlainDate): boolean => Temporal.PlainDate.compare(a, b) > 0

/** The window that opens on this local day, if it does. */
function spanOn(window: Window, date: Temporal.PlainDate, { zone, isHoliday }: Calendar): Span | undefined {
  const day = DAYS[date.dayOfWeek - 1]
  if (day === undefined || !window.days.includes(day)) return undefined
  if (window.holidays !== 'as-usual' && isHoliday(date.toString()) !== (window.holidays === 'only')) return undefined
  const endsOn = window.to <= window.from ? date.add({ days: 1 }) : date
  const moment = (on: Temporal.PlainDate, time: string): number =>
    on.toZonedDateTime({ timeZone: zone, plainTime: Temporal.PlainTime.from(time) }).epochMilliseconds
  return { start: moment(date, window.from), end: moment(endsOn, window.to) }
}

/** Whose week it is. */
function personOn({ people, turnsFrom }: Shift, date: Temporal.PlainDate): string | undefined {
  if (turnsFrom === undefined) return people[0]
  const days = Temporal.PlainDate.from(turnsFrom).until(date, { largestUnit: 'days' }).days
  const week = Math.floor(days / 7)
  return people[((week % people.length) + people.length) % people.length]
}
