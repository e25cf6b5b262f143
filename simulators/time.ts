import type { SimulatedTime } from './bluetooth/peripheral.ts'

/** The machine's own time. */
export function realTime(): SimulatedTime {
  return scaledTime(1)
}

/**
 * Time that runs `speed` times as fast as the machine's, starting from the machine's own wall time.
 * @param speed greater than 0; 60 makes an hour of simulation pass in a minute
 */
export function scaledTime(speed: number): SimulatedTime {
  const start = Date.now()
  const begin = performance.now()
  return {
    now: () => start + (performance.now() - begin) * speed,
    setTimeout(callback, ms) {
      const timer = setTimeout(callback, ms / speed)
      return { cancel: () => clearTimeout(timer) }
    },
  }
}

interface Alarm {
  readonly due: number
  readonly callback: () => void
}

/** A test's time: it stands still until it is advanced. */
export class ManualTime implements SimulatedTime {
  #now: number
  #alarms: Alarm[] = []

  /** @param start ms since 1970 */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  setTimeout(callback: () => void, ms: number): { cancel(): void } {
    const alarm: Alarm = { due: this.#now + Math.max(0, ms), callback }
    const behind = this.#alarms.findIndex((other) => other.due > alarm.due)
    this.#alarms.splice(behind === -1 ? this.#alarms.length : behind, 0, alarm)
    return {
      cancel: () => {
        this.#alarms = this.#alarms.filter((other) => other !== alarm)
      },
    }
  }

  /** Runs everything due in the next `ms`, in order, with `now()` at the moment each was due. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#alarms[0]; next !== undefined && next.due <= end; next = this.#alarms[0]) {
      this.#alarms.shift()
      this.#now = next.due
      next.callback()
    }
    this.#now = end
  }
}
