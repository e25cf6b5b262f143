import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  AWAY_SAMPLES,
  type LiveRule,
  type LiveSample,
  liveEnd,
  liveStart,
  liveStep,
  OXIMETRY_RULE,
  type Taken,
} from '../../device-drivers/live-stream.ts'

type Sample = LiveSample<number>

/** All readings of a stream of samples, with the position of the sample that completed each. */
function readings(samples: readonly Sample[], rule: LiveRule = OXIMETRY_RULE): { at: number; taken: Taken<number> }[] {
  let state = liveStart<number>()
  const found: { at: number; taken: Taken<number> }[] = []
  samples.forEach((sample, at) => {
    const step = liveStep(rule, state, sample)
    state = step.state
    if (step.taken) found.push({ at, taken: step.taken })
  })
  const last = liveEnd(rule, state)
  return last ? [...found, { at: samples.length, taken: last }] : found
}

const sample =
  (state: Sample['state']) =>
  (value: number): Sample => ({ item: value, value, state })
const usable = sample('usable')
const away = (n: number): Sample[] => Array.from({ length: n }, () => sample('away')(0))
const steady = (n: number, value = 95): Sample[] => Array.from({ length: n }, () => usable(value))

describe('a live stream', () => {
  test('becomes one reading after ten samples within one percent either way', () => {
    const found = readings([usable(80), ...steady(9), usable(96), ...steady(50)])
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ at: 10, taken: { settled: true } })
    expect(found[0]?.taken.items[0]).toBe(96)
  })

  test('that moves by more than one percent either way is not stable', () => {
    const within = Array.from({ length: 10 }, (_, i) => usable(93 + (i % 3)))
    const beyond = Array.from({ length: 10 }, (_, i) => usable(93 + (i % 4)))
    expect(readings(within)).toMatchObject([{ at: 9, taken: { settled: true } }])
    expect(readings(beyond)).toMatchObject([{ at: 10, taken: { settled: false } }])
  })

  test('is taken at once when the device says that the value is good', () => {
    const found = readings([usable(80), usable(90), sample('final')(93), ...steady(30)])
    expect(found).toEqual([{ at: 2, taken: { items: [93], settled: true } }])
  })

  test('that still searches starts anew', () => {
    const found = readings([...steady(9), sample('unsettled')(95), ...steady(10)])
    expect(found).toMatchObject([{ at: 19, taken: { settled: true } }])
  })

  test('that never comes to rest is taken after a minute, unsettled', () => {
    const restless = Array.from({ length: 120 }, (_, i) => usable(i % 2 === 0 ? 85 : 92))
    expect(readings(restless)).toMatchObject([{ at: 59, taken: { settled: false } }])
  })

  test('that ends before it is stable still counts from five samples on', () => {
    expect(readings(steady(5))).toMatchObject([{ at: 5, taken: { settled: false } }])
    expect(readings(steady(4))).toEqual([])
  })

  test('that the finger leaves for two samples is the same act of measuring', () => {
    const found = readings([...steady(12), ...away(AWAY_SAMPLES - 1), ...steady(30)])
    expect(found).toHaveLength(1)
  })

  test('gives a second reading when the finger was away and came back', () => {
    const found = readings([...steady(12, 95), ...away(AWAY_SAMPLES), ...steady(12, 90), ...away(AWAY_SAMPLES)])
    expect(found.map(({ taken }) => taken.items[0])).toEqual([95, 90])
  })

  test('a row that the finger leaves before it is stable counts too', () => {
    expect(readings([...steady(6), ...away(10)])).toMatchObject([{ at: 8, taken: { settled: false } }])
  })

  test('of nobody gives no reading', () => {
    expect(readings(away(100))).toEqual([])
  })

  test('never gives more readings than there were hands on it', () => {
    const states = fc.constantFrom<Sample['state']>('final', 'usable', 'unsettled', 'away')
    fc.assert(
      fc.property(fc.array(fc.tuple(states, fc.integer({ min: 60, max: 100 })), { maxLength: 200 }), (stream) => {
        const samples = stream.map(([state, value]) => sample(state)(value))
        const hands = samples.filter(
          (s, i) => s.state !== 'away' && (i === 0 || samples[i - 1]?.state === 'away'),
        ).length
        return readings(samples).length <= hands
      }),
      { numRuns: 2_000 },
    )
  })
})
