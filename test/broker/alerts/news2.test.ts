import { describe, expect, it } from 'vitest'
import { news2At, news2Points } from '../../../broker/alerts/assess-news2.ts'
import { ruleSchema, type ScoreRule } from '../../../broker/alerts/rule.ts'
import { made, play, ruled, START, story, type Told, time } from './history.ts'

const WELL = {
  respiratoryRate: 16,
  oxygenSaturation: 97,
  oxygenFlow: 0,
  systolic: 120,
  pulseRate: 70,
  consciousness: 0,
  bodyTemperature: 37,
}
type Name = keyof typeof WELL

/** The rows of the table, as value and points: both sides of every step. */
const TABLE: readonly (readonly [Name, 1 | 2, readonly (readonly [value: number, points: number])[]])[] = [
  [
    'respiratoryRate',
    1,
    [
      [8, 3],
      [9, 1],
      [11, 1],
      [12, 0],
      [20, 0],
      [21, 2],
      [24, 2],
      [25, 3],
    ],
  ],
  [
    'oxygenSaturation',
    1,
    [
      [91, 3],
      [92, 2],
      [93, 2],
      [94, 1],
      [95, 1],
      [96, 0],
      [100, 0],
    ],
  ],
  [
    'oxygenSaturation',
    2,
    [
      [83, 3],
      [84, 2],
      [85, 2],
      [86, 1],
      [87, 1],
      [88, 0],
      [92, 0],
      [93, 0],
      [99, 0],
    ],
  ],
  [
    'systolic',
    1,
    [
      [90, 3],
      [91, 2],
      [100, 2],
      [101, 1],
      [110, 1],
      [111, 0],
      [219, 0],
      [220, 3],
    ],
  ],
  [
    'pulseRate',
    1,
    [
      [40, 3],
      [41, 1],
      [50, 1],
      [51, 0],
      [90, 0],
      [91, 1],
      [110, 1],
      [111, 2],
      [130, 2],
      [131, 3],
    ],
  ],
  [
    'consciousness',
    1,
    [
      [0, 0],
      [1, 3],
      [3, 3],
    ],
  ],
  [
    'bodyTemperature',
    1,
    [
      [35, 3],
      [35.1, 1],
      [36, 1],
      [36.1, 0],
      [38, 0],
      [38.1, 1],
      [39, 1],
      [39.1, 2],
    ],
  ],
  [
    'oxygenFlow',
    1,
    [
      [0, 0],
      [0.5, 2],
      [4, 2],
    ],
  ],
]

it.each(TABLE)('%s on scale %d has the points of the table at both sides of every step', (name, scale, rows) => {
  for (const [value, points] of rows)
    expect(news2Points({ ...WELL, [name]: value }, scale)[name], String(value)).toBe(points)
})

it('scale 2 counts a saturation above the target against somebody on oxygen', () => {
  const on = (oxygenSaturation: number) => news2Points({ ...WELL, oxygenFlow: 2, oxygenSaturation }, 2).oxygenSaturation
  expect([92, 93, 94, 95, 96, 97].map(on)).toEqual([0, 1, 1, 2, 2, 3])
})

const RULES = ruled({ id: 'news2', type: 'score', score: 'news2', scale: 1 })
const RULE = ruleSchema.parse({ id: 'news2', title: 'N', type: 'score', score: 'news2', scale: 1 }) as ScoreRule
const visit = (name: string, hours: number, change: Partial<Record<Name, number>> = {}, leftOut?: Name): Told[] => {
  const all: Partial<Record<Name, number>> = { ...WELL, ...change }
  if (leftOut !== undefined) delete all[leftOut]
  const { oxygenSaturation, pulseRate, systolic, bodyTemperature, ...answers } = all
  const part = (suffix: string, offset: number, values: object): Told[] => {
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
    return Object.keys(given).length === 0 ? [] : [{ name: `${name} ${suffix}`, hours: hours + offset, values: given }]
  }
  return [
    ...part('oximeter', 0, { oxygenSaturation, pulseRate }),
    ...part('cuff', 0.1, { systolic }),
    ...part('thermometer', 0.2, { bodyTemperature }),
    ...part('answers', 0.3, answers),
  ]
}

describe('the score', () => {
  it('is told when all inputs are from the same half hour', () => {
    expect(story(play(RULES, ...visit('a', 0, { systolic: 95, pulseRate: 115, respiratoryRate: 22 })))).toEqual([
      'yellow 1 open',
    ])
    expect(
      play(
        RULES,
        ...visit('a', 0, { systolic: 95, pulseRate: 115, respiratoryRate: 22, bodyTemperature: 38.5 }),
      ).episodes(),
    ).toMatchObject([
      {
        worst: 'red',
        kinds: ['blood-pressure', 'oxygen-saturation', 'symptoms', 'temperature'],
        evidence: [{ quantity: 'news2', value: 7, limit: 7, bound: 'score' }],
      },
    ])
  })
  it('a single parameter of three is yellow', () => {
    expect(play(RULES, ...visit('a', 0, { systolic: 90 })).episodes()).toMatchObject([
      { worst: 'yellow', evidence: [{ value: 3, bound: 'singleParameter' }] },
    ])
  })
  it.each(Object.keys(WELL) as Name[])('is incomplete, and not 0, without %s', (leftOut) => {
    const low = leftOut === 'systolic' ? { oxygenSaturation: 80 } : { systolic: 80 }
    const one = play(RULES, ...visit('a', 0, low, leftOut))
    expect(one.episodes()).toEqual([])
    const memory = one.state('news2')?.memory
    expect(memory && news2At(RULE, memory, time(START + 0.3 * 3_600_000))).toEqual({
      state: 'incomplete',
      missing: [leftOut],
    })
  })
  it('is incomplete when an input is older than half an hour', () => {
    const [oximeter, ...rest] = visit('a', 0, { systolic: 80 })
    expect(oximeter && story(play(RULES, { ...oximeter, hours: -0.3 }, ...rest))).toEqual([])
  })
  it('with a doubtful input is yellow at most', () => {
    const parts = visit('a', 0, { systolic: 80, pulseRate: 140, respiratoryRate: 30 })
    const [oximeter, ...rest] = parts
    expect(story(play(RULES, ...parts))).toEqual(['red 1 open'])
    expect(oximeter && story(play(RULES, { ...oximeter, status: ['poor-signal'] }, ...rest))).toEqual(['yellow 1 open'])
  })
  it('of zero is complete', () => {
    const one = play(RULES, ...visit('a', 0))
    const memory = one.state('news2')?.memory
    expect(memory && news2At(RULE, memory, made({ name: 'x', hours: 0.3, values: {} }).at)).toMatchObject({
      state: 'complete',
      total: 0,
    })
  })
})
