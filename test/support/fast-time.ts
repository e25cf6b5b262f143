import type { SimulatedTime } from '../../simulators/bluetooth/peripheral.ts'

/**
 * Time that passes whenever nothing else is to be done: each timer fires in its order, as soon as all promises have
 * settled. Half a minute of silence is over in a moment, and nothing depends on how fast the machine is.
 */
export function fastTime(start = Date.UTC(2026, 0, 15, 11, 0, 0)): SimulatedTime & { stop(): void } {
  interface Timer {
    readonly at: number
    readonly order: number
    readonly callback: () => void
  }
  const timers = new Set<Timer>()
  let now = start
  let made = 0
  let running = false
  let stopped = false

  const next = (): void => {
    running = false
    const [due] = [...timers].sort((a, b) => a.at - b.at || a.order - b.order)
    if (due === undefined || stopped) return
    timers.delete(due)
    now = Math.max(now, due.at)
    due.callback()
    wake()
  }
  const wake = (): void => {
    if (running || stopped || timers.size === 0) return
    running = true
    setImmediate(next)
  }
  return {
    now: () => now,
    setTimeout: (callback, ms) => {
      const timer = { at: now + Math.max(0, ms), order: made++, callback }
      timers.add(timer)
      wake()
      return { cancel: () => void timers.delete(timer) }
    },
    stop: () => {
      stopped = true
      timers.clear()
    },
  }
}
