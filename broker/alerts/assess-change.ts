import { isNumber } from '../../device-drivers/reading.ts'
import type { Evidence } from '../contract/alert.ts'
import { type Assessment, type Memory, type Severity, worst } from './assessment.ts'
import { fromCanonical, toCanonical } from './canonical.ts'
import type { JudgedReading } from './judged-reading.ts'
import { type Normal, normalOf } from './normal.ts'
import type { ChangeRule } from './rule.ts'

/** Makes a median distance comparable with a standard deviation (of a normal distribution). */
export const MAD_TO_SD = 1.4826

type Reference = readonly [against: 'normal' | 'enrolment', normal: Normal]

function referencesOf(rule: ChangeRule, { history }: Memory): Reference[] {
  const normal = normalOf(history, rule.days)
  const enrolment = history.enrolment.normal
  return rule.against.flatMap((against): Reference[] => {
    if (against === 'normal') return normal === undefined ? [] : [[against, normal]]
    return enrolment === undefined ? [] : [[against, { value: enrolment, deviation: 0 }]]
  })
}

/** True when the change is at least `threshold`, in points of the quantity or in percent of the normal: whole numbers. */
function reaches(rule: ChangeRule, change: number, normal: number, threshold: number): boolean {
  if (rule.measure === 'points') return change >= toCanonical(rule.quantity, threshold)
  return change * 1000 >= Math.round(threshold * 10) * normal
}

function against(rule: ChangeRule, value: number, [, normal]: Reference): { severity: Severity; clear: boolean } {
  const change = rule.direction === 'fall' ? normal.value - value : value - normal.value
  const usual = rule.spread === undefined ? 0 : rule.spread * MAD_TO_SD * normal.deviation
  const beyond = (threshold: number | undefined) =>
    threshold !== undefined && change >= usual && reaches(rule, change, normal.value, threshold)
  const severity = beyond(rule.red) ? 2 : beyond(rule.yellow) ? 1 : 0
  const nearest = rule.yellow ?? rule.red ?? 0
  const { margin } = rule.clear
  const held = nearest - margin <= 0 || reaches(rule, change, normal.value, nearest - margin)
  return { severity, clear: severity === 0 && (margin === 0 || !held) }
}

/** A fall or rise of at least so much against the own normal and against the normal at enrolment. */
export function assessChange(rule: ChangeRule, memory: Memory, reading: JudgedReading): Assessment | undefined {
  const given = reading.values[rule.quantity]
  if (!isNumber(given)) return undefined
  const value = toCanonical(rule.quantity, given.value)
  const found = referencesOf(rule, memory).map((reference) => ({ reference, ...against(rule, value, reference) }))
  if (found.length === 0) return undefined
  const evidence = found.flatMap(({ reference: [name, normal], severity }): Evidence[] => {
    if (severity === 0) return []
    const side = rule.direction === 'fall' ? 'below' : 'above'
    return [
      {
        quantity: rule.quantity,
        value: given.value,
        unit: given.unit,
        limit: fromCanonical(rule.quantity, normal.value),
        bound: `${side}${name === 'normal' ? 'Normal' : 'Enrolment'}`,
        at: reading.at,
        reading: reading.id,
      },
    ]
  })
  return {
    severity: worst(found.map(({ severity }) => severity)),
    evidence,
    trusted: reading.trusted,
    clear: found.every(({ clear }) => clear),
    kinds: [reading.kind],
  }
}
