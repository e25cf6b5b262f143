import { describe, expect, it } from 'vitest'
import { BelievedTime, type TimeSet } from '../../gateway/believed-time.ts'

/** The table of `believed-time.ts`, row by row. */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const NOON = Date.UTC(2026, 10, 20, 12)

/** A machine up for an hour, whose clock is off by `off`; time passes and the hub looks each minute. */
function machine(options: { set?: ReturnType<TimeSet>; off?: number; floor?: number } = {}) {
  let mono = HOUR
  let off = options.off ?? 0
  let set = options.set ?? 'nobody'
  const truth = () => NOON + mono
  const sources = { monoMs: () => mono, unixMs: () => truth() + off }
  const time = new BelievedTime(sources)
  time.raiseFloor(options.floor ?? 0)
  time.awaitService(() => set)
  /** How far off the believed time is; undefined while none is believed. */
  const believedOff = (of = time) => {
    const now = of.now()
    return now === undefined ? undefined : now - truth()
  }
  return {
    time,
    believedOff,
    /** @param online the broker answers meanwhile */
    live(ms: number, online: boolean) {
      for (const end = mono + ms; mono < end; mono += MINUTE) {
        if (online) time.networkReached()
        time.now()
      }
      return believedOff()
    },
    step(by: number) {
      off += by
      return believedOff()
    },
    /** The time service sets the clock, and then touches its mark. */
    serviceSets() {
      off = 0
      set = truth()
      return believedOff()
    },
    serviceForgets() {
      set = 'not-yet'
    },
    /** Another process of the same boot, which was told what this one believed. */
    anotherProcess() {
      const next = new BelievedTime(sources)
      next.awaitService(() => set)
      next.raiseFloor(options.floor ?? 0)
      if (time.bootedAt !== undefined) next.recall(time.bootedAt)
      return { time: next, off: () => believedOff(next) }
    },
  }
}

describe('the first time of a process', () => {
  it('is believed at once where no service tells, but never before the build', () => {
    expect(machine().believedOff()).toBe(0)
    expect(machine({ off: -NOON }).live(2 * DAY, true)).toBeUndefined()
  })

  it('is not believed before the restored floor, for a day', () => {
    const { believedOff, live } = machine({ floor: NOON + 3 * DAY })
    expect(believedOff()).toBeUndefined()
    expect(live(23 * HOUR, true)).toBeUndefined()
    expect(live(2 * HOUR, true)).toBe(0)
  })

  it('is believed in spite of the floor once the time service has set it', () => {
    const { believedOff, serviceSets } = machine({ floor: NOON + 3 * DAY, set: 'not-yet' })
    expect(believedOff()).toBeUndefined()
    expect(serviceSets()).toBe(0)
  })

  it('waits for a time service, but no more than ten minutes beside a broker that answers', () => {
    const { live } = machine({ set: 'not-yet', off: -DAY })
    expect(live(DAY, false)).toBeUndefined()
    expect(live(9 * MINUTE, true)).toBeUndefined()
    expect(live(2 * MINUTE, true)).toBe(-DAY)
  })
})

describe('a clock that is set while the hub believes it', () => {
  it('is followed through drift and slewing, however far they lead', () => {
    const { live, step } = machine()
    live(HOUR, true)
    for (let night = 1; night <= 10; night += 1) expect(step(4 * MINUTE)).toBe(night * 4 * MINUTE)
  })

  it.each([3 * DAY, -3 * DAY])('by %i ms before anybody can have set it: is the first setting, and believed', (off) => {
    const { believedOff, step } = machine({ off: -off })
    expect(believedOff()).toBe(-off)
    expect(step(off)).toBe(0)
  })

  for (const set of ['nobody', NOON] as const) {
    const settled = () => {
      const home = machine({ set })
      expect(home.live(HOUR, true)).toBe(0)
      return home
    }
    describe(set === 'nobody' ? 'where no service tells' : 'where a service has set the time before', () => {
      it.each([2 * DAY, -2 * DAY])('is not believed after a jump by %i ms, and again when it is back', (jump) => {
        const { step, live } = settled()
        expect(step(jump)).toBeUndefined()
        expect(live(59 * MINUTE, true)).toBeUndefined()
        expect(step(-jump)).toBe(0)
      })

      it('is believed after an hour beside a broker that answers; without one nothing could be sent', () => {
        const { step, live } = settled()
        step(2 * DAY)
        expect(live(3 * DAY, false)).toBeUndefined()
        expect(live(59 * MINUTE, true)).toBeUndefined()
        expect(live(2 * MINUTE, true)).toBe(2 * DAY)
      })

      it('begins a new hour with each further jump', () => {
        const { step, live } = settled()
        step(2 * DAY)
        live(59 * MINUTE, true)
        expect(step(DAY)).toBeUndefined()
        expect(live(59 * MINUTE, true)).toBeUndefined()
        expect(live(2 * MINUTE, true)).toBe(3 * DAY)
      })

      it('is a jump also for the next process, however it begins', () => {
        const { step, anotherProcess } = settled()
        step(2 * DAY)
        const next = anotherProcess()
        expect(next.off()).toBeUndefined()
        step(-2 * DAY)
        expect(next.off()).toBe(0)
      })
    })
  }

  it('is believed at once when the service has touched its mark after the jump', () => {
    const { live, step, serviceSets } = machine({ set: NOON, off: DAY })
    live(HOUR, true)
    expect(step(3 * DAY)).toBeUndefined()
    expect(serviceSets()).toBe(0)
    expect(step(DAY)).toBeUndefined()
  })

  it('is not taken for a first setting because the service was started anew and has forgotten', () => {
    const { live, step, serviceForgets } = machine({ set: NOON })
    live(MINUTE, false)
    serviceForgets()
    expect(live(MINUTE, false)).toBe(0)
    expect(step(DAY)).toBeUndefined()
  })
})
