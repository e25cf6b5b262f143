import { isNumber } from '../../device-drivers/reading.ts'
import type { Evidence } from '../contract/alert.ts'
import { type Assessment, type Memory, type Severity, worst } from './assessment.ts'
import { fromCanonical, toCanonical } from './canonical.ts'
import { DAY_MS, type JudgedReading } from './judged-reading.ts'
import { meanOf } from './normal.ts'
import type { GainRule } from './rule.ts'

/** Nobody steps on the scale at the same hour each day. */
const TOLERANCE_MS = DAY_MS / 2
const LONGEST_MS = 7 * DAY_MS + TOLERANCE_MS
/** Of the last week: a scale that is used four times a day has 30. */
const MAX_RECENT = 64

interface Comparison {
  readonly severity: Severity
  readonly clear: boolean
  readonly limit: number
  readonly bound: string
}

interface Thresholds {
  readonly yellow?: number | undefined
  readonly red?: number | undefined
}

function compareWith(rule: GainRule, difference: number, { yellow, red }: Thresholds) {
  const canonical = (threshold: number) => toCanonical(rule.quantity, threshold)
  const severity: Severity =
    red !== undefined && difference >= canonical(red)
      ? 2
      : yellow !== undefined && difference >= canonical(yellow)
        ? 1
        : 0
  const nearest = canonical(yellow ?? red ?? 0) - canonical(rule.clear.margin)
  return { severity, clear: severity === 0 && (rule.clear.margin === 0 || difference < nearest) }
}

function comparisonsOf(rule: GainRule, memory: Memory, value: number, at: string): Comparison[] {
  const now = Date.parse(at)
  const recent = memory.recent ?? []
  const comparisons = rule.windows.flatMap((window): Comparison[] => {
    const earlier = recent.flatMap(([then, weight]) =>
      Date.parse(then) >= now - window.days * DAY_MS - TOLERANCE_MS ? [weight] : [],
    )
    if (earlier.length === 0) return []
    const rise = window.direction === 'rise'
    const limit = rise ? Math.min(...earlier) : Math.max(...earlier)
    const difference = rise ? value - limit : limit - value
    return [{ ...compareWith(rule, difference, window), limit, bound: rise ? 'gain' : 'loss' }]
  })
  const mean = rule.average === undefined ? undefined : meanOf(memory.history, rule.average.days)
  if (rule.average === undefined || mean === undefined) return comparisons
  return [...comparisons, { ...compareWith(rule, value - mean, rule.average), limit: mean, bound: 'aboveAverage' }]
}

/** A gain over 1, 3 and 7 days, and against the person's own moving average: of at least so much. */
export function assessGain(rule: GainRule, memory: Memory, reading: JudgedReading): Assessment | undefined {
  const given = reading.values[rule.quantity]
  if (!isNumber(given)) return undefined
  const found = comparisonsOf(rule, memory, toCanonical(rule.quantity, given.value), reading.at)
  if (found.length === 0) return undefined
  return {
    severity: worst(found.map(({ severity }) => severity)),
    evidence: found.flatMap(({ severity, limit, bound }): Evidence[] =>
      severity === 0
        ? []
        : [
            {
              quantity: rule.quantity,
              value: given.value,
              unit: given.unit,
              limit: fromCanonical(rule.quantity, limit),
              bound,
              at: reading.at,
              reading: reading.id,
            },
          ],
    ),
    trusted: reading.trusted,
    clear: found.every(({ clear }) => clear),
    kinds: [reading.kind],
  }
}

/** Remembers a weight that can be trusted, in time and value, within an episode too: it is a fact, no normal. */
export function withRecent(rule: GainRule, memory: Memory, reading: JudgedReading): Memory {
  const given = reading.values[rule.quantity]
  if (!isNumber(given) || !reading.trusted || !reading.certain) return memory
  const oldest = Date.parse(reading.at) - LONGEST_MS
  const kept = (memory.recent ?? []).filter(([at]) => Date.parse(at) >= oldest)
  return {
    ...memory,
    recent: [...kept, [reading.at, toCanonical(rule.quantity, given.value)] as const].slice(-MAX_RECENT),
  }
}
