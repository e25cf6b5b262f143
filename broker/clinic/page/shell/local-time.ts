/**
 * Clocks and calendars on walls, and the instants (ms since 1970 UTC) that they show; whatever the zone of the computer
 * that shows the page. A zone is an IANA name; without one it is the clinic's.
 */

export const ZONE = 'Europe/Copenhagen'
export const DAY_MS = 86_400_000

/** A time as the page's functions take it: ISO 8601, or ms since 1970 UTC. */
export type Moment = string | number

/** What a clock on the wall shows. */
export interface LocalTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
}

const readers = new Map<string, Intl.DateTimeFormat>()

function readerOf(zone: string): Intl.DateTimeFormat {
  let reader = readers.get(zone)
  if (reader === undefined) {
    reader = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    readers.set(zone, reader)
  }
  return reader
}

/** Denmark has changed its clocks at whole hours since 1916, and most others at whole quarters (IANA tz database). */
const QUARTER_MS = 900_000
/** Two days of quarters: what a list or a plot asks for again and again. */
const MAX_OFFSETS = 200
/** How far a zone's clock is ahead of UTC from a quarter on: to have a format take a time apart is a hundred times as dear. */
const offsets = new Map<string, number>()

function offsetAt(ms: number, zone: string): number {
  const quarter = Math.floor(ms / QUARTER_MS) * QUARTER_MS
  const key = `${quarter} ${zone}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  const found: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
  for (const { type, value } of readerOf(zone).formatToParts(quarter)) found[type] = Number(value)
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = found
  const offset = asIfUtc({ year, month, day, hour, minute }) - quarter
  if (offsets.size >= MAX_OFFSETS) offsets.clear()
  offsets.set(key, offset)
  return offset
}

export function localOf(at: Moment, zone: string = ZONE): LocalTime {
  const ms = typeof at === 'number' ? at : Date.parse(at)
  const wall = new Date(ms + offsetAt(ms, zone))
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
  }
}

const asIfUtc = ({ year, month, day, hour, minute }: LocalTime): number => Date.UTC(year, month - 1, day, hour, minute)

/**
 * Days and months may overflow, as in `Date.UTC`. A time that a change of clocks leaves out becomes the one an hour
 * later; of a time that comes twice it is the first.
 */
export function instantOf(local: LocalTime, zone: string = ZONE): number {
  const wanted = asIfUtc(local)
  const [before, after] = [wanted - offsetAt(wanted - DAY_MS, zone), wanted - offsetAt(wanted + DAY_MS, zone)]
  const fits = [before, after].filter((at) => asIfUtc(localOf(at, zone)) === wanted)
  return fits.length === 0 ? before : Math.min(...fits)
}

/** Midnight at which the day of `at` began; `days` later or earlier. */
export function midnight(at: number, days = 0): number {
  const { year, month, day } = localOf(at)
  return instantOf({ year, month, day: day + days, hour: 0, minute: 0 })
}

/** 0 is Monday. @param date `2026-11-22` */
export const weekdayOf = (date: string): number => (new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7

const two = (number: number): string => String(number).padStart(2, '0')

/** The local date as `<input type="date">` has it: to compare, and to fill a field with. */
export function dateText(at: Moment, zone: string = ZONE): string {
  const { year, month, day } = localOf(at, zone)
  return `${year}-${two(month)}-${two(day)}`
}

/** As `<input type="datetime-local">` has it. */
export function dateTimeText(at: Moment, zone: string = ZONE): string {
  const { hour, minute } = localOf(at, zone)
  return `${dateText(at, zone)}T${two(hour)}:${two(minute)}`
}

/** @param text of `<input type="date">` (its first moment) or `datetime-local` @returns undefined when it is none */
export function instantOfText(text: string, zone: string = ZONE): number | undefined {
  const found = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d))?/.exec(text)
  if (found === null || Number.isNaN(Date.parse(found[0]))) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = found.slice(1).map((part) => Number(part ?? 0))
  // Date.parse takes 31 February for a day in March.
  if (new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) return undefined
  return instantOf({ year, month, day, hour, minute }, zone)
}

/** The same as ISO 8601 UTC. */
export function isoOfText(text: string, zone: string = ZONE): string | undefined {
  const at = instantOfText(text, zone)
  return at === undefined ? undefined : new Date(at).toISOString()
}

/** @param date `2026-11-22` */
export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
