import type { Condition } from '../../simulators/cohort/cohort.ts'

/** The rules that the benchmark compares. Each value with its public source; a physician must set them for a citizen. */

export type RuleSet = Readonly<Record<Condition, readonly unknown[]>>

const SATURATION = { quantity: 'oxygenSaturation', title: 'Saturation' }
const PULSE = { quantity: 'pulseRate', title: 'Pulse' }

/** SpO2 below 90 % (Cooper 2020), pulse above 100 (BEAT-HF), 2 kg in 3 days and 1.36 kg in one (HeartPhone), 37.8 (IDSA 2008). */
export const FIXED: RuleSet = {
  copd: [
    { ...SATURATION, id: 'fixed-saturation', type: 'limits', limits: { warningLow: 90 } },
    { ...PULSE, id: 'fixed-pulse', type: 'limits', limits: { warningHigh: 100 } },
  ],
  'heart-failure': [
    {
      id: 'fixed-gain',
      title: 'Gain',
      type: 'gain',
      quantity: 'weight',
      windows: [
        { days: 1, yellow: 1.36 },
        { days: 3, yellow: 2 },
      ],
    },
  ],
  infection: [
    { id: 'fixed-fever', title: 'Fever', type: 'limits', quantity: 'bodyTemperature', limits: { warningHigh: 37.8 } },
  ],
}

/** @returns a condition that holds when `count` of the questions are answered with "more than usual" */
const told = (count: number, questions: readonly string[]) => ({
  level: 'yellow',
  count,
  of: questions.map((quantity) => ({ quantity, atLeast: 1 })),
})

const HEART_QUESTIONS = ['breathlessness', 'oedema']

/** As {@link FIXED}, and any one "more than usual" at once, as the questionnaire of OpenTele and the templates judge it. */
export const FIXED_ASKED: RuleSet = {
  copd: [
    ...FIXED.copd,
    {
      id: 'any-symptom',
      title: 'Symptoms',
      type: 'answers',
      kinds: ['symptoms'],
      conditions: [told(1, ['breathlessness', 'cough', 'sputumAmount', 'sputumColour'])],
    },
  ],
  'heart-failure': [
    ...FIXED['heart-failure'],
    {
      id: 'any-symptom',
      title: 'Symptoms',
      type: 'answers',
      kinds: ['symptoms'],
      conditions: [told(1, ['oedema'])],
    },
  ],
  infection: FIXED.infection,
}

/**
 * Small changes against the own normal, told by more than one reading, beside symptoms that last.
 * COPD: what adds up of saturation, pulse and symptoms: half the fall and half the rise that were seen at an onset
 * (PubMed 25475218: 1.2 points, 7 per minute), so that weaker ones are found too, beside the day-to-day spread (Hurst
 * 2010: 1 % and 5 per minute; rounding to whole per cent included); major symptoms (Anthonisen 1987, Ann Intern Med
 * 106:196) on a quarter more of the days than the person has them otherwise; told when nine times likelier than not.
 * Heart failure: either symptom on two of three answered days (Schiff 2003: a week before an admission), or 1 kg above the own mean.
 * Infection: 1.1 degrees above the usual at once (IDSA 2008), or 0.6 twice in a row, since old people have less fever.
 */
export const PERSONAL: RuleSet = {
  copd: [
    {
      id: 'own-course',
      title: 'Course',
      type: 'cumulative',
      signals: [
        { quantity: 'oxygenSaturation', direction: 'fall', size: 0.6, spread: 1.1 },
        { quantity: 'pulseRate', direction: 'rise', size: 4, spread: 5 },
      ],
      answers: { of: ['breathlessness', 'sputumAmount', 'sputumColour'], more: 0.25 },
      yellow: 2.2,
      clear: { margin: 0.6 },
    },
  ],
  'heart-failure': [
    {
      id: 'own-weight',
      title: 'Weight',
      type: 'gain',
      quantity: 'weight',
      average: { days: 14, yellow: 1 },
      pending: { count: 3, of: 5 },
      clear: { margin: 0.3, readings: 2 },
    },
    {
      id: 'lasting-symptoms',
      title: 'Symptoms',
      type: 'answers',
      kinds: ['symptoms'],
      conditions: [told(1, HEART_QUESTIONS)],
      pending: { count: 2, of: 3 },
    },
  ],
  infection: [
    {
      id: 'own-fever',
      title: 'Fever',
      type: 'change',
      quantity: 'bodyTemperature',
      direction: 'rise',
      measure: 'points',
      yellow: 1.1,
      against: ['normal'],
      clear: { margin: 0.2, readings: 2 },
    },
    {
      id: 'own-temperature',
      title: 'Temperature',
      type: 'change',
      quantity: 'bodyTemperature',
      direction: 'rise',
      measure: 'points',
      yellow: 0.6,
      against: ['normal'],
      pending: { count: 2, of: 2 },
      clear: { margin: 0.2, readings: 2 },
    },
  ],
}
