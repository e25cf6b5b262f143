import type { Advertisement } from '../../device-drivers/driver.ts'
import { isPreCareError, messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { Adapter, type AdapterOptions } from './adapter.ts'
import { toAdvertisement } from './advertisement.ts'
import type { Bond, BondStore } from './bonds.ts'
import { Cadence } from './cadence.ts'
import { reasonOf, withDeadline } from './deadline.ts'
import { brokeOverSecurity, connectionRefused, wasNeverEstablished } from './hci-reason.ts'
import { openChannel } from './noble-channel.ts'
import { DEADLINES, type Deadlines } from './noble-deadlines.ts'
import { NobleLink } from './noble-link.ts'
import type { Radio } from './noble-radio.ts'
import { fencePrototypes } from './noble-security.ts'
import type { ConnectionParameters, NoblePeripheral } from './noble-types.ts'
import { Recent } from './recent.ts'
import type { BleTransport, OpenGattLink, RadioHealth } from './transport.ts'
import type { TransportLog } from './transport-log.ts'
import type { HubTime } from './transport-time.ts'
import { Turns } from './turns.ts'

/** A connection can be lost in its first packets; medical devices stay on for seconds, so the next try is at once. */
const CONNECT_TRIES = 3
/** For the controller to say how a cancelled connection ended. */
const CANCEL_MS = 1_000
/** Peripherals in noble's books. Every phone in the street is one, with a new address each quarter of an hour. */
const PERIPHERALS_KEPT = 512

/**
 * noble's intervals (7.5 to 22.5 ms), but a supervision time-out of 4 s: with noble's 0.42 s every link at the edge of
 * its reach breaks. Accessories are designed for 2 to 6 s (Apple Accessory Design Guidelines, connection parameters).
 */
const CONNECTION: ConnectionParameters = { minInterval: 0x0006, maxInterval: 0x0012, latency: 0, timeout: 400 }

export interface NobleOptions {
  /** N of hciN; the first one by default. */
  readonly adapter?: number
  readonly bonds: BondStore
  readonly time: HubTime
  readonly log: TransportLog
  readonly deadlines?: Partial<Deadlines>
  readonly powerCycle?: AdapterOptions['powerCycle']
}

/**
 * Bluetooth through `@abandonware/noble` 1.9.2-26 on a raw HCI socket.
 * @throws PreCareError('adapter-unavailable') when another noble is installed; an absent adapter is waited for instead
 */
export function createNobleTransport(options: NobleOptions): BleTransport {
  fencePrototypes()
  return new NobleTransport(options)
}

class NobleTransport implements BleTransport {
  readonly #options: NobleOptions
  readonly #deadlines: Deadlines
  readonly #adapter: Adapter
  readonly #turns = new Turns()
  readonly #links = new Map<string, NobleLink>()
  readonly #connecting = new Set<string>()
  readonly #recent = new Recent(PERIPHERALS_KEPT, (id) => this.#links.has(id) || this.#connecting.has(id))
  /** Addresses whose stored keys broke the last link: the next visit goes without, so that the device can pair anew. */
  readonly #staleBonds = new Set<string>()
  /** Addresses whose device did not know its stored keys: said once, until it has new ones. */
  readonly #forgottenBonds = new Set<string>()
  readonly #awaited = new Map<string, Set<(peripheral: NoblePeripheral) => void>>()
  #onAdvertisement: (seen: Advertisement) => void = () => undefined
  readonly #cadence = new Cadence()
  #connectFailures = 0
  #mostLinksOpen = 0

  constructor(options: NobleOptions) {
    this.#options = options
    this.#deadlines = { ...DEADLINES, ...options.deadlines }
    this.#adapter = new Adapter({
      ...(options.adapter === undefined ? {} : { adapter: options.adapter }),
      time: options.time,
      log: options.log,
      silenceMs: this.#deadlines.silenceMs,
      deafAfterMs: () => this.#cadence.deafAfterMs,
      heard: (peripheral) => this.#heard(peripheral),
      busy: () => this.#links.size + this.#connecting.size > 0,
      ...(options.powerCycle && { powerCycle: options.powerCycle }),
    })
  }

  start(onAdvertisement: (seen: Advertisement) => void, signal: AbortSignal): void {
    if (signal.aborted) return
    this.#onAdvertisement = onAdvertisement
    this.#adapter.open()
    signal.addEventListener('abort', () => void this.#stop(), { once: true })
  }

  async #stop(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()))
    this.#adapter.close()
  }

  health(): RadioHealth {
    const { step } = this.#adapter.scan
    return {
      state: this.#adapter.state,
      silentForMs: Math.round(this.#adapter.scan.silentForMs),
      linksOpen: this.#links.size,
      scanRestarts: this.#adapter.scan.restarts,
      connectFailures: this.#connectFailures,
      ...(step && { step }),
      adapterRestarts: this.#adapter.restarts,
      powerCycles: this.#adapter.powerCycles,
      mostLinksOpen: this.#mostLinksOpen,
      steadyDevices: this.#cadence.steady,
    }
  }

  async connect(address: string, signal: AbortSignal): Promise<OpenGattLink> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#tryConnect(address.toLowerCase(), signal)
      } catch (error) {
        if (tries === CONNECT_TRIES || !wasNeverEstablished(error)) {
          this.#connectFailures += 1
          throw error
        }
        this.#options.log.info({ address, tries }, 'connection was not established, trying again')
      }
    }
  }

  async #tryConnect(address: string, signal: AbortSignal): Promise<NobleLink> {
    const link = await this.#inTurn(address, signal)
    try {
      await this.#secure(link, signal)
      await link.interview(signal)
      return link
    } catch (error) {
      await link.close()
      throw error
    }
  }

  // --- Advertisements --------------------------------------------------------------------------------------------

  #heard(peripheral: NoblePeripheral): void {
    this.#adapter.scan.heard()
    this.#cadence.heard(peripheral.id, this.#options.time.now())
    // noble forgets nothing: 1.6 MB a day in a block of flats (abandonware/noble#109, noble/noble#636).
    for (const id of this.#recent.touch(peripheral.id)) this.#adapter.on?.radio.forget(id)
    const seen = toAdvertisement(peripheral)
    for (const found of this.#awaited.get(seen.address) ?? []) found(peripheral)
    try {
      this.#onAdvertisement(seen)
    } catch (error) {
      // It must not end up in noble's packet loop.
      this.#options.log.error({ address: seen.address, reason: messageOf(error) }, 'advertisement was not processed')
    }
  }

  /** noble connects to what it has heard, not to an address. */
  async #peripheral(address: string, signal: AbortSignal): Promise<NoblePeripheral> {
    const { radio, power } = this.#ready()
    const known = radio.noble._peripherals[idOf(address)]
    if (known) return known
    const found = Promise.withResolvers<NoblePeripheral>()
    const waiting = this.#awaited.get(address) ?? new Set()
    this.#awaited.set(address, waiting.add(found.resolve))
    try {
      return await withDeadline(found.promise, {
        time: this.#options.time,
        ms: this.#deadlines.connectMs,
        signals: [signal, power],
        expired: () => new PreCareError('connect-timeout', `${address} was not heard`),
      })
    } finally {
      waiting.delete(found.resolve)
      if (waiting.size === 0) this.#awaited.delete(address)
    }
  }

  // --- Connections -----------------------------------------------------------------------------------------------

  #ready(): { readonly radio: Radio; readonly power: AbortSignal } {
    const on = this.#adapter.on
    if (on === undefined) throw new PreCareError('adapter-unavailable', 'bluetooth is not ready')
    return on
  }

  /** noble sets up one connection at a time and has no time-out: one absent device would hold up all others for ever. */
  async #inTurn(address: string, signal: AbortSignal): Promise<NobleLink> {
    const { radio, power } = this.#ready()
    await this.#peripheral(address, signal)
    const turn = this.#turns.take()
    try {
      await withDeadline(turn.granted, {
        time: this.#options.time,
        ms: this.#deadlines.turnMs,
        signals: [signal, power],
        expired: () => new PreCareError('connect-timeout', `${address} waited too long for others`),
      })
      if (this.#links.has(idOf(address))) throw new PreCareError('link-lost', `${address} is connected already`)
      // Again, because it may have been pruned while it waited.
      const peripheral = await this.#peripheral(address, signal)
      return await this.#establish(radio, peripheral, [signal, power])
    } finally {
      turn.release()
    }
  }

  async #establish(radio: Radio, peripheral: NoblePeripheral, signals: readonly AbortSignal[]): Promise<NobleLink> {
    const { time } = this.#options
    const connected = Promise.withResolvers<NobleLink>()
    this.#connecting.add(peripheral.id)
    try {
      await this.#adapter.scan.pause()
      for (const signal of signals) if (signal.aborted) throw reasonOf(signal)
      peripheral.once('connect', (error: unknown) => {
        if (error) connected.reject(connectionRefused(peripheral.address, messageOf(error)))
        else this.#opened(radio, peripheral, connected)
      })
      radio.connect(peripheral, CONNECTION)
      return await withDeadline(connected.promise, {
        time,
        ms: this.#deadlines.connectMs,
        signals,
        expired: () => new PreCareError('connect-timeout', `${peripheral.address} did not answer`),
      })
    } catch (error) {
      const cancelled = radio.cancelConnect(peripheral)
      await withDeadline(
        cancelled.then(() => true),
        {
          time,
          ms: CANCEL_MS,
          expired: () => new PreCareError('connect-timeout', 'the controller did not answer'),
        },
      ).catch((late: unknown) => this.#options.log.warn({ reason: messageOf(late) }, 'connection was not cancelled'))
      throw error
    } finally {
      this.#connecting.delete(peripheral.id)
      this.#adapter.scan.resume()
    }
  }

  /** Called by noble in the middle of its packet: nothing may be missed, and nothing thrown. */
  #opened(radio: Radio, peripheral: NoblePeripheral, connected: PromiseWithResolvers<NobleLink>): void {
    const { id } = peripheral
    try {
      const link: NobleLink = new NobleLink({
        peripheral,
        open: (events) => openChannel(radio.noble, id, events),
        time: this.#options.time,
        deadlines: this.#deadlines,
        onBond: (bond) => this.#bonded(link.address, bond),
        dropLink: () => radio.dropLink(id),
      })
      this.#links.set(id, link)
      this.#mostLinksOpen = Math.max(this.#mostLinksOpen, this.#links.size)
      void link.down.then(() => {
        this.#links.delete(id)
        this.#adapter.scan.refresh()
      })
      connected.resolve(link)
    } catch (error) {
      connected.reject(error)
    }
  }

  // --- Bonds -----------------------------------------------------------------------------------------------------

  /**
   * Before any GATT call, since a device that pairs only once refuses everything else. A device that has lost its keys
   * goes on without; it pairs anew when it asks for that, by a Security Request here or by refusing a request later, and
   * only a new pairing that worked replaces the old keys.
   */
  async #secure(link: NobleLink, signal: AbortSignal): Promise<void> {
    const { bonds, log } = this.#options
    const bond = bonds.get(link.address)
    if (bond === undefined || this.#staleBonds.has(link.address)) return
    try {
      if (await link.encryptWith(bond, signal)) return
      if (!this.#forgottenBonds.has(link.address)) {
        this.#forgottenBonds.add(link.address)
        log.warn({ address: link.address }, 'device does not know its stored keys')
      }
      await link.pairIfAsked(signal)
    } catch (error) {
      if (brokeOverSecurity(error)) this.#staleBonds.add(link.address)
      throw error
    }
  }

  #bonded(address: string, bond: Bond): void {
    const { bonds, log } = this.#options
    try {
      bonds.put(address, bond)
      this.#staleBonds.delete(address)
      this.#forgottenBonds.delete(address)
      log.info({ address }, 'device bonded')
    } catch (error) {
      log.error({ address, reason: isPreCareError(error) ? error.code : messageOf(error) }, 'bond was not kept')
    }
  }
}

/** noble's id of a peripheral. */
function idOf(address: string): string {
  return address.replaceAll(':', '')
}
