import { describe, expect, it } from 'vitest'
import { isNumber } from '../../../device-drivers/reading.ts'
import { cohort, type Person } from '../../../simulators/cohort/cohort.ts'
import { parameter } from '../../../simulators/cohort/parameters.ts'

const people = [11, 12, 13].flatMap((seed) => cohort({ seed }))
const answers = ({ readings }: Person) => readings.filter(({ kind }) => kind === 'symptoms')
/** Share of the answers to a question that say "more than usual". */
function yesTo(question: string, all: readonly { values: Person['readings'][number]['values'] }[]): number {
  const asked = all.flatMap(({ values }) => {
    const value = values[question]
    return isNumber(value) ? [value.value] : []
  })
  return asked.reduce((sum, value) => sum + value, 0) / asked.length
}
const of = (condition: Person['condition'], ill: boolean) =>
  people.filter((person) => person.condition === condition && (person.exacerbation !== undefined) === ill)
const atOnset = ({ exacerbation, readings }: Person) =>
  readings.filter(({ kind, measuredAt }) => {
    if (kind !== 'symptoms' || exacerbation === undefined) return false
    return Math.abs(Date.parse(measuredAt) - Date.parse(exacerbation.onset)) < 1.5 * 24 * 3600_000
  })

describe('answers of a cohort', () => {
  it('are missed more often than measurements', () => {
    const copd = of('copd', false)
    const answered = copd.flatMap(answers).length
    const measured = copd.flatMap(({ readings }) => readings).length - answered
    expect(answered / measured).toBeGreaterThan(parameter('copdAnswered') - 0.03)
    expect(answered / measured).toBeLessThan(parameter('copdAnswered') + 0.03)
  })

  it('say yes on healthy days too, and some people far more often than others', () => {
    const shares = of('heart-failure', false).map((person) => yesTo('oedema', answers(person)))
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
    expect(mean).toBeGreaterThan(parameter('usualYes') * 0.7)
    expect(mean).toBeLessThan(parameter('usualYes') * 1.3)
    expect(Math.max(...shares)).toBeGreaterThan(2 * mean)
  })

  it('of the ill say yes more often at the onset, but not all of them and not to everything', () => {
    const copd = of('copd', true).flatMap(atOnset)
    expect(yesTo('breathlessness', copd)).toBeGreaterThan(0.25)
    expect(yesTo('breathlessness', copd)).toBeLessThan(parameter('copdBreathlessness'))
    expect(yesTo('sputumAmount', copd)).toBeLessThan(yesTo('breathlessness', copd))
    const heart = of('heart-failure', true).flatMap(atOnset)
    expect(yesTo('breathlessness', heart)).toBeGreaterThan(0.3)
    expect(yesTo('breathlessness', heart)).toBeLessThan(parameter('told'))
  })
})
