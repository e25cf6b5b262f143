import { Variant } from 'dbus-native'
import { messageOf, PreCareError } from '../../../device-drivers/errors.ts'
import { Scan } from '../scan.ts'
import type { RadioHealth, RadioStep } from '../transport.ts'
import type { TransportLog } from '../transport-log.ts'
import type { HubTime } from '../transport-time.ts'
import { toAdvertisement, wasHeard } from './advertisement.ts'
import { createAgent, type PairingAgent } from './agent.ts'
import { ADAPTER, type Arguments, type BluezBus, DEVICE, openBus, property, refusalName } from './bus.ts'
import type { PairingWish } from './pairing.ts'

/** Between two tries to reach bluetoothd: from one second, doubled, to one minute. */
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 60_000

/** Only Low Energy, and each advertisement reported, also one that is the same as before (doc/org.bluez.Adapter.rst). */
const DISCOVERY_FILTER: Arguments = {
  signature: 'a{sv}',
  body: [{ Transport: new Variant('s', 'le'), DuplicateData: new Variant('b', true) }],
}

export interface BluezAdapterOptions {
  readonly address: string
  /** N of hciN. */
  readonly adapter: number
  readonly time: HubTime
  readonly log: TransportLog
  readonly silenceMs: number
  /** See {@link Scan}. */
  readonly deafAfterMs: () => number | undefined
  readonly wishOf: (address: string) => PairingWish | undefined
  readonly heard: (seen: NonNullable<ReturnType<typeof toAdvertisement>>) => void
  /** Links exist: then the radio works, however silent it is. */
  readonly busy: () => boolean
}

/** The adapter while it is on. */
export interface OpenAdapter {
  readonly bus: BluezBus
  readonly agent: PairingAgent
  readonly path: string
  /** Aborted when the adapter, bluetoothd or the bus is gone. */
  readonly power: AbortSignal
}

/** Keeps bluetoothd scanning on one adapter: tries again while there is none, and begins anew when it is gone or deaf. */
export class BluezAdapter {
  readonly scan: Scan
  readonly #options: BluezAdapterOptions
  readonly #path: string
  #open: (OpenAdapter & { readonly end: AbortController }) | undefined
  #state: RadioHealth['state'] = 'starting'
  #retryMs = FIRST_RETRY_MS
  #timer: { cancel(): void } | undefined
  #closed = false
  #stopping = 0
  restarts = 0
  powerCycles = 0

  constructor(options: BluezAdapterOptions) {
    this.#options = options
    this.#path = `/org/bluez/hci${options.adapter}`
    const onDeaf = (step: Exclude<RadioStep, 'scan'>) => {
      if (!options.busy()) void this.#repair(step)
    }
    this.scan = new Scan(options.time, options.silenceMs, onDeaf, options.deafAfterMs)
  }

  get state(): RadioHealth['state'] {
    return this.#state
  }

  get on(): OpenAdapter | undefined {
    return this.#open
  }

  async open(): Promise<void> {
    const { address, time, wishOf, log } = this.#options
    let bus: BluezBus | undefined
    try {
      bus = await openBus(address, time)
      if (property(bus.objects, this.#path, ADAPTER, 'Address') === undefined) {
        throw new PreCareError('adapter-unavailable', `bluetoothd has no ${this.#path}`)
      }
      if (property(bus.objects, this.#path, ADAPTER, 'Powered') !== true) {
        await bus.set(this.#path, ADAPTER, 'Powered', new Variant('b', true))
      }
      const agent = createAgent(bus, wishOf, log)
      await agent.use(undefined)
      await bus.call(this.#path, ADAPTER, 'SetDiscoveryFilter', DISCOVERY_FILTER)
      if (this.#closed) await bus.close()
      else this.#opened(bus, agent)
    } catch (error) {
      await bus?.close()
      this.#failed(messageOf(error))
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    this.#end('closed by the hub')
    this.#state = 'unavailable'
  }

  #opened(bus: BluezBus, agent: PairingAgent): void {
    const end = new AbortController()
    const open = { bus, agent, path: this.#path, power: end.signal, end }
    this.#open = open
    this.#state = 'ready'
    this.#retryMs = FIRST_RETRY_MS
    this.#options.log.info({}, 'bluetooth ready')
    const fail = (reason: string) => {
      if (this.#open === open) this.#failed(reason)
    }
    bus.lost.addEventListener('abort', () => fail(messageOf(bus.lost.reason)), { once: true })
    bus.objects.on('changed', (path, target, changed) => {
      if (path === this.#path && target === ADAPTER) this.#changed(changed, fail)
      if (target === DEVICE && wasHeard(changed)) this.#heard(bus, path)
    })
    bus.objects.on('added', (path, interfaces) => {
      if (wasHeard(interfaces[DEVICE] ?? {})) this.#heard(bus, path)
    })
    bus.objects.on('removed', (path, interfaces) => {
      if (path === this.#path && interfaces.includes(ADAPTER)) fail('the adapter was removed')
    })
    this.scan.on({
      start: () => {
        bus.call(this.#path, ADAPTER, 'StartDiscovery').catch((error: unknown) => {
          if (refusalName(error) !== 'InProgress') fail(`discovery does not start: ${messageOf(error)}`)
        })
      },
      stop: () => void this.#stopDiscovery(bus),
    })
  }

  async #stopDiscovery(bus: BluezBus): Promise<void> {
    this.#stopping += 1
    try {
      await bus.call(this.#path, ADAPTER, 'StopDiscovery')
    } catch (error) {
      // It may have ended by itself; what counts is that it does not run.
      this.#options.log.info({ reason: refusalName(error) ?? messageOf(error) }, 'discovery was not stopped')
    }
    this.#stopping -= 1
    this.scan.stopped()
  }

  #changed(changed: Readonly<Record<string, unknown>>, fail: (reason: string) => void): void {
    if (changed['Powered'] === false) fail('the adapter went off')
    else if (changed['Discovering'] === false && this.#stopping === 0) this.scan.stopped()
  }

  #heard(bus: BluezBus, path: string): void {
    if (!path.startsWith(`${this.#path}/`)) return
    const seen = toAdvertisement(bus.objects.get(path)?.[DEVICE] ?? {})
    if (seen === undefined) return
    this.scan.heard()
    this.#options.heard(seen)
  }

  /** A deaf controller is reset by bluetoothd when it is switched off and on (abandonware/noble#136). */
  async #repair(step: Exclude<RadioStep, 'scan'>): Promise<void> {
    const open = this.#open
    if (open === undefined) return
    this.#options.log.warn({ state: step }, 'bluetooth hears nothing')
    if (step === 'adapter') this.restarts += 1
    else {
      this.powerCycles += 1
      try {
        await open.bus.set(this.#path, ADAPTER, 'Powered', new Variant('b', false))
      } catch (error) {
        this.#options.log.warn({ reason: messageOf(error) }, 'adapter was not switched')
      }
    }
    if (this.#open === open) this.#failed('nothing heard')
  }

  #failed(reason: string): void {
    if (this.#closed) return
    if (this.#state !== 'unavailable') this.#options.log.warn({ reason }, 'bluetooth unavailable')
    this.#state = 'unavailable'
    this.#end(reason)
    this.#timer?.cancel()
    this.#timer = this.#options.time.setTimeout(() => void this.open(), this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS)
  }

  #end(reason: string): void {
    const open = this.#open
    this.#open = undefined
    this.scan.off()
    open?.end.abort(new PreCareError('adapter-unavailable', reason))
    void open?.bus.close()
  }
}
