/** Local calendar dates and times of a zone, and the instants that they are. */

export const ZONE = 'Europe/Copenhagen'

const parts = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = parts.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    })
    parts.set(zone, format)
  }
  return format
}

/** @param at ISO 8601 with a zone, or ms since 1970 @returns `2026-11-22T14:05`, local */
export function localTimeOf(at: string | number, zone: string = ZONE): string {
  return formatOf(zone).format(new Date(at)).replace(' ', 'T')
}

/** @returns `2026-11-22`, local */
export const localDateOf = (at: string | number, zone: string = ZONE): string => localTimeOf(at, zone).slice(0, 10)

/** Local minus UTC, ms. */
const offsetAt = (at: number, zone: string): number =>
  Date.parse(`${localTimeOf(at, zone)}Z`) - Math.floor(at / 60_000) * 60_000

/**
 * @param local `2026-11-22T14:05`; a time that the turned clock leaves out is taken an hour away from it
 * @returns ISO 8601 UTC, undefined for what is no time
 */
export function instantOf(local: string, zone: string = ZONE): string | undefined {
  const asUtc = Date.parse(`${local}Z`)
  if (Number.isNaN(asUtc)) return undefined
  const near = asUtc - offsetAt(asUtc, zone)
  return new Date(asUtc - offsetAt(near, zone)).toISOString()
}

/** The first moment of a local date. */
export const startOfDay = (date: string, zone: string = ZONE): string | undefined => instantOf(`${date}T00:00`, zone)

/** @param date `2026-11-22` */
export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

/** 0 is Monday. */
export const weekdayOf = (date: string): number => (new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7
