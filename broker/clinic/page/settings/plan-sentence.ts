import type { Plan } from '../../../alerts/plan/plan.ts'
import { formatDate } from '../shell/format.ts'
import { planWords } from '../shell/plan-sentence.ts'
import type { Language } from '../shell/said.ts'
import { PLAN_WORDS } from './plan-words.ts'

/** A plan as it stands on its card: what is measured when, and on which terms. */

/** `Hver dag kl. 8–10 i 14 dage, derefter hver mandag, onsdag og fredag kl. 8–10.` */
export function planSentence(phases: Plan['phases'], language: Language): string {
  const text = planWords(phases, language)
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
