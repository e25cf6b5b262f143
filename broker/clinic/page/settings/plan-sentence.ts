import type { Plan } from '../../../alerts/plan/plan.ts'
import { formatDate } from '../shell/format.ts'
import type { Language } from '../shell/said.ts'
import { PLAN_WORDS } from './plan-words.ts'

/** A plan as a nurse would tell it to a citizen. */

export const WEEKDAY_NAMES: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  da: { mo: 'mandag', tu: 'tirsdag', we: 'onsdag', th: 'torsdag', fr: 'fredag', sa: 'lørdag', su: 'søndag' },
  en: { mo: 'Monday', tu: 'Tuesday', we: 'Wednesday', th: 'Thursday', fr: 'Friday', sa: 'Saturday', su: 'Sunday' },
}

const WORDS = {
  da: {
    daily: 'hver dag',
    every: (days: number) => (days === 2 ? 'hver anden dag' : `hver ${days}. dag`),
    asNeeded: 'efter behov',
    on: (days: string) => `hver ${days}`,
    clock: 'kl.',
    wholeDay: 'hele dagen',
    and: 'og',
    for: (days: number) => (days === 1 ? 'den første dag' : `i ${days} dage`),
    next: 'derefter',
    end: 'og derefter ikke mere',
  },
  en: {
    daily: 'every day',
    every: (days: number) => (days === 2 ? 'every other day' : `every ${days} days`),
    asNeeded: 'as needed',
    on: (days: string) => `on ${days}`,
    clock: 'at',
    wholeDay: 'all day',
    and: 'and',
    for: (days: number) => (days === 1 ? 'for one day' : `for ${days} days`),
    next: 'then',
    end: 'and no more after that',
  },
} as const

/** `a, b og c` */
export function listed(parts: readonly string[], and: string): string {
  const last = parts.at(-1) ?? ''
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} ${and} ${last}`
}

/** `08:00` as it is said: `8`; `08:30` as `8.30` (Danish) or `8:30`. */
export function clockWords(clock: string, language: Language): string {
  const [hour = '', minute] = clock.split(':')
  const full = String(Number(hour))
  return minute === '00' ? full : `${full}${language === 'da' ? '.' : ':'}${minute}`
}

function phaseWords({ schedule, windows }: Plan['phases'][number], language: Language): string {
  const words = WORDS[language]
  if (schedule.type === 'as-needed') return words.asNeeded
  const days =
    schedule.type === 'daily'
      ? words.daily
      : schedule.type === 'every'
        ? words.every(schedule.days)
        : words.on(
            listed(
              schedule.on.map((day) => WEEKDAY_NAMES[language][day] ?? day),
              words.and,
            ),
          )
  const times = windows.map(({ from, to }) => {
    if (from === '00:00' && to === '24:00') return words.wholeDay
    return `${words.clock} ${clockWords(from, language)}–${clockWords(to, language)}`
  })
  return `${days} ${listed(times, words.and)}`
}

/** `Hver dag kl. 8–10 i 14 dage, derefter hver mandag, onsdag og fredag kl. 8–10.` */
export function planSentence(phases: Plan['phases'], language: Language): string {
  const words = WORDS[language]
  const parts = phases.map((phase) => {
    const told = phaseWords(phase, language)
    return phase.days === undefined ? told : `${told} ${words.for(phase.days)}`
  })
  if (phases.at(-1)?.days !== undefined) parts.push(words.end)
  const text = parts
    .map((part, index) => (index === 0 || part === words.end ? part : `${words.next} ${part}`))
    .join(', ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

type Terms = Pick<Plan, 'to' | 'holidays' | 'graceMinutes' | 'unwatchedAfterHours'>

/** What else the plan says: its end, holidays, grace, and when the home counts as silent. */
export function termsOf({ to, holidays, graceMinutes, unwatchedAfterHours }: Terms, language: Language): string {
  const word = PLAN_WORDS[holidays][language].toLowerCase()
  const end = to === undefined ? undefined : formatDate(Date.parse(to) - 1, language)
  const parts =
    language === 'da'
      ? [
          ...(end === undefined ? [] : [`til og med ${end}`]),
          `helligdage: ${word}`,
          `tæller med til ${graceMinutes} min. efter`,
          `besked efter ${unwatchedAfterHours} timer uden kontakt`,
        ]
      : [
          ...(end === undefined ? [] : [`until ${end}`]),
          `holidays: ${word}`,
          `counts up to ${graceMinutes} min after`,
          `told after ${unwatchedAfterHours} hours without a sign`,
        ]
  return parts.join(' · ')
}
