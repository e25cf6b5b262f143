/**
 * Clock and calendar of the clinic, whatever the zone of the computer that shows the page. Instants are ms since 1970 UTC.
 */

const ZONE = 'Europe/Copenhagen'
const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

/** What a clock on the wall shows. */
export interface LocalTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
}

const reader = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})

export function localOf(at: number): LocalTime {
  const found: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
  for (const { type, value } of reader.formatToParts(at)) found[type] = Number(value)
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = found
  return { year, month, day, hour, minute }
}

const asIfUtc = ({ year, month, day, hour, minute }: LocalTime): number => Date.UTC(year, month - 1, day, hour, minute)

/**
 * Days and months may overflow, as in `Date.UTC`. A time that a change of clocks leaves out becomes the one an hour
 * later; of a time that comes twice it is the first.
 */
export function instantOf(local: LocalTime): number {
  const wanted = asIfUtc(local)
  const offsetAt = (at: number): number => asIfUtc(localOf(at)) - Math.floor(at / 60_000) * 60_000
  const [before, after] = [wanted - offsetAt(wanted - DAY_MS), wanted - offsetAt(wanted + DAY_MS)]
  const fits = [before, after].filter((at) => asIfUtc(localOf(at)) === wanted)
  return fits.length === 0 ? before : Math.min(...fits)
}

/** Midnight at which the day of `at` began; `days` later or earlier. */
export function midnight(at: number, days = 0): number {
  const { year, month, day } = localOf(at)
  return instantOf({ year, month, day: day + days, hour: 0, minute: 0 })
}

/** 0 is Monday. */
export function weekdayOf({ year, month, day }: Pick<LocalTime, 'year' | 'month' | 'day'>): number {
  return (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7
}

const two = (number: number): string => String(number).padStart(2, '0')

/** As `<input type="date">` has it. */
export function dateText(at: number): string {
  const { year, month, day } = localOf(at)
  return `${year}-${two(month)}-${two(day)}`
}

/** As `<input type="datetime-local">` has it. */
export function dateTimeText(at: number): string {
  const { hour, minute } = localOf(at)
  return `${dateText(at)}T${two(hour)}:${two(minute)}`
}

/** @param text of `<input type="date">` or `datetime-local` @returns undefined when it is none */
export function instantOfText(text: string): number | undefined {
  const found = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d))?/.exec(text)
  if (found === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = found.slice(1).map((part) => Number(part ?? 0))
  return instantOf({ year, month, day, hour, minute })
}
