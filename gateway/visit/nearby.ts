import type { Advertisement, Driver } from '../../device-drivers/driver.ts'

/** Devices that are heard now, for a person to choose from. Shown on the visit's page only: an address is never logged. */

export interface Nearby {
  readonly address: string
  readonly name?: string
  /** dBm; the strongest since it was first heard. */
  readonly signalDbm: number
  /** Monotonic ms. */
  readonly heardAt: number
  /** Ids of the drivers that would know it. */
  readonly drivers: readonly string[]
}

/** A device that was put away is not to be chosen; long enough for one that advertises every ten seconds. */
const STALE_AFTER_MS = 30_000
/** A block of flats. */
const MAX_NEARBY = 128

type Recognising = Exclude<Driver, { readonly transport: 'serial' }>

export class NearbyDevices {
  readonly #drivers: readonly Recognising[]
  readonly #now: () => number
  readonly #heard = new Map<string, Nearby>()

  /** @param now monotonic ms */
  constructor(drivers: readonly Driver[], now: () => number) {
    this.#drivers = drivers.filter((driver) => driver.transport !== 'serial')
    this.#now = now
  }

  hear(seen: Advertisement): void {
    const before = this.#heard.get(seen.address)
    if (before === undefined && this.#heard.size >= MAX_NEARBY) this.#forgetOldest()
    const matching = this.#drivers.filter((driver) => driver.match(seen)).map(({ about }) => about.id)
    const name = seen.name ?? before?.name
    this.#heard.delete(seen.address)
    this.#heard.set(seen.address, {
      address: seen.address,
      ...(name === undefined ? {} : { name }),
      signalDbm: Math.max(seen.rssi, before?.signalDbm ?? seen.rssi),
      heardAt: this.#now(),
      drivers: [...new Set([...(before?.drivers ?? []), ...matching])],
    })
  }

  /** Those that this driver knows and that are still there, strongest first. */
  candidates(driver: string): Nearby[] {
    const since = this.#now() - STALE_AFTER_MS
    return [...this.#heard.values()]
      .filter(({ drivers, heardAt }) => heardAt >= since && drivers.includes(driver))
      .toSorted((a, b) => b.signalDbm - a.signalDbm)
  }

  find(address: string): Nearby | undefined {
    return this.#heard.get(address)
  }

  #forgetOldest(): void {
    const oldest = this.#heard.keys().next().value
    if (oldest !== undefined) this.#heard.delete(oldest)
  }
}
