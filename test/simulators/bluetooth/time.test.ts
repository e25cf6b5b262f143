import { expect, test } from 'vitest'
import { ManualTime, realTime, scaledTime } from '../../../simulators/time.ts'

test('manual time stands still, and runs what is due in order and at its moment', () => {
  const time = new ManualTime(1_000)
  const log: [string, number][] = []
  const note = (what: string) => () => void log.push([what, time.now()])
  time.setTimeout(note('late'), 30)
  time.setTimeout(note('first'), 10)
  time.setTimeout(note('second'), 10)
  time.setTimeout(note('never'), 20).cancel()
  time.setTimeout(() => time.setTimeout(note('chained'), 5), 10)
  expect(log).toEqual([])
  time.advance(29)
  expect(log).toEqual([
    ['first', 1_010],
    ['second', 1_010],
    ['chained', 1_015],
  ])
  time.advance(1)
  expect(log.at(-1)).toEqual(['late', 1_030])
  expect(time.now()).toBe(1_030)
})

test('scaled time runs faster than the machine, from the machine’s own', async () => {
  const machine = Date.now()
  const time = scaledTime(1_000)
  const start = time.now()
  expect(Math.abs(start - machine)).toBeLessThan(60_000)
  await new Promise<void>((resolve) => {
    time.setTimeout(resolve, 5_000)
  })
  expect(time.now() - start).toBeGreaterThanOrEqual(4_000) // a timer may fire up to 1 ms early
})

test('a cancelled timer of real time does not run', async () => {
  const time = realTime()
  let ran = false
  time
    .setTimeout(() => {
      ran = true
    }, 1)
    .cancel()
  await new Promise<void>((resolve) => {
    time.setTimeout(resolve, 5)
  })
  expect(ran).toBe(false)
})
