import { describe, expect, it } from 'vitest'
import { createDeviceClock, isoLocal } from '../../../simulators/devices/device-clock.ts'
import { NOON } from './place.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

function aClock(habits: Parameters<typeof createDeviceClock>[2] = {}, start = NOON) {
  let now = start
  const clock = createDeviceClock(() => now, 'Europe/Copenhagen', habits)
  return {
    clock,
    pass: (ms: number) => {
      now += ms
    },
    shows: () => isoLocal(clock.read()),
  }
}

describe('the clock of a device', () => {
  it('shows local time and the day of the week', () => {
    const { clock, shows } = aClock()
    expect(shows()).toBe('2026-01-15T12:00:00')
    expect(clock.read().weekday).toBe(4)
    expect(aClock({}, NOON + 3 * DAY).clock.read().weekday).toBe(7)
  })

  it('keeps its offset and drifts', () => {
    const { pass, shows } = aClock({ offsetMs: -960_000, driftPpm: 100 })
    expect(shows()).toBe('2026-01-15T11:44:00')
    pass(10 * DAY)
    expect(shows()).toBe('2026-01-25T11:45:26')
  })

  it('knows nothing of summer time', () => {
    const { pass, shows } = aClock({}, Date.UTC(2026, 2, 29, 0, 30))
    pass(HOUR)
    expect(shows()).toBe('2026-03-29T02:30:00')
  })

  it('counts from what it was set to, and from the factory date when it lost its battery', () => {
    const { clock, pass, shows } = aClock()
    clock.set({ year: 2026, month: 7, day: 1, hour: 8, minute: 0, second: 0 })
    pass(HOUR)
    expect(shows()).toBe('2026-07-01T09:00:00')
    clock.lose()
    pass(1000)
    expect(shows()).toBe('2015-01-01T00:00:01')
    expect(clock.state).toBe('never-set')
  })

  it('stays dead when it is dead', () => {
    const { clock, shows } = aClock({ state: 'dead' })
    clock.set({ year: 2026, month: 7, day: 1, hour: 8, minute: 0, second: 0 })
    expect(shows()).toBeUndefined()
    expect(clock.stamp().year).toBe(0)
    clock.lose()
    expect(clock.state).toBe('dead')
  })

  it('does not give a second twice when it is set back', () => {
    const { clock, pass } = aClock()
    const noon = { year: 2026, month: 1, day: 15, hour: 12, minute: 0, second: 0 }
    const first = clock.stamp()
    pass(5_000)
    clock.set(noon)
    expect(first).toEqual(noon)
    expect(clock.stamp()).toEqual({ ...noon, second: 1 })
  })
})
