import type { DryRunAnswer, LimitsAnswer, ShownOrigin } from '../../shapes.ts'
import type { Language } from '../shell/said.ts'
import { BOUNDS, type Bound, type LimitProblem, limitText } from './limit-draft.ts'
import { LIMIT_WORDS } from './limit-words.ts'

export type QuantityLimits = LimitsAnswer['limits'][number]

/** Names of the templates that come with the house; others are called by their id. */
const TEMPLATES: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  copd: { da: 'KOL', en: 'COPD' },
  'heart-failure': { da: 'hjertesvigt', en: 'heart failure' },
  'lung-fibrosis': { da: 'lungefibrose', en: 'lung fibrosis' },
  'alpha-1-antitrypsin': { da: 'alfa-1-antitrypsinmangel', en: 'alpha-1 antitrypsin deficiency' },
  diabetes: { da: 'diabetes', en: 'diabetes' },
  isolated: { da: 'isoleret borger', en: 'isolated citizen' },
}

export const markOf = (language: Language): ',' | '.' => (language === 'da' ? ',' : '.')

/** Where a limit comes from, in a few words. */
export function originWords({ level, scope }: ShownOrigin, language: Language): string {
  const template = TEMPLATES[scope]?.[language] ?? scope
  const da = {
    template: `skabelonen ${template}`,
    stage: `stadiet i skabelonen ${template}`,
    organisation: `klinikken (${scope})`,
    citizen: 'sat for borgeren',
    limits: 'sat for borgeren',
  }
  const en = {
    template: `template ${template}`,
    stage: `stage in the template ${template}`,
    organisation: `the clinic (${scope})`,
    citizen: 'set for the citizen',
    limits: 'set for the citizen',
  }
  return (language === 'da' ? da : en)[level]
}

/** The limits of a quantity by where they come from, in the order of the limits. */
export function byOrigin({
  effective,
  origins,
}: QuantityLimits): readonly { readonly origin: ShownOrigin; readonly bounds: readonly Bound[] }[] {
  const found = new Map<string, { readonly origin: ShownOrigin; readonly bounds: Bound[] }>()
  for (const bound of BOUNDS) {
    const origin = effective[bound] === undefined ? undefined : origins[bound]
    if (origin === undefined) continue
    const key = `${origin.level}/${origin.scope}/${origin.version}`
    const known = found.get(key)
    if (known === undefined) found.set(key, { origin, bounds: [bound] })
    else known.bounds.push(bound)
  }
  return [...found.values()]
}

export function problemWords(problem: LimitProblem, decimals: number, language: Language): string {
  if (problem.type === 'number') return LIMIT_WORDS.notNumber[language]
  if (problem.type === 'order') {
    const below = LIMIT_WORDS[problem.below][language]
    return language === 'da' ? `Skal være større end »${below}«.` : `Must be above “${below}”.`
  }
  const [from, to] = [problem.from, problem.to].map((end) => limitText(end, decimals, markOf(language)))
  return language === 'da'
    ? `Skal være fra ${from} til ${to}: mere kan ikke måles.`
    : `Must be from ${from} to ${to}: no more can be measured.`
}

/** Alerts a week, as shown. */
export const weekly = (perWeek: number, language: Language): string => perWeek.toFixed(1).replace('.', markOf(language))

/** What a dry run found, as one announcement. */
export function trialSentence(answer: DryRunAnswer, language: Language): string {
  const { weeks, now, draft, added, gone } = answer
  const round = Math.round(weeks)
  const before = weekly(answer.nowPerWeek, language)
  const after = weekly(answer.draftPerWeek, language)
  return language === 'da'
    ? `Seneste ${round} uger: ${before} alarmer om ugen nu (${now} i alt), ${after} med udkastet (${draft} i alt). ${added.length} kommer til, ${gone.length} forsvinder.`
    : `The last ${round} weeks: ${before} alerts a week now (${now} in all), ${after} under the draft (${draft} in all). ${added.length} would come, ${gone.length} would go.`
}
