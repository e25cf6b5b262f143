import type { Advertisement, BleDriver, BroadcastDriver, RawRecord } from '../device-drivers/driver.ts'
import { isPreCareError, PreCareError } from '../device-drivers/errors.ts'
import type { HubClock } from './hub-clock.ts'
import { errorFields, type Log } from './log.ts'
import type { Conversation } from './session.ts'
import type { BleTransport, OpenGattLink } from './transport/transport.ts'
import type { Visits } from './visits.ts'

/** A glucose meter with a full memory takes minutes at one record per connection interval. */
const VISIT_DEADLINE_MS = 5 * 60_000
/** Four links at once are proven with one adapter; a fifth device waits for its next advertisement. */
const MAX_LINKS = 4
/** After a visit that brought something: time to hang up and to advertise anew. */
const REST_MS = 2_000
/** After a visit without news: a device that advertises for ever is not to be asked for ever. */
const IDLE_REST_MS = 10_000
/** After a failure, doubled each time: some devices advertise for three seconds only. */
const RETRY_MS = 500
const RETRY_CAP_MS = 30_000
/** A broadcasting device repeats one measurement for a while; the same bytes within this are the same measurement. */
const BROADCAST_REPEAT_MS = 60_000

export interface BluetoothDevice {
  readonly id: string
  readonly address: string
  readonly driver: BleDriver | BroadcastDriver
  readonly options: Conversation['options']
}

interface Known {
  readonly device: BluetoothDevice
  busy: boolean
  restUntil: number
  failures: number
  broadcast?: { readonly hex: string; readonly at: number }
}

export interface BluetoothVisitsOptions {
  readonly ble: BleTransport
  readonly devices: readonly BluetoothDevice[]
  readonly visits: Pick<Visits, 'make' | 'memory' | 'unreachable'>
  readonly clock: HubClock
  readonly log: Log
  readonly onUnknown: (seen: Advertisement) => void
}

/** Decides, advertisement by advertisement, when to visit a device: never twice at once, and with rests in between. */
export class BluetoothVisits {
  readonly #options: BluetoothVisitsOptions
  readonly #known: Map<string, Known>
  readonly #underWay = new Set<Promise<void>>()
  #listener: ((seen: Advertisement) => void) | undefined

  constructor(options: BluetoothVisitsOptions) {
    this.#options = options
    this.#known = new Map(
      options.devices.map((device) => [device.address, { device, busy: false, restUntil: 0, failures: 0 }]),
    )
  }

  /** From now on visited like the configured ones; in the place of whatever had its address. */
  add(device: BluetoothDevice): void {
    this.#known.set(device.address, { device, busy: false, restUntil: 0, failures: 0 })
  }

  /** A visit under way goes on to its end. */
  remove(id: string): void {
    for (const [address, { device }] of this.#known) if (device.id === id) this.#known.delete(address)
  }

  /** Tells of every advertisement, of strangers too; undefined: of none any more. */
  listen(listener: ((seen: Advertisement) => void) | undefined): void {
    this.#listener = listener
  }

  start(signal: AbortSignal): void {
    this.#options.ble.start((seen) => this.#heard(seen, signal), signal)
  }

  /** Resolves when no visit is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  #heard(seen: Advertisement, signal: AbortSignal): void {
    this.#listener?.(seen)
    const known = this.#known.get(seen.address)
    if (known === undefined) {
      this.#options.onUnknown(seen)
      return
    }
    const { driver } = known.device
    if (signal.aborted || known.busy) return
    if (driver.transport === 'broadcast') {
      this.#listen(known, driver, seen, signal)
      return
    }
    if (!seen.connectable || this.#options.clock.now() < known.restUntil || this.#underWay.size >= MAX_LINKS) return
    if (driver.due?.(seen, this.#options.visits.memory(known.device.id)) === false) return
    this.#keepBusy(known, () => this.#visit(known, driver, seen, signal))
  }

  #keepBusy(known: Known, work: () => Promise<void>): void {
    known.busy = true
    const done = work().finally(() => {
      known.busy = false
      this.#underWay.delete(done)
    })
    this.#underWay.add(done)
  }

  async #visit(known: Known, driver: BleDriver, seen: Advertisement, signal: AbortSignal): Promise<void> {
    const { ble, visits, clock, log } = this.#options
    const { id, address } = known.device
    let link: OpenGattLink | undefined
    try {
      link = await ble.connect(address, signal)
      const report = await visits.make(conversation(known.device, driver, link, seen), VISIT_DEADLINE_MS, signal)
      if (report.failure !== undefined) return this.#failed(known)
      known.failures = 0
      known.restUntil = clock.now() + (report.stored > 0 ? REST_MS : IDLE_REST_MS)
    } catch (error) {
      this.#failed(known)
      if (link !== undefined || signal.aborted) return
      const failure = isPreCareError(error) ? error : new PreCareError('link-lost', 'connect failed', { cause: error })
      if (known.failures === 1) log.warn('connect-failed', { device: id, ...errorFields(failure) })
      await visits.unreachable(id, failure.code)
    } finally {
      await link?.close().catch((error: unknown) => log.warn('close-failed', { device: id, ...errorFields(error) }))
    }
  }

  #failed(known: Known): void {
    known.restUntil = this.#options.clock.now() + Math.min(RETRY_CAP_MS, RETRY_MS * 2 ** Math.min(known.failures, 10))
    known.failures += 1
  }

  #listen(known: Known, driver: BroadcastDriver, seen: Advertisement, signal: AbortSignal): void {
    const { clock, visits } = this.#options
    if (clock.now() < known.restUntil) return
    const record = driver.match(seen) ? driver.record(seen) : undefined
    if (record === undefined) return
    const hex = Buffer.from(record[0].bytes).toString('hex')
    const before = known.broadcast
    const at = clock.now()
    if (before?.hex === hex && at - before.at < BROADCAST_REPEAT_MS) {
      known.broadcast = { hex, at }
      return
    }
    this.#keepBusy(known, async () => {
      try {
        await visits.make(oneRecord(known.device, driver, record), VISIT_DEADLINE_MS, signal)
        known.broadcast = { hex, at }
        known.failures = 0
      } catch (error) {
        // Said in the log where it happened; a later advertisement brings the record again.
        if (!isPreCareError(error)) throw error
        this.#failed(known)
      }
    })
  }
}

function conversation(
  { id, options }: BluetoothDevice,
  driver: BleDriver,
  link: OpenGattLink,
  advertisement: Advertisement,
): Conversation {
  return {
    device: id,
    about: driver.about,
    options,
    decode: (record) => driver.decode(record),
    events: (visit) => driver.session(link, { ...visit, advertisement }),
    ...(driver.commit === undefined ? {} : { commit: async (record) => driver.commit?.(link, record) }),
  }
}

function oneRecord({ id, options }: BluetoothDevice, driver: BroadcastDriver, record: RawRecord): Conversation {
  return {
    device: id,
    about: driver.about,
    options,
    decode: (heard) => driver.decode(heard),
    async *events() {
      yield { type: 'record', record }
    },
  }
}
