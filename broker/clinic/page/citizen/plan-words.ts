import type { Phase, Plan } from '../../../alerts/plan/plan.ts'
import { formatDate } from '../shell/format.ts'
import type { Language, Said } from '../shell/said.ts'

/** A measurement plan as a nurse says it. Pure. */

const DAYS: Readonly<Record<string, Said>> = {
  mo: { da: 'mandag', en: 'Monday' },
  tu: { da: 'tirsdag', en: 'Tuesday' },
  we: { da: 'onsdag', en: 'Wednesday' },
  th: { da: 'torsdag', en: 'Thursday' },
  fr: { da: 'fredag', en: 'Friday' },
  sa: { da: 'lørdag', en: 'Saturday' },
  su: { da: 'søndag', en: 'Sunday' },
}
const ORDER = Object.keys(DAYS)
const WORKING_DAYS = ORDER.slice(0, 5)

/** a, b og c */
function listed(parts: readonly string[], language: Language): string {
  const last = parts.at(-1) ?? ''
  if (parts.length < 2) return last
  return `${parts.slice(0, -1).join(', ')} ${language === 'da' ? 'og' : 'and'} ${last}`
}

function scheduleText({ schedule }: Phase, language: Language): string {
  const da = language === 'da'
  if (schedule.type === 'daily') return da ? 'hver dag' : 'every day'
  if (schedule.type === 'as-needed') return da ? 'efter behov' : 'as needed'
  if (schedule.type === 'every') {
    if (schedule.days === 2) return da ? 'hver anden dag' : 'every other day'
    return da ? `hver ${schedule.days}. dag` : `every ${schedule.days} days`
  }
  const on = ORDER.filter((day) => schedule.on.some((chosen) => chosen === day))
  if (on.length === ORDER.length) return da ? 'hver dag' : 'every day'
  if (on.join() === WORKING_DAYS.join()) return da ? 'mandag til fredag' : 'Monday to Friday'
  return listed(
    on.map((day) => DAYS[day]?.[language] ?? day),
    language,
  )
}

/** 8, 8.30 or 8:30 */
function clockText(time: string, language: Language): string {
  const [hour = '', minute = ''] = time.split(':')
  return minute === '00' ? String(Number(hour)) : `${Number(hour)}${language === 'da' ? '.' : ':'}${minute}`
}

/** Between word joiners: no line ends within 18–20. */
const DASH = '\u2060–\u2060'

function phaseText(phase: Phase, language: Language): string {
  const windows = phase.windows.map(({ from, to }) => `${clockText(from, language)}${DASH}${clockText(to, language)}`)
  const schedule = scheduleText(phase, language)
  if (windows.length === 0) return schedule
  return `${schedule} ${language === 'da' ? 'kl. ' : ''}${listed(windows, language)}`
}

const HOLIDAYS: Readonly<Record<Plan['holidays'], Said | undefined>> = {
  kept: undefined,
  skipped: { da: 'ikke på helligdage', en: 'not on public holidays' },
  moved: { da: 'på helligdage i stedet næste hverdag', en: 'on public holidays the next working day instead' },
}

/** @returns de første 14 dage hver dag kl. 8–10, derefter mandag, onsdag og fredag kl. 8–10 */
export function planText({ phases, holidays }: Pick<Plan, 'phases' | 'holidays'>, language: Language): string {
  const da = language === 'da'
  const said = phases.map((phase, index) => {
    const what = phaseText(phase, language)
    const begin = index === 0 ? '' : da ? 'derefter ' : 'then '
    if (phase.days === undefined) return `${begin}${what}`
    const days = phase.days === 1 ? (da ? '1 dag' : '1 day') : `${phase.days} ${da ? 'dage' : 'days'}`
    if (index > 0) return `${begin}${what} ${da ? `i ${days}` : `for ${days}`}`
    return da ? `de første ${days} ${what}` : `${what} for the first ${days}`
  })
  const off = HOLIDAYS[holidays]?.[language]
  return [...said, ...(off === undefined ? [] : [off])].join(', ')
}

/** @param now ISO 8601 @returns fra 1. sep. 2026, til 3. okt. 2026; empty when it holds now and has no end */
export function planPeriodText({ from, to }: Pick<Plan, 'from' | 'to'>, now: string, language: Language): string {
  const da = language === 'da'
  return [
    ...(from > now ? [`${da ? 'begynder' : 'begins'} ${formatDate(from, language)}`] : []),
    ...(to === undefined ? [] : [`${da ? 'slutter' : 'ends'} ${formatDate(to, language)}`]),
  ].join(', ')
}
