import { type Assessment, type Input, type Memory, type Severity, worst } from './assessment.ts'
import { toCanonical } from './canonical.ts'
import type { JudgedReading } from './judged-reading.ts'
import type { AnswersRule } from './rule.ts'

type Condition = AnswersRule['conditions'][number]
type Part = Condition['of'][number]

function holds(part: Part, input: Input | undefined): boolean {
  if (input === undefined) return false
  const canonical = (value: number) => toCanonical(part.quantity, value)
  const value = canonical(input.value)
  if (part.above !== undefined) return value > canonical(part.above)
  if (part.below !== undefined) return value < canonical(part.below)
  if (part.atLeast !== undefined) return value >= canonical(part.atLeast)
  return part.atMost !== undefined && value <= canonical(part.atMost)
}

/** Answers together with measurements: the newest of each quantity, as far back as the rule says. */
export function assessAnswers(rule: AnswersRule, memory: Memory, reading: JudgedReading): Assessment | undefined {
  const oldest = Date.parse(reading.at) - rule.withinHours * 3_600_000
  const input = (part: Part): Input | undefined => {
    const found = memory.inputs?.[part.quantity]
    return found !== undefined && Date.parse(found.at) >= oldest ? found : undefined
  }
  const held = rule.conditions.flatMap((condition) => {
    const parts = condition.of.filter((part) => holds(part, input(part)))
    return parts.length >= (condition.count ?? condition.of.length) ? [{ level: condition.level, parts }] : []
  })
  const severity = worst(held.map(({ level }): Severity => (level === 'red' ? 2 : 1)))
  const speaking = new Map(
    held.flatMap(({ parts }) =>
      parts.flatMap((part) => {
        const found = input(part)
        return found === undefined ? [] : [[part.quantity, { part, found }] as const]
      }),
    ),
  )
  const all = [...speaking.values()]
  return {
    severity,
    evidence: all.map(({ part, found }) => ({
      quantity: part.quantity,
      value: found.value,
      unit: found.unit,
      limit: part.above ?? part.below ?? part.atLeast ?? part.atMost ?? 0,
      bound: part.above !== undefined || part.atLeast !== undefined ? 'answerHigh' : 'answerLow',
      at: found.at,
      reading: found.reading,
    })),
    trusted: reading.trusted && all.every(({ found }) => found.trusted),
    clear: severity === 0,
    kinds: [...new Set([reading.kind, ...all.map(({ found }) => found.kind)])],
  }
}
