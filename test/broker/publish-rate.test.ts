import { expect, test } from 'vitest'
import { hubPace } from '../../broker/publish-rate.ts'

/** A clock in which waiting takes no time but passes it. */
function clockOf() {
  const clock = {
    time: 0,
    slept: [] as number[],
    monotonic: () => clock.time,
    async sleep(ms: number, signal: AbortSignal) {
      signal.throwIfAborted()
      clock.slept.push(ms)
      clock.time += ms
    },
  }
  return clock
}

test('three weeks of a home go through at once; a flood is slowed to 400 units a second and loses nothing', async () => {
  const clock = clockOf()
  const pace = hubPace({ clock, signal: new AbortController().signal })
  for (let i = 0; i < 2_000; i++) await pace('hub-a', 0)
  expect(clock.slept).toEqual([])
  for (let i = 0; i < 800; i++) await pace('hub-a', 0)
  expect(clock.time).toBeCloseTo(2_000, 3)
})

test('what a message weighs counts', async () => {
  const clock = clockOf()
  const pace = hubPace({ clock, signal: new AbortController().signal })
  for (let i = 0; i < 100; i++) await pace('hub-a', 256 * 1024)
  expect(clock.time).toBeCloseTo((100 * 33 - 2_000) / 0.4, 3)
})

test('one hub never waits for another, and a rested one has its burst again', async () => {
  const clock = clockOf()
  const slowed: string[] = []
  const pace = hubPace({ clock, signal: new AbortController().signal, onSlowed: (hub) => slowed.push(hub) })
  for (let i = 0; i < 2_100; i++) await pace('hub-a', 0)
  const before = clock.slept.length
  for (let i = 0; i < 2_000; i++) await pace('hub-b', 0)
  expect(clock.slept).toHaveLength(before)
  expect(new Set(slowed)).toEqual(new Set(['hub-a']))
  clock.time += 10_000
  for (let i = 0; i < 2_000; i++) await pace('hub-a', 0)
  expect(clock.slept).toHaveLength(before)
})

test('a broker that stops ends the waiting', async () => {
  const stop = new AbortController()
  const clock = clockOf()
  const pace = hubPace({ clock, signal: stop.signal })
  for (let i = 0; i < 2_000; i++) await pace('hub-a', 0)
  stop.abort(new Error('stopping'))
  await expect(pace('hub-a', 0)).rejects.toThrow('stopping')
})
