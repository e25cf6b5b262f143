import { DAY_MS, dateText, type Moment, ZONE } from './local-time.ts'
import type { Language } from './said.ts'

/** Numbers and times as people in Denmark read them, in Danish and English. Pure. */

const LOCALES: Readonly<Record<Language, string>> = { da: 'da-DK', en: 'en-GB' }

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Making a format takes some twenty times as long as using it. There are as many as there are kinds of text below. */
const dates = new Map<string, Intl.DateTimeFormat>()
const numbers = new Map<string, Intl.NumberFormat>()

function dateFormat(language: Language, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language}/${name}`
  const known = dates.get(key)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat(LOCALES[language], { timeZone: ZONE, ...options })
  dates.set(key, made)
  return made
}

const ms = (at: Moment): number => (typeof at === 'number' ? at : Date.parse(at))

/** With exactly so many decimals (48.0 stays 48.0), and a comma in Danish. */
export function formatNumber(value: number, decimals: number, language: Language): string {
  const key = `${language}/${decimals}`
  let format = numbers.get(key)
  if (format === undefined) {
    format = new Intl.NumberFormat(LOCALES[language], {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    })
    numbers.set(key, format)
  }
  return format.format(value)
}

/**
 * The first number and the first time that a browser puts into words take 20 to 50 ms (measured in Chromium 14x): it
 * reads its tables of languages and zones. To be called while there is something to wait for.
 */
export function readTables(language: Language): void {
  formatMoment(0, 0, language)
  formatNumber(0, 0, language)
}

/** The time of day: 14.03 or 14:03. */
export function formatTime(at: Moment, language: Language): string {
  return dateFormat(language, 'time', { hour: '2-digit', minute: '2-digit' }).format(ms(at))
}

/** The day: 20. nov. 2026 or 20 Nov 2026. */
export function formatDate(at: Moment, language: Language): string {
  return dateFormat(language, 'date', { day: 'numeric', month: 'short', year: 'numeric' }).format(ms(at))
}

/** As short as it is clear: 14.03 today, 20. nov. 14.03 this year, 20. nov. 2025 14.03 before. */
export function formatMoment(at: Moment, now: number, language: Language): string {
  const time = formatTime(at, language)
  const day = dateText(at)
  const today = dateText(now)
  if (day === today) return time
  if (day.slice(0, 4) !== today.slice(0, 4)) return `${formatDate(at, language)} ${time}`
  return `${dateFormat(language, 'day of year', { day: 'numeric', month: 'short' }).format(ms(at))} ${time}`
}

const AGES = {
  da: {
    now: 'lige nu',
    ago: (span: string) => `for ${span} siden`,
    ahead: (span: string) => `om ${span}`,
    minutes: (n: number) => `${n} min.`,
    hours: (n: number) => (n === 1 ? '1 time' : `${n} timer`),
    days: (n: number) => (n === 1 ? '1 dag' : `${n} dage`),
  },
  en: {
    now: 'just now',
    ago: (span: string) => `${span} ago`,
    ahead: (span: string) => `in ${span}`,
    minutes: (n: number) => `${n} min`,
    hours: (n: number) => (n === 1 ? '1 hour' : `${n} hours`),
    days: (n: number) => (n === 1 ? '1 day' : `${n} days`),
  },
} as const

/** A length of time in its largest unit, rounded down: 3 min., 2 timer, 5 dage. */
export function formatSpan(spanMs: number, language: Language): string {
  const words = AGES[language]
  if (spanMs < HOUR_MS) return words.minutes(Math.floor(spanMs / MINUTE_MS))
  if (spanMs < 2 * DAY_MS) return words.hours(Math.floor(spanMs / HOUR_MS))
  return words.days(Math.floor(spanMs / DAY_MS))
}

/** How long ago, or how soon: for 3 min. siden, om 2 timer. */
export function formatAge(at: Moment, now: number, language: Language): string {
  const words = AGES[language]
  const age = now - ms(at)
  if (Math.abs(age) < MINUTE_MS) return words.now
  return age > 0 ? words.ago(formatSpan(age, language)) : words.ahead(formatSpan(-age, language))
}

/** Both, so that nobody has to reckon: for 3 min. siden (14.03). */
export function formatWhen(at: Moment, now: number, language: Language): string {
  return `${formatAge(at, now, language)} (${formatMoment(at, now, language)})`
}

/** For after the word "since": 14.03 (12 min.). */
export function formatSince(at: Moment, now: number, language: Language): string {
  const age = now - ms(at)
  const moment = formatMoment(at, now, language)
  return age < MINUTE_MS ? moment : `${moment} (${formatSpan(age, language)})`
}
