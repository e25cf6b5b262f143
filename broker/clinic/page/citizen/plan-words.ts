import type { Plan } from '../../../alerts/plan/plan.ts'
import { formatDate } from '../shell/format.ts'
import { planWords } from '../shell/plan-sentence.ts'
import type { Language, Said } from '../shell/said.ts'

/** A measurement plan in one line of a list. Pure. */

/** Between word joiners: no line ends within 18–20. */
const DASH = '\u2060–\u2060'

const HOLIDAYS: Readonly<Record<Plan['holidays'], Said | undefined>> = {
  kept: undefined,
  skipped: { da: 'ikke på helligdage', en: 'not on public holidays' },
  moved: { da: 'på helligdage i stedet næste hverdag', en: 'on public holidays the next working day instead' },
}

/** @returns hver dag kl. 8–10 i 14 dage, derefter hver mandag, onsdag og fredag kl. 8–10, ikke på helligdage */
export function planText({ phases, holidays }: Pick<Plan, 'phases' | 'holidays'>, language: Language): string {
  const off = HOLIDAYS[holidays]?.[language]
  return [planWords(phases, language).replaceAll('–', DASH), ...(off === undefined ? [] : [off])].join(', ')
}

/** @param now ISO 8601 @returns fra 1. sep. 2026, til 3. okt. 2026; empty when it holds now and has no end */
export function planPeriodText({ from, to }: Pick<Plan, 'from' | 'to'>, now: string, language: Language): string {
  const da = language === 'da'
  return [
    ...(from > now ? [`${da ? 'begynder' : 'begins'} ${formatDate(from, language)}`] : []),
    ...(to === undefined ? [] : [`${da ? 'slutter' : 'ends'} ${formatDate(to, language)}`]),
  ].join(', ')
}
