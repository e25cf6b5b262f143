import { describe, expect, it } from 'vitest'
import { DAY, HOUR, home, MINUTE, NEAR_MS, off, SECOND, type Setting, START_MONO, utc } from './clock-home.ts'

describe('a hub without the time', () => {
  it('fault 14: boots in 1970, holds what it hears, and stamps it rightly when the time arrives', async () => {
    const h = await home({ truth: utc('2026-11-20T12:00:00Z'), hubSays: START_MONO })
    const truth = h.measure()
    await h.visit()
    await h.clock.advance(10 * MINUTE)
    expect(h.sent()).toEqual([])
    h.clock.setWall(h.trueNow())
    const [reading] = await h.arrived(1)
    expect(off(reading, truth)).toBeLessThan(NEAR_MS)
    expect(reading?.clock.quality).toBe('hub-unsynced')
    expect(h.everythingHeard()).not.toMatch(/19[67]\d-/)
  })

  it('sets no device clock while it does not know the time itself', async () => {
    const h = await home({
      truth: utc('2026-11-20T12:00:00Z'),
      hubSays: START_MONO,
      cuff: { clock: { offsetMs: DAY } },
    })
    h.measure()
    await h.visit()
    h.clock.setWall(h.trueNow())
    const first = h.measure()
    await h.visit()
    const readings = await h.arrived(2)
    // The second record was made before the hub ever wrote the clock: a day ahead, and corrected.
    expect(readings.map(({ clock }) => clock.offsetMs)).toSatisfy((offsets: number[]) =>
      offsets.every((ms) => Math.abs(ms + DAY) < NEAR_MS),
    )
    expect(off(readings[1], first)).toBeLessThan(NEAR_MS)
  })

  it('loses power before it learnt the time: what the cuff says is kept, marked unknown, and never 1970', async () => {
    const h = await home({ truth: utc('2026-11-20T12:00:00Z'), hubSays: START_MONO })
    const truth = h.measure()
    await h.visit()
    await h.reboot(utc('2026-11-20T13:00:00Z'), HOUR)
    const [reading] = await h.arrived(1)
    expect(off(reading, truth)).toBeLessThan(NEAR_MS)
    expect(reading?.clock.quality).toBe('unknown')
    expect(h.everythingHeard()).not.toMatch(/19[67]\d-/)
  })

  it('does not believe a clock restored to the time of the last shutdown', async () => {
    const h = await home({ truth: utc('2026-11-20T12:00:00Z') })
    h.measure()
    await h.visit()
    await h.arrived(1)
    await h.reboot(utc('2026-11-20T11:00:00Z'), 2 * DAY)
    const truth = h.measure()
    await h.visit()
    expect(h.sent()).toHaveLength(1)
    h.clock.setWall(h.trueNow())
    const [, reading] = await h.arrived(2)
    expect(off(reading, truth)).toBeLessThan(NEAR_MS)
    expect(reading?.clock.quality).toBe('hub-unsynced')
  })

  it('waits for the time service when its clock goes on from a time it saved after its last reading', async () => {
    const h = await home({ truth: utc('2026-11-20T12:00:00Z') })
    h.measure()
    await h.visit()
    await h.arrived(1)
    let mark: number | 'not-yet' = 'not-yet'
    await h.reboot(utc('2026-11-20T14:00:00Z'), 3 * DAY, () => mark)
    const truth = h.measure()
    await h.visit()
    await h.clock.advance(9 * MINUTE)
    expect(h.sent()).toHaveLength(1)
    h.clock.setWall(h.trueNow())
    mark = h.trueNow()
    const [, reading] = await h.arrived(2)
    expect(off(reading, truth)).toBeLessThan(NEAR_MS)
    expect(reading?.clock.quality).toBe('hub-unsynced')
  })

  it('believes its clock ten minutes after the broker answered, where the time service is cut off', async () => {
    const h = await home({ truth: utc('2026-11-20T12:00:00Z') })
    await h.reboot(utc('2026-11-20T12:00:00Z') + DAY, DAY, () => 'not-yet')
    const truth = h.measure()
    await h.visit()
    await h.clock.advance(9 * MINUTE)
    expect(h.sent()).toEqual([])
    await h.clock.advance(MINUTE)
    const [reading] = await h.arrived(1)
    expect(off(reading, truth)).toBeLessThan(NEAR_MS)
  })
})

describe('a hub whose clock jumps', () => {
  /** So long after the broker answered nobody is expected to set the clock for the first time any more. */
  const settled = async (more: Partial<Setting> = {}) => {
    const h = await home({ truth: utc('2026-11-20T12:00:00Z'), cuff: { keepsSent: true }, ...more })
    await h.clock.advance(11 * MINUTE)
    return h
  }

  it.each([
    2 * DAY,
    -2 * DAY,
  ])('fault 15: by %i ms and back: ids stay, nothing is lost, and every time is right or waits', async (jump) => {
    const h = await settled()
    const before = h.measure()
    await h.visit()
    await h.arrived(1)
    h.clock.setWall(h.trueNow() + jump)
    // Heard while the clock is wrong: kept, and not sent; and the cuff's clock is left alone.
    const during = h.measure()
    await h.visit()
    await h.clock.advance(30 * MINUTE)
    expect(new Set(h.sent().map(({ id }) => id)).size).toBe(1)
    // Heard when it is right again.
    const between = h.measure()
    h.clock.setWall(h.trueNow())
    await h.visit()
    const after = h.measure()
    await h.visit()
    const readings = await h.arrived(4)
    const found = [before, during, between, after].map((truth) => readings.find((one) => off(one, truth) < NEAR_MS))
    expect(found.map((reading) => reading?.clock.quality)).toEqual(['synced', 'hub-unsynced', 'synced', 'synced'])
    const records = new Set(h.device.emitted.map(({ hex }) => hex))
    const ids = new Set(h.sent().map(({ id }) => id))
    expect([records.size, ids.size]).toEqual([4, 4])
  })

  it('and is started anew meanwhile: the next process knows what this boot believed', async () => {
    const h = await settled()
    h.measure()
    await h.visit()
    await h.arrived(1)
    h.clock.setWall(h.trueNow() + 2 * DAY)
    await h.restart()
    const truth = h.measure()
    await h.visit()
    await h.clock.advance(30 * MINUTE)
    expect(new Set(h.sent().map(({ id }) => id)).size).toBe(1)
    h.clock.setWall(h.trueNow())
    const [, reading] = await h.arrived(2)
    expect(off(reading, truth)).toBeLessThan(NEAR_MS)
    expect(reading?.clock.quality).toBe('hub-unsynced')
  })

  it('and is back before the next round of housekeeping: what was heard meanwhile is sent all the same', async () => {
    const h = await settled()
    const truth = h.measure()
    // Just after a round; the next is a second later.
    await h.clock.advance(15 * SECOND - ((h.clock.now() - START_MONO) % SECOND) + 10)
    h.clock.setWall(h.trueNow() + DAY)
    h.advertise()
    await h.clock.advance(900)
    h.clock.setWall(h.trueNow())
    const [reading] = await h.arrived(1)
    expect(off(reading, truth)).toBeLessThan(NEAR_MS)
    expect(reading?.clock.quality).toBe('hub-unsynced')
  })

  it('and was right to: readings wait for an hour where nobody can vouch for it', async () => {
    const h = await settled({ hubSays: utc('2026-11-18T12:00:00Z') })
    h.clock.setWall(h.trueNow())
    const truth = h.measure()
    await h.visit()
    await h.clock.advance(58 * MINUTE)
    expect(h.sent()).toEqual([])
    await h.clock.advance(3 * MINUTE)
    const [reading] = await h.arrived(1)
    expect(off(reading, truth)).toBeLessThan(NEAR_MS)
    expect(reading?.clock.quality).toBe('hub-unsynced')
  })

  it('from a saved time to the right one, in its first minutes: nothing waits', async () => {
    const h = await home({ truth: utc('2026-11-20T12:00:00Z'), hubSays: utc('2026-11-18T12:00:00Z') })
    await h.clock.advance(MINUTE)
    h.clock.setWall(h.trueNow())
    const truth = h.measure()
    await h.visit()
    const [reading] = await h.arrived(1)
    expect(off(reading, truth)).toBeLessThan(NEAR_MS)
    expect(reading?.clock.quality).toBe('synced')
  })

  it('into the future, and is right after a boot: what the time service says goes before the floor left behind', async () => {
    const h = await home({ truth: utc('2026-11-20T12:00:00Z'), hubSays: utc('2026-11-23T12:00:00Z') })
    h.measure()
    await h.visit()
    await h.arrived(1)
    let mark: number | 'not-yet' = 'not-yet'
    await h.reboot(utc('2026-11-20T13:00:00Z'), HOUR, () => mark)
    expect(h.clock.wall()).toBeUndefined()
    h.clock.setWall(h.trueNow())
    mark = h.trueNow()
    await h.clock.advance(SECOND)
    expect(h.clock.wall()).toBe(h.trueNow())
  })
})

describe('the nights when the clocks change', () => {
  it.each([
    ['spring', '2026-03-29T00:30:00Z', '2026-03-29T01:30:00Z'],
    ['autumn', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'],
  ])('%s: readings an hour apart are an hour apart and in order', async (_, first, second) => {
    const h = await home({ truth: utc(first) })
    const truths = [h.measure()]
    await h.visit()
    await h.clock.advance(utc(second) - h.trueNow())
    truths.push(h.measure())
    await h.visit()
    await h.clock.advance(2 * HOUR)
    truths.push(h.measure())
    await h.visit()
    const readings = await h.arrived(3)
    expect(readings.map((reading, i) => off(reading, truths[i] ?? 0) < NEAR_MS)).toEqual([true, true, true])
  })
})

describe('a cuff whose clock is wrong', () => {
  const truth = utc('2026-11-20T12:00:00Z')

  it('fault 16: was never set: old records keep the old clock although the new one is set in the same visit', async () => {
    const h = await home({ truth, cuff: { clock: { state: 'never-set' } } })
    const old = h.measure()
    await h.clock.advance(5 * HOUR)
    const older = h.measure()
    await h.clock.advance(HOUR)
    await h.visit()
    const stored = await h.arrived(2)
    expect(stored.map(({ clock }) => clock.quality)).toEqual(['corrected', 'corrected'])
    expect(stored.map((reading, i) => off(reading, [old, older][i] ?? 0) < NEAR_MS)).toEqual([true, true])
    expect(stored.every(({ deviceTime }) => deviceTime?.startsWith('2015-'))).toBe(true)
    await h.clock.advance(HOUR)
    const now = h.measure()
    await h.visit()
    const [, , fresh] = await h.arrived(3)
    expect(off(fresh, now)).toBeLessThan(NEAR_MS)
    expect(fresh?.clock.quality).toBe('synced')
    expect(fresh?.deviceTime?.startsWith('2026-')).toBe(true)
  })

  it('fault 16: is dead: readings carry the time of reception, and two equal ones are two', async () => {
    const h = await home({ truth, cuff: { clock: { state: 'dead' } } })
    const same = { systolic: 132, diastolic: 84, pulseRate: 70 }
    const first = h.measure(same)
    await h.visit()
    await h.clock.advance(HOUR)
    const second = h.measure(same)
    await h.visit()
    const readings = await h.arrived(2)
    expect(readings.map((reading, i) => off(reading, [first, second][i] ?? 0) < MINUTE)).toEqual([true, true])
    expect(readings.every(({ clock, deviceTime }) => clock.quality !== 'synced' && deviceTime === undefined)).toBe(true)
  })

  it('fault 16: drifts an hour a day: readings hours apart are right, and in order', async () => {
    const h = await home({ truth, cuff: { clock: { driftPpm: 1e6 / 24 } } })
    const truths: number[] = []
    for (let act = 0; act < 4; act += 1) {
      truths.push(h.measure())
      await h.visit()
      await h.arrived(act + 1)
      await h.clock.advance(6 * HOUR)
    }
    const readings = await h.arrived(4)
    expect(readings.map((reading, i) => off(reading, truths[i] ?? 0) < NEAR_MS)).toEqual(truths.map(() => true))
    expect(new Set(readings.slice(1).map(({ clock }) => clock.quality))).toEqual(new Set(['corrected']))
  })
})
