import type { Assessment, Input, Memory, Severity } from './assessment.ts'
import type { JudgedReading } from './judged-reading.ts'
import { NEWS2_INPUTS, type ScoreRule } from './rule.ts'

/**
 * National Early Warning Score 2, Royal College of Physicians, 2017. Not validated for measuring at home: it orders
 * attention, it diagnoses nothing.
 */

export type News2Input = (typeof NEWS2_INPUTS)[number]
export type News2Values = Readonly<Record<News2Input, number>>

/** Points of a value that lies in steps: [up to and including, points], the rest gets `above`. */
function points(value: number, steps: readonly (readonly [upTo: number, points: number])[], above: number): number {
  return steps.find(([upTo]) => value <= upTo)?.[1] ?? above
}

/** Scale 2 counts high saturation against a citizen on oxygen whose target is 88 to 92 %. */
function saturationPoints(value: number, scale: 1 | 2, onOxygen: boolean): number {
  if (scale === 1)
    return points(
      value,
      [
        [91, 3],
        [93, 2],
        [95, 1],
      ],
      0,
    )
  if (value <= 92)
    return points(
      value,
      [
        [83, 3],
        [85, 2],
        [87, 1],
      ],
      0,
    )
  return onOxygen
    ? points(
        value,
        [
          [94, 1],
          [96, 2],
        ],
        3,
      )
    : 0
}

/** Points of each parameter; temperature is rounded to one decimal, the others to whole numbers, as the table has them. */
export function news2Points(values: News2Values, scale: 1 | 2): Readonly<Record<News2Input, number>> {
  const whole = (name: News2Input) => Math.round(values[name])
  const tenths = Math.round(values.bodyTemperature * 10)
  const onOxygen = values.oxygenFlow > 0
  return {
    respiratoryRate: points(
      whole('respiratoryRate'),
      [
        [8, 3],
        [11, 1],
        [20, 0],
        [24, 2],
      ],
      3,
    ),
    oxygenSaturation: saturationPoints(whole('oxygenSaturation'), scale, onOxygen),
    oxygenFlow: onOxygen ? 2 : 0,
    systolic: points(
      whole('systolic'),
      [
        [90, 3],
        [100, 2],
        [110, 1],
        [219, 0],
      ],
      3,
    ),
    pulseRate: points(
      whole('pulseRate'),
      [
        [40, 3],
        [50, 1],
        [90, 0],
        [110, 1],
        [130, 2],
      ],
      3,
    ),
    consciousness: values.consciousness > 0 ? 3 : 0,
    bodyTemperature: points(
      tenths,
      [
        [350, 3],
        [360, 1],
        [380, 0],
        [390, 1],
      ],
      2,
    ),
  }
}

export type News2State =
  | { readonly state: 'complete'; readonly total: number; readonly highest: number; readonly inputs: readonly Input[] }
  | { readonly state: 'incomplete'; readonly missing: readonly News2Input[] }

/** The score at a time: of inputs measured within the rule's minutes before it. Incomplete is a state, never 0. */
export function news2At(rule: ScoreRule, memory: Memory, at: string): News2State {
  const oldest = Date.parse(at) - rule.withinMinutes * 60_000
  const values: Partial<Record<News2Input, number>> = {}
  const inputs: Input[] = []
  const missing: News2Input[] = []
  for (const name of NEWS2_INPUTS) {
    const input = memory.inputs?.[name]
    if (input === undefined || Date.parse(input.at) < oldest) missing.push(name)
    else {
      values[name] = input.value
      inputs.push(input)
    }
  }
  if (missing.length > 0) return { state: 'incomplete', missing }
  const each = Object.values(news2Points(values as News2Values, rule.scale))
  return { state: 'complete', total: each.reduce((sum, n) => sum + n, 0), highest: Math.max(...each), inputs }
}

export function assessNews2(rule: ScoreRule, memory: Memory, reading: JudgedReading): Assessment | undefined {
  const score = news2At(rule, memory, reading.at)
  if (score.state === 'incomplete') return undefined
  const { total, highest, inputs } = score
  const single: Severity = highest < 3 || rule.single === 'none' ? 0 : rule.single === 'red' ? 2 : 1
  const byTotal: Severity = total >= rule.red ? 2 : total >= rule.yellow ? 1 : 0
  const severity = Math.max(single, byTotal) as Severity
  const limit = byTotal === 2 ? rule.red : rule.yellow
  const bound = byTotal === 0 && single > 0 ? 'singleParameter' : 'score'
  return {
    severity,
    evidence:
      severity === 0
        ? []
        : [{ quantity: 'news2', value: total, unit: '{score}', limit, bound, at: reading.at, reading: reading.id }],
    trusted: inputs.every(({ trusted }) => trusted),
    clear: severity === 0 && total <= rule.yellow - 1 - rule.clear.margin,
    kinds: [...new Set(inputs.map(({ kind }) => kind))],
  }
}
