/** First step of the uplink's and the lines' waiting, ms. */
const BACK_OFF_BASE_MS = 1_000
/** Longest wait: after a long outage a hub is back within five minutes of the network. */
export const BACK_OFF_CAP_MS = 300_000

/**
 * Exponential back-off with full jitter: anywhere between 0 and the step, so that ten thousand hubs that lost the same
 * broker in the same second do not come back in the same second (Brooker, "Exponential Backoff And Jitter", 2015).
 *
 * @param attempt failures so far, from 0
 * @param random 0 <= random() < 1
 * @returns ms
 */
export function backOff(attempt: number, random: () => number, capMs = BACK_OFF_CAP_MS): number {
  const step = Math.min(capMs, BACK_OFF_BASE_MS * 2 ** Math.min(attempt, 30))
  return Math.floor(random() * step)
}
