import type { Reading, Value } from '../../device-drivers/reading.ts'
import type { Random } from '../scenario-random.ts'
import { copdCourse } from './courses.ts'
import { parameter } from './parameters.ts'

/**
 * What people answer about their symptoms beside what they measure: 1 is "more than usual", 0 "as usual". Not everybody
 * answers, healthy days have a yes too, some people say yes more often than others, and an ill person may say no.
 */

const COPD = {
  breathlessness: 'copdBreathlessness',
  cough: 'copdCough',
  sputumAmount: 'copdSputumAmount',
  sputumColour: 'copdSputumColour',
} as const
const HEART = { breathlessness: 'heartBreathlessness', oedema: 'heartOedema' } as const

export type Answering = 'copd' | 'heart-failure'

/** How somebody answers, and what their exacerbation, if they have one, does to it. */
export interface Answerer {
  readonly condition: Answering
  /** Share of usual days with a yes to one question. */
  readonly usual: number
  /** Symptoms of the exacerbation. */
  readonly symptoms: ReadonlySet<string>
  /** Nothing shows before the onset. */
  readonly sudden: boolean
}

const questions = (condition: Answering): [string, Parameters<typeof parameter>[0]][] =>
  Object.entries(condition === 'copd' ? COPD : HEART)

/** @param normal a draw of the standard normal distribution */
export function answererOf(random: Random, normal: number, condition: Answering): Answerer {
  const spread = parameter('usualYesSpread')
  return {
    condition,
    usual: Math.min(0.5, parameter('usualYes') * Math.exp(normal * spread - spread ** 2 / 2)),
    symptoms: new Set(questions(condition).flatMap(([name, share]) => (random() < parameter(share) ? [name] : []))),
    sudden: random() < (condition === 'copd' ? parameter('copdSudden') : 0),
  }
}

/** Share of its full extent that a symptom has; days from the onset. */
function extent(who: Answerer, name: string, day: number, strength: number): number {
  if (who.condition === 'copd') return who.sudden && day < 0 ? 0 : Math.min(1, strength * copdCourse(day))
  const from = parameter(name === 'oedema' ? 'heartOedemaFrom' : 'heartBreathlessnessFrom')
  if (day > parameter('gainRecovery') || day < -from) return 0
  return day <= 0 ? (day + from) / from : 1 - day / parameter('gainRecovery')
}

const yes: Value = { value: 1, unit: '{score}', decimals: 0 }
const no: Value = { value: 0, unit: '{score}', decimals: 0 }

/**
 * @param day from the onset; @param strength 0 without an exacerbation; @param bad an isolated bad day: like an onset
 * @returns undefined when nothing is answered
 */
export function answersOf(
  random: Random,
  who: Answerer,
  day: number,
  strength: number,
  bad: boolean,
): Reading['values'] | undefined {
  const answered = random() < parameter(who.condition === 'copd' ? 'copdAnswered' : 'heartAnswered')
  const values = questions(who.condition).map(([name, share]) => {
    const ill = strength > 0 && who.symptoms.has(name) ? extent(who, name, day, strength) : 0
    const moody = bad && random() < parameter(share) ? 1 : 0
    const told = random() < parameter('told') * Math.max(ill, moody)
    return [name, told || random() < who.usual ? yes : no]
  })
  return answered ? Object.fromEntries(values) : undefined
}
