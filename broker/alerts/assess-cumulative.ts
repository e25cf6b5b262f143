import { isNumber } from '../../device-drivers/reading.ts'
import type { Evidence } from '../contract/alert.ts'
import type { Answered, Assessed, Memory } from './assessment.ts'
import { fromCanonical, toCanonical } from './canonical.ts'
import { dayOf, type JudgedReading } from './judged-reading.ts'
import { learned, NO_HISTORY, normalOf, rolledTo } from './normal.ts'
import type { CumulativeRule } from './rule.ts'

/**
 * Small changes that add up (Page's cumulative sum, Biometrika 1954;41:100): each reading speaks for or against a change
 * of the size that is looked for, and what it says is added. Measurements are compared with the own normal, answers with
 * how often the person says yes otherwise. The sum is the logarithm of how much likelier the change is than none, in
 * whole thousandths, never below 0 and never above the level at which it tells.
 */

const THOUSAND = 1000
/** One odd reading is no course: so many spreads at most, against and for. */
const LEAST = -2
const MOST = 3
/** A beginner says yes on one day of ten, which counts as much as eight answered days of their own. */
const ASSUMED_ANSWERED = 8
const ASSUMED_YES = 0.8
const RAREST = 0.05
const MOST_OFTEN = 0.6

type Signal = CumulativeRule['signals'][number]

interface Part {
  /** In thousandths; above 0 it speaks for the change. */
  readonly weight: number
  readonly evidence: Evidence
}

function fromSignal(rule: CumulativeRule, signal: Signal, memory: Memory, reading: JudgedReading): Part | undefined {
  const { quantity, direction, size, spread } = signal
  const given = reading.values[quantity]
  if (!isNumber(given)) return undefined
  const history = rolledTo(memory.histories?.[quantity] ?? NO_HISTORY, dayOf(reading.at), false)
  const normal = normalOf(history, rule.days)
  if (normal === undefined) return undefined
  const above = toCanonical(quantity, given.value) - normal.value
  const change = (direction === 'fall' ? -above : above) / toCanonical(quantity, spread)
  const looked = size / spread
  const weight = looked * Math.min(MOST, Math.max(LEAST, change)) - looked ** 2 / 2
  return {
    weight: Math.round(weight * THOUSAND),
    evidence: {
      quantity,
      value: given.value,
      unit: given.unit,
      limit: fromCanonical(quantity, normal.value),
      bound: direction === 'fall' ? 'belowNormal' : 'aboveNormal',
      at: reading.at,
      reading: reading.id,
    },
  }
}

/** The questions that were answered, those with yes first; undefined when none was. */
function answersIn(rule: CumulativeRule, { values }: JudgedReading) {
  const found = (rule.answers?.of ?? []).flatMap((quantity) => {
    const value = values[quantity]
    return isNumber(value) ? [{ quantity, value, yes: value.value >= 1 }] : []
  })
  return found.length === 0 ? undefined : found.sort((a, b) => Number(b.yes) - Number(a.yes))
}

function fromAnswers(rule: CumulativeRule, memory: Memory, reading: JudgedReading): Part[] {
  const answers = answersIn(rule, reading)
  if (answers === undefined || rule.answers === undefined) return []
  const { days, yes } = memory.answered ?? { days: 0, yes: 0 }
  const usual = Math.min(MOST_OFTEN, Math.max(RAREST, (yes + ASSUMED_YES) / (days + ASSUMED_ANSWERED)))
  const changed = usual + (1 - usual) * rule.answers.more
  return answers.slice(0, 1).map(({ quantity, value, yes: said }) => ({
    weight: Math.round(Math.log(said ? changed / usual : (1 - changed) / (1 - usual)) * THOUSAND),
    evidence: {
      quantity,
      value: value.value,
      unit: value.unit,
      limit: 1,
      bound: 'answerHigh',
      at: reading.at,
      reading: reading.id,
    },
  }))
}

const withAnswers = (before: Answered | undefined, yes: boolean): Answered => ({
  days: (before?.days ?? 0) + 1,
  yes: (before?.yes ?? 0) + Number(yes),
})

/** What the reading adds, and whether that is enough. A doubtful reading adds nothing. */
export function assessCumulative(rule: CumulativeRule, memory: Memory, reading: JudgedReading): Assessed {
  if (!reading.trusted) return { memory }
  const measured = rule.signals.flatMap((signal) => fromSignal(rule, signal, memory, reading) ?? [])
  const parts = [...measured, ...fromAnswers(rule, memory, reading)]
  if (parts.length === 0) return { memory }
  const answers = answersIn(rule, reading)
  // A habit of saying yes is learnt in an episode too: left out, those who often say yes would seem to say it seldom.
  const answered = answers === undefined ? memory.answered : withAnswers(memory.answered, answers[0]?.yes === true)
  const level = Math.round(rule.yellow * THOUSAND)
  const added = parts.reduce((sum, { weight }) => sum + weight, memory.sum ?? 0)
  const sum = Math.min(level, Math.max(0, added))
  const speaking = parts.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight)
  return {
    memory: { ...memory, sum, ...(answered === undefined ? {} : { answered }) },
    assessment: {
      severity: sum >= level ? 1 : 0,
      evidence: speaking.map(({ evidence }) => evidence),
      trusted: true,
      clear: sum <= level - Math.round(rule.clear.margin * THOUSAND),
      kinds: [reading.kind],
    },
  }
}

/** With one more stable reading: the normal of each signal. */
export function learnSignals(rule: CumulativeRule, memory: Memory, reading: JudgedReading): Memory {
  const histories = rule.signals.flatMap(({ quantity }) => {
    const value = reading.values[quantity]
    if (!isNumber(value)) return []
    const history = rolledTo(memory.histories?.[quantity] ?? NO_HISTORY, dayOf(reading.at), false)
    return [[quantity, learned(history, reading, toCanonical(quantity, value.value))] as const]
  })
  return histories.length === 0
    ? memory
    : { ...memory, histories: { ...memory.histories, ...Object.fromEntries(histories) } }
}
