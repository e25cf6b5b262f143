import { KIND_CODES, type QuantityName } from '../../device-drivers/quantities.ts'
import { KINDS, type Kind } from '../../device-drivers/reading.ts'
import { MAD_TO_SD } from '../alerts/assess-change.ts'
import { fromCanonical } from '../alerts/canonical.ts'
import type { EffectiveRule } from '../alerts/effective-rules.ts'
import type { FoldState } from '../alerts/fold-state.ts'
import { dayOf } from '../alerts/judged-reading.ts'
import { type History, normalOf, rolledTo } from '../alerts/normal.ts'
import { quantitiesOf, type Rule } from '../alerts/rule.ts'
import type { NormalBand, ShownRule } from './shapes.ts'

/** Rules and the person's own normal, as they are shown beside the values. Pure. */

/** Where a rule says nothing of the usual spread: 95 of 100 values of a normal distribution lie within. */
const USUAL_SPREAD = 2

/** Kinds of readings that a rule may look at. */
export function kindsOfRule(rule: Rule): readonly Kind[] {
  const wanted: ReadonlySet<string> = new Set(quantitiesOf(rule))
  const having = KINDS.filter((kind) => KIND_CODES[kind].quantities.some((name) => wanted.has(name)))
  return rule.kinds === undefined ? having : having.filter((kind) => rule.kinds?.includes(kind))
}

/**
 * @param seen kinds that may be seen: a rule is shown when one of them is among those that it looks at. One that is not
 *   valid says nothing of its kinds, and is for who sees all
 */
export function shownRules(rules: readonly EffectiveRule[], seen: readonly Kind[]): ShownRule[] {
  return rules.flatMap(({ id, title, type, version, rule, origins, problem }) => {
    const visible = rule === undefined ? seen.length === KINDS.length : kindsOfRule(rule).some((k) => seen.includes(k))
    if (!visible) return []
    return [
      {
        id,
        version,
        title,
        type,
        quantities: rule === undefined ? [] : [...quantitiesOf(rule)],
        ...(rule?.type === 'limits' ? { limits: rule.limits } : {}),
        origins: { ...origins },
        ...(problem === undefined ? {} : { problem: { path: problem.path, remedy: problem.remedy } }),
      },
    ]
  })
}

/** The days that make a rule's normal; undefined when it compares with none. */
function daysOf(rule: Rule): number | undefined {
  if (rule.type === 'change') return rule.days
  return rule.type === 'gain' ? rule.average?.days : undefined
}

function bandOf(quantity: QuantityName, history: History, days: number, spread: number): NormalBand | undefined {
  const normal = normalOf(history, days)
  if (normal === undefined) return undefined
  const usual = spread * MAD_TO_SD * normal.deviation
  const of = (canonical: number): number => fromCanonical(quantity, canonical)
  const enrolment = history.enrolment.normal
  return {
    quantity,
    median: of(normal.value),
    low: of(normal.value - usual),
    high: of(normal.value + usual),
    ...(enrolment === undefined ? {} : { enrolment: of(enrolment) }),
  }
}

/**
 * The person's normal of each quantity that some rule compares with it, as the engine has learned it.
 * @param stateOf where the rule stands, by its id
 * @param seen a normal rests on all the kinds that its rule looks at, and all of them must be seen
 */
export function normalBands(
  rules: readonly EffectiveRule[],
  stateOf: (rule: string) => FoldState | undefined,
  seen: readonly Kind[],
  at: string,
): NormalBand[] {
  const bands = new Map<string, NormalBand>()
  for (const { id, rule } of rules) {
    const days = rule === undefined ? undefined : daysOf(rule)
    if (rule === undefined || days === undefined || !('quantity' in rule) || bands.has(rule.quantity)) continue
    if (!kindsOfRule(rule).every((kind) => seen.includes(kind))) continue
    const state = stateOf(id)
    if (state === undefined) continue
    const { history } = state.memory
    // A normal stands still while an episode lasts.
    const now = state.episode === undefined ? rolledTo(history, dayOf(at), rule.twoBlows) : history
    const spread = rule.type === 'change' ? (rule.spread ?? USUAL_SPREAD) : USUAL_SPREAD
    const band = bandOf(rule.quantity, now, days, spread)
    if (band !== undefined) bands.set(rule.quantity, band)
  }
  return [...bands.values()]
}
