import { expect, it } from 'vitest'
import { seeded } from '../../support/random.ts'
import { breathless, fall, gain, type Seen, stretches, type Verdict } from '../../support/rule-oracle.ts'
import { engine, HOUR, made, ruled, START, type Told } from './history.ts'

/** The engine beside evaluators that were written from the words of the rules alone. */

interface Course {
  readonly name: string
  readonly rule: object
  readonly verdict: () => Verdict
  readonly values: (random: () => number, day: number) => Told['values']
  /** Doubtful readings make a score of several inputs doubtful as a whole; that is told elsewhere. */
  readonly doubtful: number
}

const between = (random: () => number, low: number, high: number, decimals = 0): number =>
  Math.round((low + random() * (high - low)) * 10 ** decimals) / 10 ** decimals

const COURSES: readonly Course[] = [
  {
    name: 'a fall below the own normal and below that of enrolment',
    rule: {
      id: 'rule',
      type: 'change',
      quantity: 'oxygenSaturation',
      direction: 'fall',
      measure: 'points',
      yellow: 3,
      red: 5,
    },
    verdict: () => fall('oxygenSaturation', 3, 5),
    values: (random, day) => ({
      oxygenSaturation: between(random, 91, 95) - (random() < 0.15 ? 5 : 0) - Math.floor(day / 30),
    }),
    doubtful: 0.1,
  },
  {
    name: 'a gain over one, three and seven days',
    rule: {
      id: 'rule',
      type: 'gain',
      quantity: 'weight',
      windows: [
        { days: 1, yellow: 1 },
        { days: 3, yellow: 2 },
        { days: 7, red: 3 },
      ],
    },
    verdict: () =>
      gain('weight', [
        { days: 1, level: 1, by: 1 },
        { days: 3, level: 1, by: 2 },
        { days: 7, level: 2, by: 3 },
      ]),
    values: (random, day) => ({ weight: Math.round((between(random, 79.5, 80.5, 1) + (day % 20) * 0.2) * 10) / 10 }),
    doubtful: 0.1,
  },
  {
    name: 'answers together with a measurement',
    rule: {
      id: 'rule',
      type: 'answers',
      withinHours: 24,
      conditions: [
        { level: 'yellow', of: [{ quantity: 'breathlessness', atLeast: 1 }] },
        {
          level: 'red',
          of: [
            { quantity: 'breathlessness', atLeast: 1 },
            { quantity: 'oxygenSaturation', below: 90 },
          ],
        },
      ],
    },
    verdict: () => breathless(24),
    values: (random) =>
      random() < 0.5 ? { breathlessness: between(random, 0, 2) } : { oxygenSaturation: between(random, 86, 95) },
    doubtful: 0,
  },
]

function course({ values, doubtful }: Course, random: () => number): Told[] {
  let hours = 0
  return Array.from({ length: 40 + Math.floor(random() * 40) }, (_, i) => {
    hours += random() < 0.2 ? 0.5 : 6 + random() * 30
    return {
      name: `r${i} ${random()}`,
      hours,
      values: values(random, hours / 24),
      ...(random() < doubtful ? { status: ['questionable' as const] } : {}),
      ...(random() < 0.05 ? { clock: 'unknown' as const } : {}),
    }
  })
}

const seenOf = (told: Told): Seen => {
  const reading = made(told)
  return {
    at: Date.parse(reading.at),
    id: reading.id,
    values: told.values as Record<string, number>,
    doubtful: told.status !== undefined,
    uncertain: told.clock === 'unknown',
  }
}

it.each(COURSES)('$name: 60 courses judged as by the words', (each) => {
  const random = seeded(7)
  let found = 0
  for (let i = 0; i < 60; i++) {
    const told = course(each, random)
    const one = engine(ruled(each.rule))
    one.take(told.map(made))
    const expected = stretches(told.map(seenOf), each.verdict())
    found += expected.length
    const hours = (ms: number | undefined) =>
      ms === undefined ? 'open' : Math.round(((ms - START) / HOUR) * 100) / 100
    expect(
      one
        .episodes()
        .map(({ openedAt, closedAt, worst }) => [
          hours(Date.parse(openedAt)),
          hours(closedAt === undefined ? undefined : Date.parse(closedAt)),
          worst,
        ]),
      `course ${i}`,
    ).toEqual(expected.map(({ from, to, red }) => [hours(from), hours(to), red ? 'red' : 'yellow']))
  }
  expect(found).toBeGreaterThan(60)
})
