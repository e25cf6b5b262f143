import { isPreCareError, messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { projectUuid } from './advertisement.ts'
import type { Bond } from './bonds.ts'
import { reasonOf, withDeadline } from './deadline.ts'
import { disconnection } from './hci-reason.ts'
import type { Channel, ChannelEvents } from './noble-channel.ts'
import type { Deadlines } from './noble-deadlines.ts'
import type { NobleCharacteristic, NoblePeripheral } from './noble-types.ts'
import type { OpenGattLink } from './transport.ts'
import type { HubTime } from './transport-time.ts'
import { ValueQueue } from './value-queue.ts'

/** ATT error codes (Core, Vol 3, Part F, 3.4.1.1). */
const SECURITY_CODES: ReadonlySet<number> = new Set([0x05, 0x08, 0x0c, 0x0f])
const INVALID_PDU = 0x04
/** The normal ends of a long read whose value ends with a full packet: invalid offset, attribute not long. */
const END_OF_VALUE: ReadonlySet<number> = new Set([0x07, 0x0b])
/** Prepare and Execute Write: after a refusal in the middle noble's other parts of the write are still queued. */
const LONG_WRITE_REQUESTS: ReadonlySet<number> = new Set([0x16, 0x18])
/** An ATT packet's header before the value of a write (opcode and handle). */
const WRITE_HEADER = 3
const DEFAULT_MTU = 23

interface Running {
  /** Refused by the peer, with the ATT error code. */
  refused(code: number): void
}

/** A connected device. Operations run one at a time; a lost link ends all of them and every subscription. */
export class NobleLink implements OpenGattLink {
  readonly address: string
  readonly #peripheral: NoblePeripheral
  readonly #channel: Channel
  readonly #time: HubTime
  readonly #deadlines: Deadlines
  readonly #lost = new AbortController()
  readonly #down = Promise.withResolvers<void>()
  readonly #characteristics = new Map<string, NobleCharacteristic>()
  readonly #queues = new Set<ValueQueue>()
  readonly #dropLink: () => void
  #turn: Promise<unknown> = Promise.resolve()
  #running: Running | undefined
  #closing: Promise<void> | undefined

  constructor(options: {
    readonly peripheral: NoblePeripheral
    readonly open: (events: ChannelEvents) => Channel
    readonly time: HubTime
    readonly deadlines: Deadlines
    /** New keys; on disk when it returns. */
    readonly onBond: (bond: Bond) => void
    /** Ends the link in noble's books when the controller does not. */
    readonly dropLink: () => void
  }) {
    this.#peripheral = options.peripheral
    this.address = options.peripheral.address.toLowerCase()
    this.#time = options.time
    this.#deadlines = options.deadlines
    this.#dropLink = options.dropLink
    this.#channel = options.open({
      refused: (request, code) => this.#refused(request, code),
      malformed: () => this.#fail(new PreCareError('packet-malformed', `${this.address} sent a malformed packet`)),
      pairingFailed: () => this.#fail(new PreCareError('pairing-failed', `${this.address} did not pair`)),
      securityRequested: () => {
        // With stored keys the encryption is on its way already; whether the device knows them is not said yet.
        if (this.#encryption === undefined) this.#channel.pair()
        else this.#asked = true
      },
      encryption: (on) => this.#encryption?.(on),
      bonded: options.onBond,
    })
    this.#peripheral.once('disconnect', (reason: number) => this.#disconnected(reason))
  }

  #encryption: ((on: boolean) => void) | undefined
  /** The device asked for security while stored keys were tried. */
  #asked = false

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Resolves when noble and the controller know of no link any more. */
  get down(): Promise<void> {
    return this.#down.promise
  }

  /** Encrypts with stored keys; false when the device does not know them any more. */
  encryptWith(bond: Bond, signal: AbortSignal): Promise<boolean> {
    return this.#encrypted(() => this.#channel.encryptWith(bond), this.#deadlines.encryptMs, signal)
  }

  /**
   * To be called when the stored keys did not do: pairs anew if the device asked for security. It asks once per link,
   * and may say nothing before the link is encrypted.
   * @throws PreCareError 'pairing-failed' and what else ends a link
   */
  async pairIfAsked(signal: AbortSignal): Promise<void> {
    if (this.#asked) await this.#encrypted(() => this.#channel.pair(), this.#deadlines.operationMs, signal)
  }

  async #encrypted(start: () => void, ms: number, signal: AbortSignal): Promise<boolean> {
    const outcome = new Promise<boolean>((resolve) => {
      this.#encryption = resolve
    })
    start()
    try {
      return await this.#within(outcome, ms, 'encryption', [signal])
    } finally {
      this.#encryption = undefined
    }
  }

  /** Finds everything there is. noble's own "all services" never calls back for a device without services. */
  async interview(signal: AbortSignal): Promise<void> {
    await this.#within(this.#discover(), this.#deadlines.interviewMs, 'discovery', [signal])
  }

  async #discover(): Promise<void> {
    for (const service of await this.#peripheral.discoverServicesAsync([])) {
      for (const characteristic of await service.discoverCharacteristicsAsync([])) {
        this.#characteristics.set(key(service.uuid, characteristic.uuid), characteristic)
      }
    }
  }

  has(service: string, characteristic: string): boolean {
    return this.#characteristics.has(key(service, characteristic))
  }

  async read(service: string, characteristic: string): Promise<Uint8Array> {
    const found = this.#find(service, characteristic)
    let refusedWith: number | undefined
    return await this.#operation(`read of ${characteristic}`, (running) => {
      running.refused = (code) => {
        refusedWith = code
      }
      return found.readAsync().then((value) => {
        // noble gives what it has: nothing, or the first part of a long value.
        const ended = refusedWith === undefined || (value.length > 0 && END_OF_VALUE.has(refusedWith))
        if (!ended) throw refusal(`read of ${characteristic}`, refusedWith)
        return Uint8Array.from(value)
      })
    })
  }

  async write(service: string, characteristic: string, bytes: Uint8Array, mode?: 'request' | 'command'): Promise<void> {
    const found = this.#find(service, characteristic)
    const room = (this.#peripheral.mtu ?? DEFAULT_MTU) - WRITE_HEADER
    const wanted = mode ?? (found.properties.includes('write') ? 'request' : 'command')
    // A command that is too long for one packet is cut off by noble without a word; a request may be long.
    const command = wanted === 'command' && bytes.length <= room
    await this.#operation(`write of ${characteristic}`, (running) => {
      const refused = new Promise<void>((_, reject) => {
        running.refused = (code) => reject(refusal(`write of ${characteristic}`, code))
      })
      return Promise.race([refused, found.writeAsync(Buffer.from(bytes), command)])
    })
  }

  async subscribe(
    service: string,
    characteristic: string,
    options: { readonly idleMs?: number } = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    const found = this.#find(service, characteristic)
    const queue = new ValueQueue(this.#time, () =>
      this.#fail(new PreCareError('link-lost', `${this.address} sent values faster than they were read`)),
    )
    const onData = (value: Buffer, isNotification: boolean) => {
      if (isNotification) queue.push(Uint8Array.from(value), this.#channel.claimIndication())
    }
    // Before the device has accepted: its first value may come in the same packet burst as its answer.
    found.on('data', onData)
    this.#queues.add(queue)
    const stop = () => {
      found.off('data', onData)
      this.#queues.delete(queue)
      queue.end()
    }
    try {
      await this.#operation(`subscription to ${characteristic}`, (running) => {
        const refused = new Promise<void>((_, reject) => {
          running.refused = (code) => reject(refusal(`subscription to ${characteristic}`, code))
        })
        return Promise.race([refused, found.subscribeAsync()])
      })
    } catch (error) {
      stop()
      throw error
    }
    return values(queue.read(options.idleMs ?? this.#deadlines.idleMs), stop)
  }

  close(): Promise<void> {
    this.#fail(new PreCareError('link-lost', `${this.address} was closed by the hub`))
    return this.#closing ?? Promise.resolve()
  }

  #find(service: string, characteristic: string): NobleCharacteristic {
    const found = this.#characteristics.get(key(service, characteristic))
    if (found) return found
    throw new PreCareError('characteristic-missing', `${this.address} has no ${characteristic} in ${service}`)
  }

  /** After its turn. A deadline that passes closes the link: ATT has no way to go on after an unanswered request. */
  #operation<T>(what: string, start: (running: Running) => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      if (this.#lost.signal.aborted) throw reasonOf(this.#lost.signal)
      const running: Running = { refused: () => undefined }
      this.#running = running
      try {
        return await this.#within(start(running), this.#deadlines.operationMs, what, [])
      } finally {
        if (this.#running === running) this.#running = undefined
      }
    }
    const result = this.#turn.then(run, run)
    // The next one waits for the end of this one, however it ends; the error goes to its own caller.
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    )
    return result
  }

  async #within<T>(work: Promise<T>, ms: number, what: string, signals: readonly AbortSignal[]): Promise<T> {
    try {
      return await withDeadline(work, {
        time: this.#time,
        ms,
        signals: [this.#lost.signal, ...signals],
        expired: () =>
          this.#channel.pairing
            ? new PreCareError('pairing-failed', `${this.address} did not finish pairing`)
            : new PreCareError('operation-timeout', `${what} at ${this.address} was not answered in ${ms} ms`),
      })
    } catch (error) {
      const typed = isPreCareError(error)
        ? error
        : new PreCareError('device-refused', `${what} at ${this.address}: ${messageOf(error)}`, { cause: error })
      if (typed.code !== 'device-refused') this.#fail(typed)
      throw typed
    }
  }

  #refused(request: number, code: number): void {
    const running = this.#running
    if (running === undefined) return
    running.refused(code)
    if (code === INVALID_PDU || LONG_WRITE_REQUESTS.has(request)) {
      // noble keeps the refused request pending (gatt.js:137) or sends the rest of it: nothing after it would be right.
      this.#fail(new PreCareError('device-refused', `${this.address} refused request 0x${request.toString(16)}`))
    }
  }

  #disconnected(reason: number): void {
    const lost = disconnection(this.address, reason, this.#channel.pairing)
    this.#lost.abort(lost)
    this.#endQueues()
    // Late answers of noble must find nobody; the peripheral object lives on for the next visit.
    this.#peripheral.removeAllListeners()
    this.#down.resolve()
  }

  /** The link is of no use any more: everybody is told, and it is closed. */
  #fail(error: PreCareError): void {
    if (this.#closing) return
    this.#closing = this.#disconnect()
    if (!this.#lost.signal.aborted) this.#lost.abort(error)
    this.#endQueues()
  }

  async #disconnect(): Promise<void> {
    // noble would disconnect handle 0, somebody else's link, if it were not connected, and never call back.
    if (this.#peripheral.state === 'connected') this.#peripheral.disconnect()
    try {
      await withDeadline(this.#down.promise, {
        time: this.#time,
        ms: this.#deadlines.closeMs,
        expired: () => new PreCareError('operation-timeout', 'the controller did not close the link'),
      })
    } catch (error) {
      if (!isPreCareError(error, 'operation-timeout')) throw error
      this.#dropLink()
    }
  }

  #endQueues(): void {
    for (const queue of this.#queues) queue.end()
    this.#queues.clear()
  }
}

function key(service: string, characteristic: string): string {
  return `${projectUuid(service)}/${projectUuid(characteristic)}`
}

function refusal(what: string, code: number | undefined): PreCareError {
  const hex = code === undefined ? 'unknown' : `0x${code.toString(16).padStart(2, '0')}`
  return code !== undefined && SECURITY_CODES.has(code)
    ? new PreCareError('pairing-failed', `${what} needs more security than this hub can give, ATT error ${hex}`)
    : new PreCareError('device-refused', `${what} was refused, ATT error ${hex}`)
}

/** Stops listening as soon as the reader does. */
async function* values(source: AsyncGenerator<Uint8Array>, stop: () => void): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* source
  } finally {
    stop()
  }
}
