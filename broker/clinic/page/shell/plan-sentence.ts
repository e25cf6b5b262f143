import type { Phase, Plan } from '../../../alerts/plan/plan.ts'
import type { Language } from './said.ts'

/** A measurement plan as a nurse would tell it to a citizen. Pure. */

export const WEEKDAY_NAMES: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  da: { mo: 'mandag', tu: 'tirsdag', we: 'onsdag', th: 'torsdag', fr: 'fredag', sa: 'lørdag', su: 'søndag' },
  en: { mo: 'Monday', tu: 'Tuesday', we: 'Wednesday', th: 'Thursday', fr: 'Friday', sa: 'Saturday', su: 'Sunday' },
}
const WEEK = Object.keys(WEEKDAY_NAMES.da)
const WORKING_DAYS = WEEK.slice(0, 5)

const WORDS = {
  da: {
    daily: 'hver dag',
    every: (days: number) => (days === 2 ? 'hver anden dag' : `hver ${days}. dag`),
    asNeeded: 'efter behov',
    on: (days: string) => `hver ${days}`,
    workingDays: 'mandag til fredag',
    clock: (times: string) => `kl. ${times}`,
    wholeDay: 'hele dagen',
    and: 'og',
    for: (days: number) => (days === 1 ? 'i én dag' : `i ${days} dage`),
    next: 'derefter',
    end: 'og derefter ikke mere',
  },
  en: {
    daily: 'every day',
    every: (days: number) => (days === 2 ? 'every other day' : `every ${days} days`),
    asNeeded: 'as needed',
    on: (days: string) => `on ${days}`,
    workingDays: 'Monday to Friday',
    clock: (times: string) => `at ${times}`,
    wholeDay: 'all day',
    and: 'and',
    for: (days: number) => (days === 1 ? 'for one day' : `for ${days} days`),
    next: 'then',
    end: 'and no more after that',
  },
} as const

/** `a, b og c` */
export function listed(parts: readonly string[], language: Language): string {
  const last = parts.at(-1) ?? ''
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} ${WORDS[language].and} ${last}`
}

/** `08:00` as it is said: `8`; `08:30` as `8.30` (Danish) or `8:30`. */
export function clockWords(clock: string, language: Language): string {
  const [hour = '', minute] = clock.split(':')
  const full = String(Number(hour))
  return minute === '00' ? full : `${full}${language === 'da' ? '.' : ':'}${minute}`
}

/** `8–10 og 18–20` */
export function windowWords(windows: Readonly<Phase['windows']>, language: Language): string {
  return listed(
    windows.map(({ from, to }) => `${clockWords(from, language)}–${clockWords(to, language)}`),
    language,
  )
}

function dayWords({ schedule }: Phase, language: Language): string {
  const words = WORDS[language]
  if (schedule.type === 'as-needed') return words.asNeeded
  if (schedule.type === 'daily') return words.daily
  if (schedule.type === 'every') return words.every(schedule.days)
  const on = WEEK.filter((day) => schedule.on.some((chosen) => chosen === day))
  if (on.length === WEEK.length) return words.daily
  if (on.join() === WORKING_DAYS.join()) return words.workingDays
  return words.on(
    listed(
      on.map((day) => WEEKDAY_NAMES[language][day] ?? day),
      language,
    ),
  )
}

function phaseWords(phase: Phase, language: Language): string {
  const words = WORDS[language]
  const days = dayWords(phase, language)
  if (phase.windows.length === 0) return days
  const wholeDay = phase.windows.some(({ from, to }) => from === '00:00' && to === '24:00')
  return `${days} ${wholeDay ? words.wholeDay : words.clock(windowWords(phase.windows, language))}`
}

/** `hver dag kl. 8–10 i 14 dage, derefter hver mandag, onsdag og fredag kl. 8–10` */
export function planWords(phases: Plan['phases'], language: Language): string {
  const words = WORDS[language]
  const parts = phases.map((phase, index) => {
    const told = phaseWords(phase, language)
    const length = phase.days === undefined ? '' : ` ${words.for(phase.days)}`
    return `${index === 0 ? '' : `${words.next} `}${told}${length}`
  })
  return [...parts, ...(phases.at(-1)?.days === undefined ? [] : [words.end])].join(', ')
}
