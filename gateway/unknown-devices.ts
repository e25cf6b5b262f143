import type { HubClock } from './hub-clock.ts'
import { type Log, pseudonym } from './log.ts'

/** A hub never binds a device by itself; it says once an hour that one is there. */
const NOTED_EVERY_MS = 3600_000
/** A street full of belts must not fill the memory. */
const MAX_KNOWN = 256

/** Notes devices that a driver would know but the configuration does not. No address is kept or logged. */
export function createUnknownDevices(hub: string, clock: Pick<HubClock, 'now'>, log: Log) {
  const noted = new Map<string, number>()
  return (address: string, driver: string): void => {
    const device = pseudonym(address, hub)
    const now = clock.now()
    const last = noted.get(device)
    if (last !== undefined && now - last < NOTED_EVERY_MS) return
    if (last === undefined && noted.size >= MAX_KNOWN) noted.delete(noted.keys().next().value ?? '')
    noted.set(device, now)
    log.info('device-not-configured', { device, driver, count: noted.size })
  }
}
