import { describe, expect, it } from 'vitest'
import { DAY, engine, made, play, ruled, START, story, type Told, time } from './history.ts'

let n = 0
/** One reading so many hours after the start. */
const told = (hours: number, values: Told['values'], more: Partial<Told> = {}): Told => {
  n += 1
  return { name: `t${n}`, hours, values, ...more }
}
const doubtful = { status: ['body-movement' as const] }
const spo2 = (hours: number, value: number, more: Partial<Told> = {}) => told(hours, { oxygenSaturation: value }, more)

const LIMITS = {
  id: 'spo2',
  type: 'limits',
  quantity: 'oxygenSaturation',
  limits: { alertLow: 85, warningLow: 88, warningHigh: 97 },
}

describe('limits', () => {
  const rules = ruled(LIMITS)
  it('are broken strictly beyond, from both sides', () => {
    expect(story(play(rules, spo2(0, 88), spo2(1, 97), spo2(2, 85)))).toEqual(['yellow 1 open'])
    expect(story(play(rules, spo2(0, 98)))).toEqual(['yellow 1 open'])
    expect(story(play(rules, spo2(0, 84), spo2(1, 90)))).toEqual(['red 2 closed'])
  })
  it('a later level counts as the level now, the worst is kept', () => {
    const [episode] = play(rules, spo2(0, 84), spo2(1, 86)).episodes()
    expect(episode).toMatchObject({
      level: 'yellow',
      worst: 'red',
      evidence: [{ value: 86, limit: 88, bound: 'warningLow' }],
    })
  })
  it('HI and LO of a meter are beyond every limit on their side and never within', () => {
    const glucose = ruled({
      id: 'glucose',
      type: 'limits',
      quantity: 'glucose',
      limits: { alertLow: 3, alertHigh: 20 },
    })
    const one = play(glucose, told(0, { glucose: 'HI' }))
    expect(one.episodes()).toMatchObject([{ worst: 'red', evidence: [{ outOfRange: 'above', bound: 'alertHigh' }] }])
    expect(story(play(glucose, told(0, { glucose: 21 }), told(1, { glucose: 'LO' }), told(2, { glucose: 6 })))).toEqual(
      ['red 3 closed'],
    )
  })
})

describe('hysteresis', () => {
  it('ends only so far inside, and only after so many in a row', () => {
    const rules = ruled({ ...LIMITS, clear: { margin: 2, readings: 2 } })
    expect(story(play(rules, spo2(0, 86), spo2(1, 89), spo2(2, 89)))).toEqual(['yellow 1 open'])
    expect(story(play(rules, spo2(0, 86), spo2(1, 90)))).toEqual(['yellow 1 open'])
    expect(story(play(rules, spo2(0, 86), spo2(1, 90), spo2(2, 89), spo2(3, 90)))).toEqual(['yellow 1 open'])
    expect(story(play(rules, spo2(0, 86), spo2(1, 90), spo2(2, 91)))).toEqual(['yellow 2 closed'])
  })
})

describe('waiting', () => {
  it('two of the last three: one alone opens nothing, a good one between does not matter', () => {
    const rules = ruled({ ...LIMITS, pending: { count: 2, of: 3 } })
    expect(story(play(rules, spo2(0, 86)))).toEqual([])
    expect(story(play(rules, spo2(0, 86), spo2(1, 92), spo2(2, 86)))).toEqual(['yellow 1 open'])
    expect(story(play(rules, spo2(0, 86), spo2(1, 92), spo2(2, 92), spo2(3, 86)))).toEqual([])
    expect(story(play(rules, spo2(0, 84), spo2(1, 86))), 'two yellow, one of them red').toEqual(['yellow 1 open'])
    expect(story(play(rules, spo2(0, 84), spo2(1, 84)))).toEqual(['red 1 open'])
  })
  it('by the time of measuring', () => {
    const rules = ruled({ ...LIMITS, pending: { count: 2, withinMinutes: 60 } })
    expect(story(play(rules, spo2(0, 86), spo2(1.01, 86)))).toEqual([])
    expect(story(play(rules, spo2(0, 86), spo2(1, 86)))).toEqual(['yellow 1 open'])
  })
  it('only yellow waits when the rule says so', () => {
    const rules = ruled({ ...LIMITS, pending: { count: 2, of: 3, level: 'yellow' } })
    expect(story(play(rules, spo2(0, 86)))).toEqual([])
    expect(story(play(rules, spo2(0, 84)))).toEqual(['red 1 open'])
  })
  it('the same reading twice is one', () => {
    const one = engine(ruled({ ...LIMITS, pending: { count: 2, of: 3 } }))
    one.take([made(spo2(-1, 93))])
    const reading = made(spo2(0, 84))
    one.take([reading, reading])
    one.take([reading])
    expect(story(one)).toEqual([])
  })
  it('goes on after a restart where it was, whatever part of the day lies on the disk', () => {
    const one = engine(ruled({ ...LIMITS, pending: { count: 3, of: 3 } }))
    for (const reading of [spo2(0, 93), spo2(1, 86), spo2(2, 86)]) one.take([made(reading)])
    one.restart()
    one.take([made(spo2(3, 86))])
    expect(story(one)).toEqual(['yellow 1 open'])
  })
})

describe('a doubtful reading', () => {
  const rules = ruled(LIMITS)
  it('raises yellow at most and asks for a repeat within 15 minutes, which decides', () => {
    const [alone] = play(rules, spo2(0, 80, doubtful)).episodes()
    expect(alone).toMatchObject({ worst: 'yellow', repeatBy: time(START + 15 * 60_000) })
    expect(story(play(rules, spo2(0, 80, doubtful), spo2(0.2, 80)))).toEqual(['red 2 open'])
    expect(story(play(rules, spo2(0, 80, doubtful), spo2(0.2, 93)))).toEqual(['yellow 2 closed'])
    expect(play(rules, spo2(0, 80, doubtful), spo2(0.2, 86)).episodes()[0]).not.toHaveProperty('repeatBy')
  })
  it('neither lowers nor ends, and does not speak for a red', () => {
    const [red] = play(rules, spo2(0, 84), spo2(1, 86, doubtful), spo2(2, 93, doubtful)).episodes()
    expect(red).toMatchObject({ level: 'red', evidence: [{ value: 84 }] })
    expect(red?.closedAt).toBeUndefined()
  })
})

describe('flapping', () => {
  const rules = ruled({ ...LIMITS, flapping: 3 })
  const swing = Array.from({ length: 8 }, (_, i) => spo2(i, i % 2 === 0 ? 86 : 93))
  it('more changes in a day than allowed make one unstable episode, which ends after a quiet day', () => {
    const one = play(rules, ...swing)
    expect(story(one)).toEqual(['yellow 2 closed', 'yellow 3 open unstable'])
    one.take([made(spo2(20, 93))])
    expect(story(one).at(-1)).toBe('yellow 3 open unstable')
    one.take([made(spo2(31.1, 93))])
    expect(story(one).at(-1)).toBe('yellow 4 closed unstable')
  })
  it('the same changes over days are no flapping', () => {
    const slow = Array.from({ length: 8 }, (_, i) => spo2(i * 24, i % 2 === 0 ? 86 : 93))
    expect(story(play(rules, ...slow))).toEqual(Array(4).fill('yellow 2 closed'))
  })
})

/** Two weeks of mornings. */
const mornings = (days: number, value: (day: number) => number, from = 0) =>
  Array.from({ length: days }, (_, day) => spo2((from + day) * 24, value(day)))

describe('a change against the own normal', () => {
  const FALL = {
    id: 'fall',
    type: 'change',
    quantity: 'oxygenSaturation',
    direction: 'fall',
    measure: 'points',
    yellow: 3,
    red: 5,
  }
  const normal = ruled({ ...FALL, against: ['normal'] })
  it('is a fall of at least so much below the median of the stable days', () => {
    const week = mornings(7, () => 93)
    expect(story(play(normal, ...week, spo2(170, 91)))).toEqual([])
    const fallen = play(normal, ...week, spo2(170, 90))
    expect(fallen.episodes()).toMatchObject([
      { worst: 'yellow', evidence: [{ value: 90, limit: 93, bound: 'belowNormal' }] },
    ])
    expect(story(play(normal, ...week, spo2(170, 88)))).toEqual(['red 1 open'])
  })
  it('needs seven readings, and one artefact does not move it', () => {
    expect(story(play(normal, ...mornings(6, () => 93), spo2(170, 80)))).toEqual([])
    expect(story(play(normal, ...mornings(8, (day) => (day === 3 ? 60 : 93)), spo2(200, 90)))).toContain(
      'yellow 1 open',
    )
  })
  it('stands still while an episode lasts: what is abnormal does not become normal', () => {
    const one = play(normal, ...mornings(10, () => 93), ...mornings(40, () => 89, 10))
    expect(story(one)).toEqual(['yellow 20 open'])
    expect(one.episodes()[0]?.evidence).toMatchObject([{ limit: 93 }])
  })
  it('does not follow what is better and not yet well, while an episode lasts', () => {
    const rules = ruled({ ...FALL, against: ['normal'], clear: { margin: 2 } })
    const one = play(rules, ...mornings(10, () => 93), spo2(240, 90), ...mornings(40, () => 91, 11))
    expect(story(one)).toEqual(['yellow 1 open'])
  })
  it('does not learn from a reading whose time is not known, which alerts all the same', () => {
    const odd = mornings(10, () => 99).map((one) => ({ ...one, clock: 'unknown' as const }))
    expect(story(play(normal, ...odd, spo2(300, 80)))).toEqual([])
    expect(story(play(normal, ...mornings(7, () => 93), spo2(170, 88, { clock: 'device-unset' })))).toEqual([
      'red 1 open',
    ])
  })
  it('a slow decline is seen against the normal at enrolment, and not against the own normal', () => {
    const decline = mornings(120, (day) => 95 - Math.floor(day / 20))
    expect(story(play(normal, ...decline))).toEqual([])
    const enrolment = play(ruled({ ...FALL, against: ['enrolment'] }), ...decline)
    expect(enrolment.episodes()).toMatchObject([
      { openedAt: time(START + 60 * DAY), evidence: [{ limit: 95, bound: 'belowEnrolment' }] },
    ])
  })
  it('a person whose values vary a lot is told later', () => {
    const restless = mornings(14, (day) => 90 + (day % 5) * 2)
    const plain = ruled({ ...FALL, against: ['normal'], yellow: 4, red: 20 })
    const wide = ruled({ ...FALL, against: ['normal'], yellow: 4, red: 20, spread: 3 })
    expect(story(play(plain, ...restless, spo2(400, 89))).length).toBeGreaterThan(0)
    expect(story(play(wide, ...restless, spo2(400, 89)))).toEqual([])
  })
  it('a fall of FEV1 in percent counts on two blows of a session, judged by the better one', () => {
    const rules = ruled({
      ...FALL,
      quantity: 'fev1',
      measure: 'percent',
      yellow: 10,
      red: 15,
      twoBlows: true,
      against: ['normal'],
    })
    const blow = (hours: number, fev1: number, more = {}) => told(hours, { fev1 }, more)
    const fortnight = Array.from({ length: 14 }, (_, day) => blow(day * 24, 2))
    expect(story(play(rules, ...fortnight, blow(400, 1.5)))).toEqual([])
    expect(story(play(rules, ...fortnight, blow(400, 1.5), blow(400.2, 1.95)))).toEqual([])
    expect(story(play(rules, ...fortnight, blow(400, 1.5), blow(400.2, 1.8)))).toEqual(['yellow 1 open'])
    expect(story(play(rules, ...fortnight, blow(400, 1.5), blow(400.2, 1.7)))).toEqual(['red 1 open'])
    expect(story(play(rules, ...fortnight, blow(400, 1.5), blow(402, 1.5))), 'two sessions').toEqual([])
    const poor = { status: ['poor-blow' as const] }
    expect(story(play(rules, ...fortnight, blow(400, 1, poor), blow(400.2, 1.1, poor))), 'nobody blew well').toEqual([
      'yellow 1 open',
    ])
  })
})

describe('small changes that add up', () => {
  const rules = ruled({
    id: 'course',
    type: 'cumulative',
    signals: [
      { quantity: 'oxygenSaturation', direction: 'fall', size: 0.6, spread: 1.1 },
      { quantity: 'pulseRate', direction: 'rise', size: 4, spread: 5 },
    ],
    answers: { of: ['breathlessness', 'sputumAmount'], more: 0.25 },
    yellow: 2.2,
    clear: { margin: 0.6 },
  })
  const pulses = (day: number, oxygenSaturation: number, pulseRate: number, more = {}) =>
    told(day * 24, { oxygenSaturation, pulseRate }, more)
  const asked = (day: number, breathlessness: number) => told(day * 24 + 1, { breathlessness, sputumAmount: 0 })
  const fortnight = Array.from({ length: 14 }, (_, day) => pulses(day, 94, 80))

  it('none of them would be told alone', () => {
    expect(story(play(rules, ...fortnight, pulses(14, 93, 84)))).toEqual([])
    const days = [14, 15, 16, 17, 18].map((day) => pulses(day, 93, 84))
    const [episode, ...others] = play(rules, ...fortnight, ...days).episodes()
    expect(others).toEqual([])
    expect(episode).toMatchObject({
      worst: 'yellow',
      evidence: [
        { quantity: 'oxygenSaturation', value: 93, limit: 94, bound: 'belowNormal' },
        { quantity: 'pulseRate', value: 84, limit: 80, bound: 'aboveNormal' },
      ],
    })
  })
  it('readings as usual in between take back what was added', () => {
    const days = [14, 16, 18, 20].flatMap((day) => [pulses(day, 93, 84), pulses(day + 1, 95, 78)])
    expect(story(play(rules, ...fortnight, ...days))).toEqual([])
  })
  it('ends when enough speaks against it, and may come again', () => {
    const ill = (from: number) => [0, 1, 2].map((day) => pulses(from + day, 92, 90))
    const well = (from: number) => [0, 1, 2].map((day) => pulses(from + day, 94, 80))
    expect(story(play(rules, ...fortnight, ...ill(14), ...well(17), ...ill(20)))).toEqual([
      'yellow 3 closed',
      'yellow 3 open',
    ])
  })
  it('an answer counts by how often the person gives it otherwise', () => {
    const yes = (day: number) => [pulses(day, 93, 82), asked(day, 1)]
    const seldom = fortnight.flatMap((one, day) => [one, asked(day, 0)])
    const often = fortnight.flatMap((one, day) => [one, asked(day, day % 2)])
    expect(story(play(rules, ...seldom, ...yes(14), ...yes(15))).length).toBeGreaterThan(0)
    expect(story(play(rules, ...often, ...yes(14), ...yes(15))).filter((one) => one.endsWith('open'))).toEqual([])
  })
  it('a doubtful reading adds nothing, and before there is a normal nothing is known', () => {
    const doubtful = [14, 15, 16, 17].map((day) => pulses(day, 88, 100, { status: ['poor-signal'] }))
    expect(story(play(rules, ...fortnight, ...doubtful))).toEqual([])
    expect(story(play(rules, ...fortnight.slice(0, 5), pulses(6, 85, 120)))).toEqual([])
  })
})

describe('a gain', () => {
  const rules = ruled({
    id: 'gain',
    type: 'gain',
    quantity: 'weight',
    windows: [
      { days: 1, yellow: 1 },
      { days: 3, yellow: 2 },
      { days: 7, red: 3 },
      { days: 3, direction: 'fall', yellow: 2 },
    ],
  })
  const kg = (day: number, weight: number, more = {}) => told(day * 24, { weight }, more)
  it('over one, three and seven days', () => {
    expect(story(play(rules, kg(0, 80), kg(1, 80.9)))).toEqual([])
    expect(play(rules, kg(0, 80), kg(1, 81)).episodes()).toMatchObject([
      { worst: 'yellow', evidence: [{ bound: 'gain', limit: 80 }] },
    ])
    expect(story(play(rules, kg(0, 80), kg(1, 80.7), kg(2, 81.4), kg(3, 82)))).toEqual(['yellow 1 open'])
    expect(story(play(rules, ...[0, 1, 2, 3, 4, 5, 6, 7].map((day) => kg(day, 80 + day * 0.43))))).toEqual([
      'red 1 open',
    ])
  })
  it('a loss too, where the rule says so', () => {
    expect(play(rules, kg(0, 80), kg(2, 78)).episodes()).toMatchObject([{ evidence: [{ bound: 'loss' }] }])
  })
  it('a doubtful weight is no measure for the next', () => {
    expect(
      story(play(rules, kg(0, 80), kg(0.5, 70, { status: ['implausible'] }), kg(1, 80.5))).filter((s) =>
        s.startsWith('red'),
      ),
    ).toEqual([])
  })
  it("against the person's own average", () => {
    const average = ruled({
      id: 'avg',
      type: 'gain',
      quantity: 'weight',
      windows: [],
      average: { days: 14, yellow: 1.5 },
    })
    const days = Array.from({ length: 10 }, (_, day) => kg(day, 80))
    expect(story(play(average, ...days, kg(10, 81.4)))).toEqual([])
    expect(play(average, ...days, kg(10, 81.5)).episodes()).toMatchObject([
      { evidence: [{ bound: 'aboveAverage', limit: 80 }] },
    ])
  })
})

describe('answers', () => {
  const rules = ruled({
    id: 'symptoms',
    type: 'answers',
    withinHours: 24,
    conditions: [
      { level: 'yellow', of: [{ quantity: 'breathlessness', atLeast: 1 }] },
      {
        level: 'red',
        of: [
          { quantity: 'breathlessness', atLeast: 1 },
          { quantity: 'sputumAmount', atLeast: 1 },
          { quantity: 'sputumColour', atLeast: 1 },
        ],
        count: 2,
      },
      {
        level: 'red',
        of: [
          { quantity: 'systolic', below: 90 },
          { quantity: 'breathlessness', atLeast: 1 },
        ],
      },
    ],
  })
  it('count together, and together with a measurement of the same day', () => {
    expect(story(play(rules, told(0, { breathlessness: 1, sputumAmount: 0, sputumColour: 0 })))).toEqual([
      'yellow 1 open',
    ])
    expect(story(play(rules, told(0, { breathlessness: 0, sputumAmount: 1, sputumColour: 2 })))).toEqual(['red 1 open'])
    expect(story(play(rules, told(0, { systolic: 89 }), told(5, { breathlessness: 1 })))).toEqual(['red 1 open'])
    expect(story(play(rules, told(0, { systolic: 89 }), told(25, { breathlessness: 1 })))).toEqual(['yellow 1 open'])
  })
  it('as usual again ends it', () => {
    expect(story(play(rules, told(0, { breathlessness: 2 }), told(24, { breathlessness: 0 })))).toEqual([
      'yellow 2 closed',
    ])
  })
})

describe('a change of the rules', () => {
  it('counts from its time on, and what the citizen measured before is known as normal', () => {
    const [first] = ruled({
      id: 'fall',
      type: 'change',
      quantity: 'oxygenSaturation',
      direction: 'fall',
      measure: 'points',
      yellow: 3,
      red: 5,
    })
    const rule = first?.versions[0]?.rule
    if (rule === undefined) throw new Error('no rule')
    const from = time(START + 20 * DAY)
    const one = engine([{ id: 'fall', versions: [{ rule, version: 7, from }] }])
    one.take(
      [
        ...mornings(10, () => 93),
        ...mornings(3, () => 80, 10),
        ...mornings(7, () => 93, 13),
        ...mornings(2, () => 88, 20),
      ].map(made),
    )
    expect(one.episodes()).toMatchObject([
      { openedAt: from, rule: { version: 7 }, evidence: [{ limit: 93 }, { limit: 93 }] },
    ])
  })
  it('a rule that ends lets go of what it had opened', () => {
    const [timeline] = ruled(LIMITS)
    const version = timeline?.versions[0]
    if (version === undefined) throw new Error('no rule')
    const ended = engine([{ id: 'spo2', versions: [{ ...version, to: time(START + DAY) }] }])
    ended.take([spo2(0, 84), spo2(30, 84)].map(made))
    expect(ended.episodes()).toMatchObject([{ closedAt: time(START + 1.25 * DAY), cause: 'rule-ended' }])
  })
  it('is judged again from its time on', () => {
    const one = play(ruled(LIMITS), spo2(0, 86), spo2(30, 86), spo2(60, 93))
    const [before] = ruled(LIMITS)
    const [after] = ruled({ ...LIMITS, limits: { warningLow: 80 } })
    const first = before?.versions[0]
    const second = after?.versions[0]
    if (first === undefined || second === undefined) throw new Error('no rule')
    const change = time(START + DAY)
    one.again(change, [
      {
        id: 'spo2',
        versions: [
          { ...first, to: change },
          { ...second, version: 2, from: change },
        ],
      },
    ])
    expect(one.episodes()).toMatchObject([{ openedAt: time(START), closedAt: time(START + 1.25 * DAY) }])
  })
})
