import { Temporal } from 'temporal-polyfill'

/** Where the citizens live; a FHIR date search means their days. */
export const HOME_ZONE = 'Europe/Copenhagen'

/**
 * @param utc ISO 8601 in UTC
 * @returns the same instant as the wall clock of the zone showed it, with its offset then
 */
export function withOffset(utc: string, zone: string): string {
  return Temporal.Instant.from(utc).toZonedDateTimeISO(zone).toString({ timeZoneName: 'never' })
}

/** The first moment of a local day and of the day after it, in UTC with milliseconds. */
export function dayIn(zone: string, day: string): readonly [from: string, to: string] {
  const start = Temporal.PlainDate.from(day).toZonedDateTime(zone)
  return [utcOf(start), utcOf(start.add({ days: 1 }))]
}

const utcOf = (time: Temporal.ZonedDateTime): string => time.toInstant().toString({ fractionalSecondDigits: 3 })
