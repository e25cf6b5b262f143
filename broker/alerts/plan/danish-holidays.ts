/** Danish days off, computed: no table to run out. Dates are ISO text, local, without zone. */

/**
 * Days that are no public holidays but on which many clinics are closed: 5 June, 24 and 31 December (the days that the
 * Shops Act, lukkeloven, names beside the holidays, and New Year's Eve).
 */
export const EXTRA_DAYS_OFF = ['constitution-day', 'christmas-eve', 'new-years-eve'] as const
export type ExtraDayOff = (typeof EXTRA_DAYS_OFF)[number]

/** From this year on Store Bededag is a working day (Act on the abolition of Store Bededag, adopted 28 February 2023). */
const NO_PRAYER_DAY_FROM = 2024

/**
 * Moved with Easter: days after Easter Sunday. Maundy Thursday, Good Friday, Easter Sunday and Monday, Ascension Day,
 * Whit Sunday and Monday (holidays of the Danish National Church, kept as public holidays).
 */
const AFTER_EASTER = [-3, -2, 0, 1, 39, 49, 50]
/** The fourth Friday after Easter. */
const PRAYER_DAY = 26
/** New Year's Day, Christmas Day and the day after. */
const FIXED = ['01-01', '12-25', '12-26']
const EXTRA_DATES: Readonly<Record<ExtraDayOff, string>> = {
  'constitution-day': '06-05',
  'christmas-eve': '12-24',
  'new-years-eve': '12-31',
}

const DAY_MS = 24 * 3600_000
const isoDate = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/**
 * Easter Sunday of a Gregorian year as days since 1970, by the full moon of the church (J.-M. Oudin 1940; Explanatory
 * Supplement to the Astronomical Almanac, 1992, 12.8).
 */
function easterDay(year: number): number {
  const century = Math.floor(year / 100)
  const golden = year % 19
  const lunar = Math.floor((century - 17) / 25)
  let epact = (century - Math.floor(century / 4) - Math.floor((century - lunar) / 3) + 19 * golden + 15) % 30
  epact -=
    Math.floor(epact / 28) *
    (1 - Math.floor(epact / 28) * Math.floor(29 / (epact + 1)) * Math.floor((21 - golden) / 11))
  const weekday = (year + Math.floor(year / 4) + epact + 2 - century + Math.floor(century / 4)) % 7
  const offset = epact - weekday
  const month = 3 + Math.floor((offset + 40) / 44)
  const day = offset + 28 - 31 * Math.floor(month / 4)
  return Date.UTC(year, month - 1, day) / DAY_MS
}

/**
 * Public holidays of a year, and what else the plan counts as one.
 * @param year Gregorian, 1900 or later
 * @returns ISO dates
 */
export function holidaysOf(year: number, extra: readonly ExtraDayOff[] = []): ReadonlySet<string> {
  const easter = easterDay(year)
  const movable = year < NO_PRAYER_DAY_FROM ? [...AFTER_EASTER, PRAYER_DAY] : AFTER_EASTER
  return new Set([
    ...movable.map((days) => isoDate((easter + days) * DAY_MS)),
    ...FIXED.map((date) => `${year}-${date}`),
    ...extra.map((name) => `${year}-${EXTRA_DATES[name]}`),
  ])
}
