import { describe, expect, it } from 'vitest'
import type { JudgedReading } from '../../../broker/alerts/judged-reading.ts'
import { seeded } from '../../support/random.ts'
import { shuffled } from '../../support/shuffled.ts'
import { DAY, engine, made, ruled, START, time } from './history.ts'

/** One rule of each type, with modifiers on, and short enough that 40 readings break and mend each of them. */
const RULES = ruled(
  {
    id: 'limits-spo2',
    type: 'limits',
    quantity: 'oxygenSaturation',
    limits: { alertLow: 85, warningLow: 88 },
    clear: { margin: 1, readings: 2 },
  },
  {
    id: 'limits-pulse',
    type: 'limits',
    quantity: 'pulseRate',
    limits: { warningHigh: 100, alertHigh: 120 },
    pending: { count: 2, of: 3 },
  },
  {
    id: 'pulse-in-time',
    type: 'limits',
    quantity: 'pulseRate',
    limits: { warningHigh: 95 },
    pending: { count: 2, withinMinutes: 2000 },
    flapping: 2,
  },
  {
    id: 'spo2-fall',
    type: 'change',
    quantity: 'oxygenSaturation',
    direction: 'fall',
    measure: 'points',
    yellow: 3,
    red: 5,
  },
  {
    id: 'fev1-fall',
    type: 'change',
    quantity: 'fev1',
    direction: 'fall',
    measure: 'percent',
    yellow: 10,
    red: 15,
    twoBlows: true,
  },
  {
    id: 'weight-gain',
    type: 'gain',
    quantity: 'weight',
    windows: [
      { days: 1, yellow: 1 },
      { days: 3, yellow: 2 },
      { days: 7, red: 3 },
    ],
    average: { days: 7, yellow: 1.5 },
  },
  {
    id: 'course',
    type: 'cumulative',
    signals: [
      { quantity: 'oxygenSaturation', direction: 'fall', size: 0.6, spread: 1 },
      { quantity: 'pulseRate', direction: 'rise', size: 4, spread: 5 },
    ],
    answers: { of: ['breathlessness'], more: 0.4 },
    yellow: 1,
    clear: { margin: 0.5 },
  },
  { id: 'news2', type: 'score', score: 'news2', scale: 1, withinMinutes: 1440 },
  {
    id: 'answers',
    type: 'answers',
    withinHours: 48,
    conditions: [
      { level: 'yellow', of: [{ quantity: 'breathlessness', atLeast: 1 }] },
      {
        level: 'red',
        of: [
          { quantity: 'breathlessness', atLeast: 2 },
          { quantity: 'oxygenSaturation', below: 90 },
        ],
      },
    ],
  },
)

const round = (value: number, decimals: number): number => Math.round(value * 10 ** decimals) / 10 ** decimals

/** A few weeks of somebody who measures many things, in no regular way. */
function history(random: () => number): JudgedReading[] {
  const count = 5 + Math.floor(random() * 36)
  const spanH = (2 + random() * 40) * 24
  const between = (low: number, high: number) => low + random() * (high - low)
  const values = [
    () => ({ oxygenSaturation: Math.round(between(82, 97)), pulseRate: Math.round(between(60, 125)) }),
    () => ({ oxygenSaturation: Math.round(between(91, 95)), pulseRate: Math.round(between(70, 80)) }),
    () => ({ weight: round(between(78, 83), 1) }),
    () => ({ fev1: round(between(1.2, 1.8), 2) }),
    () => ({ systolic: Math.round(between(85, 180)), pulseRate: Math.round(between(50, 120)) }),
    // Everything that NEWS2 needs in one go; the parts come from different visits elsewhere.
    () => ({
      systolic: Math.round(between(85, 180)),
      oxygenSaturation: Math.round(between(88, 97)),
      pulseRate: Math.round(between(50, 120)),
      bodyTemperature: round(between(36, 40), 1),
      respiratoryRate: Math.round(between(10, 28)),
      oxygenFlow: 0,
      consciousness: 0,
    }),
    () => ({ bodyTemperature: round(between(36, 40), 1) }),
    () => ({
      breathlessness: Math.floor(between(0, 4)),
      respiratoryRate: Math.round(between(10, 28)),
      oxygenFlow: 0,
      consciousness: 0,
    }),
  ]
  return Array.from({ length: count }, (_, i) => {
    const make = values[Math.floor(random() * values.length)] ?? values[0]
    return made({
      name: `r${i} ${random()}`,
      // Some at the very same moment.
      hours: random() < 0.1 ? 24 : between(0, spanH),
      values: make?.() ?? {},
      ...(random() < 0.12 ? { status: ['body-movement' as const] } : {}),
      ...(random() < 0.05 ? { clock: 'unknown' as const } : {}),
    })
  })
}

/** In one go and in order: what it must come to. */
function reference(readings: readonly JudgedReading[]): string {
  const one = engine(RULES)
  one.take(readings)
  return one.text()
}

function inBatches(readings: readonly JudgedReading[], random: () => number): string {
  const repeated = readings.flatMap((reading) => (random() < 0.15 ? [reading, reading] : [reading]))
  const rest = shuffled(repeated, random)
  const one = engine(RULES)
  while (rest.length > 0) {
    one.take(rest.splice(0, random() < 0.6 ? 1 : 1 + Math.floor(random() * 8)))
    if (random() < 0.1) one.restart()
  }
  return one.text()
}

const PARTS = Array.from({ length: 10 }, (_, i) => i + 1)

describe('the same readings give the same episodes', () => {
  it.each(PARTS)('shuffled, repeated, in batches, with restarts: 500 histories, part %d of 10', (part) => {
    const random = seeded(part)
    let episodes = 0
    for (let i = 0; i < 500; i++) {
      const readings = history(random)
      const expected = reference(readings)
      episodes += expected.split('"openedAt"').length - 1
      const found = inBatches(readings, random)
      if (found !== expected) expect(found, `history ${i} of part ${part}`).toBe(expected)
    }
    expect(episodes, 'histories in which nothing happens prove nothing').toBeGreaterThan(1_000)
  })

  it('the same log twice gives the same bytes, state included', () => {
    const random = seeded(9)
    const readings = Array.from({ length: 8 }, () => history(random)).flat()
    const run = () => {
      const one = engine(RULES)
      for (const reading of readings) one.take([reading])
      return one.text() + JSON.stringify(RULES.map(({ id }) => one.state(id)))
    }
    expect(run()).toBe(run())
  })

  it('a late reading goes back no further than it must: 200 days of history, one day late', () => {
    const one = engine(RULES.slice(0, 1))
    const daily = Array.from({ length: 400 }, (_, i) =>
      made({ name: `day ${i}`, hours: i * 12, values: { oxygenSaturation: 93 } }),
    )
    for (const reading of daily) one.take([reading])
    one.take([made({ name: 'late', hours: 400 * 12 - 30, values: { oxygenSaturation: 80 } })])
    expect(one.episodes()).toMatchObject([{ worst: 'red', openedAt: time(START + 198.75 * DAY) }])
    expect(one.wentBackTo()?.slice(0, 10)).toBe(time(START + 198 * DAY).slice(0, 10))
  })
})
