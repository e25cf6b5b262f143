import { createHubClock, type HubClock } from '../../gateway/hub-clock.ts'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** A hub's clock that moves only when the test says so. */
export interface ManualClock extends HubClock {
  /** Moves both clocks, fires what falls due in order, and lets promises settle in between. */
  advance(ms: number): Promise<void>
  /** Sets the wall clock alone, as NTP does. */
  setWall(unixMs: number): void
  /** The same machine in the same boot, and its clock as a new process finds it; the timers of this one are gone. */
  nextProcess(): ManualClock
}

export const NOON = Date.UTC(2026, 10, 20, 12, 0, 0)

export function manualClock(options: { wall?: number; mono?: number; bootId?: string } = {}): ManualClock {
  let mono = options.mono ?? 5_000
  let ahead = (options.wall ?? NOON) - mono
  const timers = new Set<Timer>()
  const clock = createHubClock({
    bootId: options.bootId ?? 'boot-1',
    monoMs: () => mono,
    unixMs: () => mono + ahead,
    setTimeout: (callback, ms) => {
      const timer = { at: mono + ms, callback }
      timers.add(timer)
      return { cancel: () => void timers.delete(timer) }
    },
  })
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return {
    ...clock,
    setWall: (unixMs) => {
      ahead = unixMs - mono
    },
    advance: async (ms) => {
      const end = mono + ms
      await settle()
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (next === undefined) break
        timers.delete(next)
        mono = Math.max(mono, next.at)
        next.callback()
        await settle()
      }
      mono = end
      await settle()
    },
    nextProcess: () => manualClock({ wall: mono + ahead, mono, bootId: clock.bootId }),
  }
}
