import { expect, test } from 'vitest'
import { Cadence } from '../../../gateway/transport/cadence.ts'

const MINUTE = 60_000

function hear(cadence: Cadence, id: string, from: number, to: number, everyMs: number): void {
  for (let now = from; now <= to; now += everyMs) cadence.heard(id, now)
}

test('a radio is deaf after six of the intervals that two devices have kept up, and not before a short while', () => {
  const cadence = new Cadence()
  expect(cadence.deafAfterMs).toBeUndefined()
  hear(cadence, 'scale', 0, 20 * MINUTE, 8_000)
  hear(cadence, 'beacon', 0, 20 * MINUTE, 5_000)
  expect(cadence.deafAfterMs).toBe(48_000)
  hear(cadence, 'watch', 0, 20 * MINUTE, 100)
  expect(cadence.deafAfterMs).toBe(30_000)
  hear(cadence, 'lamp', 0, 20 * MINUTE, 100)
  expect(cadence.deafAfterMs).toBe(20_000)
})

test('one device alone may have left: its silence says less, and that of a slow one nothing before it is due', () => {
  const alone = (everyMs: number) => {
    const cadence = new Cadence()
    hear(cadence, 'beacon', 0, 20 * MINUTE, everyMs)
    return cadence.deafAfterMs
  }
  expect(alone(1_000)).toBe(90_000)
  expect(alone(20_000)).toBe(120_000)
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
  expect([cadence.steady, cadence.deafAfterMs]).toEqual([0, undefined])
})

test('what left while others were still heard is no evidence any more; what fell silent with all others is', () => {
  const cadence = new Cadence()
  hear(cadence, 'phone', 0, 20 * MINUTE, 1_000)
  hear(cadence, 'beacon', 0, 25 * MINUTE, 1_000)
  expect(cadence.steady).toBe(1)
})

test('a crowd that passes by for days pushes out nobody who was there all the time', () => {
  const cadence = new Cadence()
  for (let now = 0; now < 12 * 60 * MINUTE; now += 1_000) {
    cadence.heard('beacon', now)
    cadence.heard(`phone ${now}`, now)
  }
  expect(cadence.steady).toBe(1)
  for (let phone = 0; phone < 5_000; phone += 1) cadence.heard(`festival ${phone}`, 12 * 60 * MINUTE)
  expect(cadence.steady).toBe(1)
})
