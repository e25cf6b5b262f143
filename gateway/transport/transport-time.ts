/**
 * Time as the transports see it; a test drives it by hand.
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
