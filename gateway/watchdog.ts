import type { HubClock } from './hub-clock.ts'
import type { Notify } from './readiness.ts'

/** systemd.service(5) advises half of the time; a third leaves room for one that is late. */
const PINGS_PER_PERIOD = 3

/** Undefined when the unit has no WatchdogSec. */
export function watchdogPeriodMs(env: Readonly<Record<string, string | undefined>>): number | undefined {
  const microseconds = Number(env['WATCHDOG_USEC'])
  return Number.isFinite(microseconds) && microseconds > 0 ? microseconds / 1000 : undefined
}

/**
 * The ping stands for work done: it is sent from a finished round of the hub's housekeeping, in which the event loop
 * turned and the disk took its writes, never from a timer of its own. No round, no ping, and systemd starts the process
 * anew.
 *
 * @returns to be called after each round, with one line on how the hub is
 */
export function watchdog(
  notify: Notify,
  clock: Pick<HubClock, 'now'>,
  periodMs: number | undefined,
): (status: string) => void {
  const everyMs = (periodMs ?? 60_000) / PINGS_PER_PERIOD
  let due = clock.now()
  return (status) => {
    if (clock.now() < due) return
    due = clock.now() + everyMs
    notify('WATCHDOG=1', `STATUS=${status}`)
  }
}
