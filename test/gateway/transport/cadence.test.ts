import { expect, test } from 'vitest'
import { Cadence } from '../../../gateway/transport/cadence.ts'

const MINUTE = 60_000

function hear(cadence: Cadence, id: string, from: number, to: number, everyMs: number): void {
  for (let now = from; now <= to; now += everyMs) cadence.heard(id, now)
}

test('the interval of a device is known after sixteen advertisements, and is the longest gap', () => {
  const cadence = new Cadence()
  hear(cadence, 'beacon', 0, 14_000, 1_000)
  expect(cadence.interval('beacon')).toBeUndefined()
  cadence.heard('beacon', 17_500)
  expect(cadence.interval('beacon')).toBe(3_500)
})

test('a device that advertises for ten minutes without a gap is steady; a cuff that does for one is not', () => {
  const cadence = new Cadence()
  hear(cadence, 'cuff', 0, MINUTE, 100)
  hear(cadence, 'beacon', 0, 10 * MINUTE - 1_000, 1_000)
  expect(cadence.steady).toBe(0)
  hear(cadence, 'beacon', 10 * MINUTE, 11 * MINUTE, 1_000)
  expect(cadence.steady).toBe(1)
})

test('two measurements of a cuff a day apart are no interval, however long the days go on', () => {
  const cadence = new Cadence()
  for (let day = 0; day < 30; day += 1) hear(cadence, 'cuff', day * 1440 * MINUTE, day * 1440 * MINUTE + MINUTE, 500)
  expect(cadence.interval('cuff')).toBe(500)
  expect(cadence.steady).toBe(0)
})

test('what left while others were still heard is no evidence any more; what fell silent with all others is', () => {
  const cadence = new Cadence()
  hear(cadence, 'phone', 0, 20 * MINUTE, 1_000)
  hear(cadence, 'beacon', 0, 25 * MINUTE, 1_000)
  expect(cadence.steady).toBe(1)
  cadence.forget('beacon')
  expect(cadence.steady).toBe(0)
})
