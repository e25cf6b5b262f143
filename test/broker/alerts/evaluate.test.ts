import { describe, expect, it } from 'vitest'
import { evaluate, isOfTheCitizen, type Judged } from '../../../broker/alerts/evaluate.ts'
import type { Limits } from '../../../broker/alerts/limits.ts'
import { type AlertMessage, alertMessageSchema } from '../../../broker/contract/messages.ts'
import type { Reading, Status } from '../../../device-drivers/reading.ts'
import { at, idOf, pressure, reading } from '../core-fixture.ts'

const SYSTOLIC: Limits = { alertLow: 85, warningLow: 95, warningHigh: 140, alertHigh: 160 }
const DIASTOLIC: Limits = { warningHigh: 90, alertHigh: 110 }

interface Options {
  readonly status?: readonly Status[]
  readonly overtaken?: boolean
  readonly minute?: number
}

function judged(name: string, values: Reading['values'], options: Options = {}): Judged {
  const { status = [], overtaken = false, minute = 0 } = options
  const { raw: _, ...made } = reading(name, { values, status: [...status], measuredAt: at(minute) })
  const limits = new Map([
    ['systolic', SYSTOLIC],
    ['diastolic', DIASTOLIC],
  ])
  return { citizen: 'citizen-1', reading: made, limits, overtaken }
}

/** Feeds readings one after another; checks each alert against its published schema. */
function play(...readings: readonly Judged[]): { types: string[]; alert: AlertMessage | undefined } {
  let alert: AlertMessage | undefined
  const types = readings.map((one) => {
    const transition = evaluate(alert?.state === 'open' ? alert : undefined, one)
    if (transition.type !== 'none') alert = alertMessageSchema.parse(transition.alert)
    return transition.type
  })
  return { types, alert }
}

describe('an episode', () => {
  it('opens yellow, goes red, goes back to yellow and closes, with the readings that did it', () => {
    const { types, alert } = play(
      judged('a', pressure(120), { minute: 0 }),
      judged('b', pressure(145), { minute: 1 }),
      judged('c', pressure(165), { minute: 2 }),
      judged('d', pressure(150), { minute: 3 }),
      judged('e', pressure(120), { minute: 4 }),
    )
    expect(types).toEqual(['none', 'opened', 'updated', 'updated', 'closed'])
    expect(alert).toMatchObject({
      state: 'closed',
      level: 'yellow',
      openedAt: at(1),
      updatedAt: at(4),
      closedAt: at(4),
      revision: 4,
      readings: ['b', 'c', 'd', 'e'].map(idOf),
      breaches: [{ quantity: 'systolic', value: 150, unit: 'mm[Hg]', limit: 140, bound: 'warningHigh' }],
    })
  })

  it('names every quantity that is beyond a limit, and takes the level of the worst', () => {
    const { alert } = play(judged('a', pressure(145, 115)))
    expect(alert).toMatchObject({ level: 'red', breaches: [{ bound: 'warningHigh' }, { bound: 'alertHigh' }] })
  })

  it('stays open at a value between the warning limit and nothing: only within all limits closes', () => {
    expect(play(judged('a', pressure(165)), judged('b', pressure(120, 95))).types).toEqual(['opened', 'updated'])
    expect(play(judged('a', pressure(165)), judged('b', pressure(140, 90))).types).toEqual(['opened', 'closed'])
  })

  it('has the same id whenever the same reading opens it, and another for another citizen', () => {
    const one = play(judged('a', pressure(165))).alert?.alert
    expect(play(judged('a', pressure(165))).alert?.alert).toBe(one)
    expect(play({ ...judged('a', pressure(165)), citizen: 'citizen-2' }).alert?.alert).not.toBe(one)
    expect(play(judged('b', pressure(165))).alert?.alert).not.toBe(one)
  })

  it('names its last 20 readings', () => {
    const { alert } = play(...Array.from({ length: 30 }, (_, i) => judged(`r${i}`, pressure(165))))
    expect(alert).toMatchObject({ revision: 30, readings: Array.from({ length: 20 }, (_, i) => idOf(`r${i + 10}`)) })
  })
})

describe('a doubtful reading', () => {
  it('raises yellow at most, and advises a repeat when it was beyond an alert limit', () => {
    expect(play(judged('a', pressure(200), { status: ['body-movement'] })).alert).toMatchObject({
      level: 'yellow',
      repeatAdvised: true,
    })
    expect(play(judged('a', pressure(145), { status: ['body-movement'] })).alert).toMatchObject({
      level: 'yellow',
      repeatAdvised: false,
    })
  })

  it('does not raise an open yellow to red; the repeat does', () => {
    const doubtful = judged('b', pressure(200), { status: ['cuff-too-loose'] })
    expect(play(judged('a', pressure(145)), doubtful).alert).toMatchObject({ level: 'yellow', repeatAdvised: true })
    expect(play(judged('a', pressure(145)), doubtful, judged('c', pressure(200))).alert).toMatchObject({
      level: 'red',
      repeatAdvised: false,
    })
  })

  it('neither lowers nor closes', () => {
    const { types, alert } = play(
      judged('a', pressure(165)),
      judged('b', pressure(145), { status: ['questionable'] }),
      judged('c', pressure(120), { status: ['questionable'] }),
    )
    expect(types).toEqual(['opened', 'updated', 'none'])
    expect(alert).toMatchObject({ level: 'red', breaches: [{ value: 165 }] })
  })
})

describe('a value beyond the range of the device', () => {
  const beyond = (
    absent: 'above-range' | 'below-range' | 'positive-infinity' | 'negative-infinity',
  ): Reading['values'] => ({
    systolic: { absent },
    diastolic: { value: 80, unit: 'mm[Hg]', decimals: 0 },
  })

  it('is beyond every limit on its side: HI and LO of a meter raise red', () => {
    expect(play(judged('a', beyond('above-range'))).alert).toMatchObject({
      level: 'red',
      breaches: [{ quantity: 'systolic', outOfRange: 'above', bound: 'alertHigh' }],
    })
    expect(play(judged('a', beyond('positive-infinity'))).types).toEqual(['opened'])
    // Nobody set a low limit for the diastolic pressure.
    const noLimit: Reading['values'] = { ...pressure(120), diastolic: { absent: 'below-range' } }
    expect(play(judged('a', noLimit)).types).toEqual(['none'])
    const low = { ...judged('a', beyond('negative-infinity')), limits: new Map([['systolic', { warningLow: 100 }]]) }
    expect(play(low).alert).toMatchObject({ level: 'yellow', breaches: [{ outOfRange: 'below', bound: 'warningLow' }] })
  })

  it('updates an open alert, and a number within the limits closes it', () => {
    const { types, alert } = play(judged('a', beyond('above-range')), judged('b', pressure(120)))
    expect(types).toEqual(['opened', 'closed'])
    expect(alert).toMatchObject({ state: 'closed' })
    expect(play(judged('a', pressure(145)), judged('b', beyond('above-range'))).alert).toMatchObject({ level: 'red' })
  })
})

describe('an absent value', () => {
  const absent: Reading['values'] = {
    systolic: { absent: 'not-a-number' },
    diastolic: { value: 80, unit: 'mm[Hg]', decimals: 0 },
  }

  it('is beyond no limit', () => {
    expect(play(judged('a', absent)).types).toEqual(['none'])
  })

  it('of the quantity that raised the alert does not close it', () => {
    expect(play(judged('a', pressure(165)), judged('b', absent)).types).toEqual(['opened', 'none'])
  })

  it('leaves what is known of the quantity, when another is beyond its limit', () => {
    const high = { ...absent, diastolic: { value: 95, unit: 'mm[Hg]', decimals: 0 } }
    expect(play(judged('a', pressure(165)), judged('b', high)).alert).toMatchObject({
      level: 'red',
      breaches: [{ value: 95 }, { value: 165 }],
    })
  })
})

describe('a reading that a newer one has overtaken', () => {
  const overtaken = true

  it('opens and raises: a danger is told however late', () => {
    expect(play(judged('a', pressure(165), { overtaken })).types).toEqual(['opened'])
    const { alert } = play(judged('a', pressure(145)), judged('b', pressure(165), { overtaken, minute: -5 }))
    expect(alert).toMatchObject({ level: 'red', breaches: [{ value: 165 }], updatedAt: at(0) })
  })

  it('neither lowers nor closes, and does not speak for the newest', () => {
    const { types, alert } = play(
      judged('a', pressure(165)),
      judged('b', pressure(145), { overtaken }),
      judged('c', pressure(120), { overtaken }),
    )
    expect(types).toEqual(['opened', 'updated', 'none'])
    expect(alert).toMatchObject({ level: 'red', breaches: [{ value: 165 }] })
  })
})

it('judges no test, no demonstration and no control solution', () => {
  const plain: Reading = judged('a', pressure(200)).reading
  expect(isOfTheCitizen(plain)).toBe(true)
  expect(isOfTheCitizen({ ...plain, test: true })).toBe(false)
  for (const status of ['test', 'demonstration', 'control-solution'] as const) {
    expect(isOfTheCitizen({ ...plain, status: [status] })).toBe(false)
  }
})
