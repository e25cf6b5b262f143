import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { BrokerClock } from '../../../broker/broker-clock.ts'
import { openEmbedded } from '../../../broker/store/embedded.ts'
import { type Follower, followJournal } from '../../../broker/store/follower.ts'
import type { Journal } from '../../../broker/store/journal.ts'
import type { Point, TimeSeries } from '../../../broker/store/time-series.ts'
import { PreCareError } from '../../../device-drivers/errors.ts'
import { at, count, idOf, message, NOW, openCore, reading, temporaryDirectory, until } from '../core-fixture.ts'

const HUB = 'hub-0001'
const many = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => reading(`r${from + i}`))
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** Sleeps take no time and are noted. */
function quickClock(): BrokerClock & { readonly slept: number[] } {
  const slept: number[] = []
  const sleep = async (ms: number, signal: AbortSignal) => {
    slept.push(ms)
    await new Promise<void>((resolve) => setImmediate(resolve))
    signal.throwIfAborted()
  }
  return { slept, now: () => NOW, monotonic: () => 0, sleep }
}

function follow(journal: Journal, series: TimeSeries, busy?: () => boolean) {
  const clock = quickClock()
  const stop = new AbortController()
  const follower = followJournal({ journal, series, clock, log, ...(busy ? { busy } : {}) }, stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await follower.done
  })
  const end = async () => {
    stop.abort()
    await follower.done
  }
  return { follower, clock, stop: end }
}

const caughtUp = (follower: Follower) => until(() => follower.lag() === 0)

/** In memory, and broken on demand. */
function fragile(): TimeSeries & { points: Point[]; broken: boolean; calls: number } {
  const self = {
    name: 'fragile',
    points: [] as Point[],
    broken: false,
    calls: 0,
    async write(points: readonly Point[]) {
      self.calls += 1
      if (self.broken) throw new PreCareError('time-series-unavailable', 'not now')
      self.points.push(...points)
      return points.filter(({ value }) => value === 13).map((point) => ({ point, reason: 'unlucky' }))
    },
    range: async () => [],
    latest: async () => [],
    downsample: async () => [],
    close: async () => {},
  }
  return self
}

describe('the follower', () => {
  it('carries every clinical reading into the series, and what comes later', async () => {
    const core = openCore()
    await core.send(HUB, message(1, many(0, 400)))
    const { follower } = follow(core.journal, openEmbedded(core.journal))
    await caughtUp(follower)
    await core.send(HUB, message(401, many(400, 500)))
    await caughtUp(follower)
    expect(count(core.journal, 'points')).toBe(2 * 500)
  })

  it('goes on after a restart where it was, and writes nothing twice', async () => {
    const core = openCore(join(temporaryDirectory(), 'journal.db'))
    await core.send(HUB, message(1, many(0, 300)))
    const series = fragile()
    const first = follow(core.journal, series)
    await caughtUp(first.follower)
    await first.stop()
    await core.send(HUB, message(301, many(300, 310)))
    const second = follow(core.journal, series)
    await caughtUp(second.follower)
    expect(series.points).toHaveLength(2 * 310)
  })

  it('waits for a database that is away, longer each time, while readings are accepted; then catches up', async () => {
    const core = openCore()
    const series = fragile()
    series.broken = true
    const { follower, clock } = follow(core.journal, series)
    for (let i = 0; i < 20; i++) await core.send(HUB, message(i + 1, [reading(`r${i}`)]))
    await until(() => series.calls > 8)
    expect(core.receipts.length).toBeGreaterThan(0)
    expect(follower.lag()).toBe(20)
    const waits = clock.slept.filter((ms) => ms >= 1_000)
    expect(waits.slice(0, 6)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000])
    series.broken = false
    await caughtUp(follower)
    expect(series.points).toHaveLength(40)
  })

  it('sets a refused point aside by reading and goes on', async () => {
    const core = openCore()
    const unlucky = { systolic: { value: 13, unit: 'mm[Hg]', decimals: 0 } }
    await core.send(HUB, message(1, [reading('a'), reading('b', { values: unlucky }), reading('c')]))
    const { follower } = follow(core.journal, fragile())
    await caughtUp(follower)
    expect(follower.refused()).toBe(1)
    expect(core.journal.database.prepare('SELECT reading, quantity, reason FROM points_refused').all()).toEqual([
      { reading: idOf('b'), quantity: 'systolic', reason: 'unlucky' },
    ])
  })

  it('holds back while hubs wait for their receipts', async () => {
    const core = openCore()
    await core.send(HUB, message(1, many(0, 500)))
    const { follower, clock } = follow(core.journal, fragile(), () => true)
    await caughtUp(follower)
    expect(clock.slept[0]).toBe(100)
  })

  it('finds a reading that was released long after others were stored', async () => {
    const core = openCore()
    await core.send(HUB, message(1, [reading('w', { device: 'scale-0001', kind: 'weight' }), reading('a')]))
    const series = fragile()
    const { follower } = follow(core.journal, series)
    await caughtUp(follower)
    expect(series.points).toHaveLength(2)
    core.apply({ assignments: [{ device: 'scale-0001', citizen: 'citizen-1', from: at(-60) }] })
    await until(() => series.points.length === 4)
    expect(series.points.at(-1)).toMatchObject({ device: 'scale-0001', reading: idOf('w') })
  })

  it('leaves out what was not measured on the citizen, and values that are absent', async () => {
    const core = openCore()
    const absent = {
      systolic: { absent: 'not-a-number' as const },
      diastolic: { value: 80, unit: 'mm[Hg]', decimals: 0 },
    }
    const readings = [reading('c', { status: ['control-solution'] }), reading('n', { values: absent })]
    await core.send(HUB, message(1, readings))
    const series = fragile()
    const { follower } = follow(core.journal, series)
    await caughtUp(follower)
    expect(series.points).toMatchObject([{ reading: idOf('n'), quantity: 'diastolic' }])
  })
})
