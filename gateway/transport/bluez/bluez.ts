import type { Advertisement, Declaration, Visit } from '../../../device-drivers/driver.ts'
import { messageOf, PreCareError } from '../../../device-drivers/errors.ts'
import { Cadence } from '../cadence.ts'
import { withDeadline } from '../deadline.ts'
import { DEADLINES, type Deadlines } from '../noble-deadlines.ts'
import type { BleTransport, OpenGattLink, RadioHealth } from '../transport.ts'
import type { TransportLog } from '../transport-log.ts'
import type { HubTime } from '../transport-time.ts'
import { Turns } from '../turns.ts'
import { BluezAdapter, type OpenAdapter } from './adapter.ts'
import { ADAPTER, DEVICE, openBus, property } from './bus.ts'
import type { BluezLink } from './link.ts'
import { type PairingWish, pairingWish } from './pairing.ts'
import { wasNeverEstablished } from './refusals.ts'
import { devicePath, forgetBond, type Setup, setUp, untilKnown } from './setup.ts'

/** A connection can be lost in its first packets; medical devices stay on for seconds, so the next try is at once. */
const CONNECT_TRIES = 3

/** Where Linux has the system bus, unless the environment says otherwise (D-Bus Specification, "Well-known Message Bus Instances"). */
export const SYSTEM_BUS = 'unix:path=/var/run/dbus/system_bus_socket'

export interface BluezOptions {
  /** D-Bus address. */
  readonly bus: string
  /** N of hciN; the first one by default. */
  readonly adapter?: number
  /** How a configured device is paired; undefined for strangers, for whom nothing is agreed to. */
  readonly wishOf: (address: string) => PairingWish | undefined
  readonly time: HubTime
  readonly log: TransportLog
  readonly deadlines?: Partial<Deadlines>
}

/** Bluetooth through bluetoothd (BlueZ 5.50 or newer): kernel pairing and bonds, at the price of its habits. */
export function createBluezTransport(options: BluezOptions): BleTransport {
  return new BluezTransport(options)
}

/** @throws PreCareError('adapter-unavailable') that says what is missing: the bus, bluetoothd or the adapter */
export async function findAdapter(options: Pick<BluezOptions, 'bus' | 'adapter' | 'time'>): Promise<void> {
  const path = `/org/bluez/hci${options.adapter ?? 0}`
  const bus = await openBus(options.bus, options.time)
  const found = property(bus.objects, path, ADAPTER, 'Address') !== undefined
  await bus.close()
  if (!found) throw new PreCareError('adapter-unavailable', `bluetoothd has no ${path}`)
}

class BluezTransport implements BleTransport {
  readonly #options: BluezOptions
  readonly #deadlines: Deadlines
  readonly #adapter: BluezAdapter
  readonly #turns = new Turns()
  readonly #links = new Map<string, BluezLink>()
  /** Refused in spite of a bond: the bond is removed before the next visit, once, until a visit has worked. */
  readonly #bonds = new Map<string, 'refused' | 'removed'>()
  readonly #cadence = new Cadence()
  /** Of devices that were bound since the start; they go before what the configuration said. */
  readonly #introduced = new Map<string, PairingWish>()
  #mostLinksOpen = 0
  #connecting = 0
  #connectFailures = 0
  #onAdvertisement: (seen: Advertisement) => void = () => undefined

  constructor(options: BluezOptions) {
    this.#options = options
    this.#deadlines = { ...DEADLINES, ...options.deadlines }
    this.#adapter = new BluezAdapter({
      address: options.bus,
      adapter: options.adapter ?? 0,
      time: options.time,
      log: options.log,
      silenceMs: this.#deadlines.silenceMs,
      deafAfterMs: () => this.#cadence.deafAfterMs,
      wishOf: (address) => this.#wishOf(address),
      heard: (seen) => this.#heard(seen),
      busy: () => this.#links.size + this.#connecting > 0,
    })
  }

  start(onAdvertisement: (seen: Advertisement) => void, signal: AbortSignal): void {
    if (signal.aborted) return
    this.#onAdvertisement = onAdvertisement
    void this.#adapter.open()
    signal.addEventListener('abort', () => void this.#stop(), { once: true })
  }

  async #stop(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()))
    await this.#adapter.close()
  }

  introduce(address: string, options: Visit['options'], bonding: Declaration['bonding']): void {
    this.#introduced.set(address, pairingWish(options, bonding))
  }

  #wishOf(address: string): PairingWish | undefined {
    return this.#introduced.get(address) ?? this.#options.wishOf(address)
  }

  health(): RadioHealth {
    const { state, scan, restarts, powerCycles } = this.#adapter
    return {
      state,
      silentForMs: Math.round(scan.silentForMs),
      linksOpen: this.#links.size,
      scanRestarts: scan.restarts,
      connectFailures: this.#connectFailures,
      ...(scan.step && { step: scan.step }),
      adapterRestarts: restarts,
      powerCycles,
      mostLinksOpen: this.#mostLinksOpen,
      steadyDevices: this.#cadence.steady,
    }
  }

  #heard(seen: Advertisement): void {
    this.#cadence.heard(seen.address, this.#options.time.now())
    try {
      this.#onAdvertisement(seen)
    } catch (error) {
      // It must not end up in the bus connection's read loop.
      this.#options.log.error({ address: seen.address, reason: messageOf(error) }, 'advertisement was not processed')
    }
  }

  async connect(address: string, signal: AbortSignal): Promise<OpenGattLink> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#inTurn(address.toLowerCase(), signal)
      } catch (error) {
        if (tries === CONNECT_TRIES || !wasNeverEstablished(error)) {
          this.#connectFailures += 1
          throw error
        }
        this.#options.log.info({ address, tries }, 'connection was not established, trying again')
      }
    }
  }

  /** One at a time: bluetoothd queues connections behind each other without a word, and pairing asks one agent. */
  async #inTurn(address: string, signal: AbortSignal): Promise<BluezLink> {
    const on = this.#adapter.on
    if (on === undefined) throw new PreCareError('adapter-unavailable', 'bluetooth is not ready')
    const setup = this.#setup(on, address, signal)
    // Before its turn: an absent device must not hold up the others.
    await untilKnown(setup)
    const turn = this.#turns.take()
    try {
      await withDeadline(turn.granted, {
        time: this.#options.time,
        ms: this.#deadlines.turnMs,
        signals: [signal, on.power],
        expired: () => new PreCareError('connect-timeout', `${address} waited too long for others`),
      })
      if (this.#links.has(address)) throw new PreCareError('link-lost', `${address} is connected already`)
      return await this.#visit(setup)
    } finally {
      turn.release()
    }
  }

  async #visit(setup: Setup): Promise<BluezLink> {
    const { address } = setup
    this.#connecting += 1
    try {
      if (this.#bonds.get(address) === 'refused') {
        this.#bonds.set(address, 'removed')
        await forgetBond(setup)
      }
      // Again, because bluetoothd forgets a device 30 s after it was last heard.
      await untilKnown(setup)
      const link = await setUp(setup)
      if (isPaired(setup)) this.#bonds.delete(address)
      return link
    } finally {
      this.#connecting -= 1
    }
  }

  #setup(on: OpenAdapter, address: string, signal: AbortSignal): Setup {
    const { time, log } = this.#options
    const setup: Setup = {
      on,
      scan: this.#adapter.scan,
      address,
      wish: this.#wishOf(address),
      signal,
      time,
      deadlines: this.#deadlines,
      log,
      opened: (link) => {
        this.#links.set(address, link)
        this.#mostLinksOpen = Math.max(this.#mostLinksOpen, this.#links.size)
        link.lost.addEventListener('abort', () => this.#closed(address))
        if (link.lost.aborted) this.#closed(address)
      },
      refusedBond: () => {
        // A device that was never bonded and refuses has no stale bond, and one that refuses the new one stays refused.
        if (isPaired(setup) && !this.#bonds.has(address)) this.#bonds.set(address, 'refused')
      },
    }
    return setup
  }

  #closed(address: string): void {
    this.#links.delete(address)
    this.#adapter.scan.refresh()
  }
}

function isPaired(setup: Setup): boolean {
  return property(setup.on.bus.objects, devicePath(setup), DEVICE, 'Paired') === true
}
