import type { BrokerClock } from './broker-clock.ts'

/**
 * A token bucket per hub (RFC 2697, 3, with debt instead of dropping): a hub that sends more waits for its PUBACK, so
 * that it is slowed and loses nothing, and cannot take the disk and the loop from the others.
 */

/** One message of 25 readings is about two units: 5,000 readings a second, ten times what a commit needs of one hub. */
const UNITS_PER_SECOND = 400
/** Three weeks of a home's readings at once. */
const BURST_UNITS = 2_000
/** A message and each so many bytes of it are a unit. */
const BYTES_PER_UNIT = 8 * 1024
const MS_PER_UNIT = 1_000 / UNITS_PER_SECOND
/** More hubs than may connect; those at rest are forgotten then. */
const MAX_KNOWN = 20_000

export interface PacePorts {
  readonly clock: Pick<BrokerClock, 'monotonic' | 'sleep'>
  /** Ends all waiting, by rejecting. */
  readonly signal: AbortSignal
  readonly onSlowed?: (hub: string, ms: number) => void
}

/** Resolves when the message may go on: at once as a rule. */
export type Pace = (hub: string, bytes: number) => Promise<void>

export function hubPace({ clock, signal, onSlowed }: PacePorts): Pace {
  /** When all that a hub has sent would have been sent at the rate, monotonic ms. */
  const paidUntil = new Map<string, number>()

  return async (hub, bytes) => {
    const now = clock.monotonic()
    const cost = (1 + bytes / BYTES_PER_UNIT) * MS_PER_UNIT
    const until = Math.max(paidUntil.get(hub) ?? now, now) + cost
    paidUntil.set(hub, until)
    if (paidUntil.size > MAX_KNOWN) {
      for (const [known, end] of paidUntil) if (end <= now) paidUntil.delete(known)
    }
    const wait = until - now - BURST_UNITS * MS_PER_UNIT
    if (wait <= 0) return
    onSlowed?.(hub, Math.round(wait))
    await clock.sleep(wait, signal)
  }
}
