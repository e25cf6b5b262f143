import { expect, test } from 'vitest'
import { MAX_BYTES_HELD, MAX_VALUES_HELD, ValueQueue } from '../../../gateway/transport/value-queue.ts'
import { ManualTime } from '../../../simulators/time.ts'

function queueOf() {
  const time = new ManualTime()
  let full = 0
  const queue = new ValueQueue(time, () => {
    full += 1
  })
  return { time, queue, full: () => full }
}

test('what came before the end is read, and then it ends', async () => {
  const { queue } = queueOf()
  for (const value of [1, 2, 3]) queue.push(Uint8Array.of(value))
  queue.end()
  queue.push(Uint8Array.of(4))
  const all: number[] = []
  for await (const value of queue.read(1_000)) all.push(...value)
  expect(all).toEqual([1, 2, 3])
})

test('a reader waits for idleMs and not longer, and each value gives it the whole time again', async () => {
  const { time, queue } = queueOf()
  const reader = queue.read(1_000)
  for (const value of [1, 2]) {
    const next = reader.next()
    time.advance(999)
    queue.push(Uint8Array.of(value))
    expect(await next).toEqual({ done: false, value: Uint8Array.of(value) })
  }
  const last = reader.next()
  time.advance(1_000)
  expect(await last).toEqual({ done: true, value: undefined })
})

test('a reader that is busy for longer than idleMs loses nothing', async () => {
  const { time, queue } = queueOf()
  const reader = queue.read(1_000)
  queue.push(Uint8Array.of(1))
  await reader.next()
  time.advance(60_000)
  queue.push(Uint8Array.of(2))
  expect((await reader.next()).value).toEqual(Uint8Array.of(2))
})

test('the next reader gets what the last one left', async () => {
  const { queue } = queueOf()
  queue.push(Uint8Array.of(1))
  queue.push(Uint8Array.of(2))
  for await (const value of queue.read(1_000)) {
    expect(value).toEqual(Uint8Array.of(1))
    break
  }
  expect((await queue.read(1_000).next()).value).toEqual(Uint8Array.of(2))
})

test('a full queue says so once, keeps what it has and takes no more', async () => {
  for (const [length, fits] of [
    [1, MAX_VALUES_HELD],
    [1024, MAX_BYTES_HELD / 1024],
  ] as const) {
    const { queue, full } = queueOf()
    for (let index = 0; index < fits; index += 1) queue.push(new Uint8Array(length))
    expect(full()).toBe(0)
    queue.push(new Uint8Array(length))
    queue.push(new Uint8Array(length))
    expect(full()).toBe(1)
    let count = 0
    for await (const _ of queue.read(1_000)) count += 1
    expect(count).toBe(fits)
  }
})
