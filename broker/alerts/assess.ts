import { isNumber } from '../../device-drivers/reading.ts'
import { assessAnswers } from './assess-answers.ts'
import { assessChange } from './assess-change.ts'
import { assessCumulative, learnSignals } from './assess-cumulative.ts'
import { assessGain, withRecent } from './assess-gain.ts'
import { assessLimits } from './assess-limits.ts'
import { assessNews2 } from './assess-news2.ts'
import type { Assessed, Input, Memory } from './assessment.ts'
import { toCanonical } from './canonical.ts'
import type { JudgedReading } from './judged-reading.ts'
import { learned, NO_HISTORY } from './normal.ts'
import { quantitiesOf, type Rule } from './rule.ts'

export const NO_MEMORY: Memory = { history: NO_HISTORY }

/** With the newest value of each quantity that the rule is made of. Doubtful ones too: they make the result doubtful. */
function withInputs(memory: Memory, reading: JudgedReading, names: readonly string[]): Memory {
  const { at, trusted, id, kind } = reading
  const inputs: Record<string, Input> = { ...memory.inputs }
  let found = false
  for (const name of names) {
    const value = reading.values[name]
    if (!isNumber(value)) continue
    inputs[name] = { at, value: value.value, unit: value.unit, trusted, reading: id, kind }
    found = true
  }
  return found ? { ...memory, inputs } : memory
}

/** What the reading says under the rule, and what the rule remembers of it at once. */
export function assess(rule: Rule, memory: Memory, reading: JudgedReading): Assessed {
  const answer = (next: Memory, assessment: Assessed['assessment']): Assessed =>
    assessment === undefined ? { memory: next } : { memory: next, assessment }
  switch (rule.type) {
    case 'limits':
      return answer(memory, assessLimits(rule, reading))
    case 'change':
      return answer(memory, assessChange(rule, memory, reading))
    case 'gain':
      return answer(withRecent(rule, memory, reading), assessGain(rule, memory, reading))
    case 'cumulative':
      return assessCumulative(rule, memory, reading)
    case 'score': {
      const next = withInputs(memory, reading, quantitiesOf(rule))
      return answer(next, assessNews2(rule, next, reading))
    }
    case 'answers': {
      const next = withInputs(memory, reading, quantitiesOf(rule))
      return answer(next, assessAnswers(rule, next, reading))
    }
  }
}

/** Rules that compare with the person's own past. */
export const learns = (rule: Rule): boolean =>
  rule.type === 'change' || rule.type === 'cumulative' || (rule.type === 'gain' && rule.average !== undefined)

/** A stable reading becomes part of the normal: one that can be trusted, with a certain time, outside any episode. */
export function learn(rule: Rule, memory: Memory, reading: JudgedReading): Memory {
  if (!learns(rule) || !reading.trusted || !reading.certain) return memory
  if (rule.type === 'cumulative') return learnSignals(rule, memory, reading)
  if (!('quantity' in rule)) return memory
  const value = reading.values[rule.quantity]
  if (!isNumber(value)) return memory
  return { ...memory, history: learned(memory.history, reading, toCanonical(rule.quantity, value.value)) }
}
