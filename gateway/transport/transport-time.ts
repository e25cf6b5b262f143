/**
 * Time as the transports see it. A test drives it by hand; the simulators' time has the same shape.
 */
export interface HubTime {
  /** Milliseconds of a clock that never goes back. */
  now(): number
  setTimeout(callback: () => void, ms: number): { cancel(): void }
}

/** The real one. */
export const systemTime: HubTime = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => {
    const timer = setTimeout(callback, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}
