import { Variant } from 'dbus-native'
import { isPreCareError, PreCareError } from '../../../device-drivers/errors.ts'
import { reasonOf } from '../deadline.ts'
import type { Deadlines } from '../noble-deadlines.ts'
import type { OpenGattLink } from '../transport.ts'
import type { TransportLog } from '../transport-log.ts'
import type { HubTime } from '../transport-time.ts'
import { ValueQueue } from '../value-queue.ts'
import { BATTERY, type BluezBus, DEVICE, GATT_CHARACTERISTIC, property } from './bus.ts'
import { characteristicKey, interview, type Place } from './interview.ts'
import { fromBluez } from './refusals.ts'

export interface BluezLinkOptions {
  readonly address: string
  /** Object path of the device. */
  readonly path: string
  readonly bus: BluezBus
  readonly power: AbortSignal
  readonly time: HubTime
  readonly deadlines: Deadlines
  readonly log: TransportLog
  /** The device refused for want of a bond that bluetoothd believes to have. */
  readonly onRefusedBond: () => void
}

type GattPlace = Place & { readonly kind: 'gatt' }

/**
 * A device that bluetoothd has connected. Operations run one at a time; a lost link ends all of them and every
 * subscription. bluetoothd confirms an indication as soon as it has it, before the hub has seen it: nobody above can
 * hold that confirmation back, as the link of noble does.
 */
export class BluezLink implements OpenGattLink {
  readonly #options: BluezLinkOptions
  readonly #lost = new AbortController()
  readonly #queues = new Map<string, Set<ValueQueue>>()
  #places: ReadonlyMap<string, Place> = new Map()
  #turn: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(options: BluezLinkOptions) {
    this.#options = options
    const { objects } = options.bus
    objects.on('changed', this.#changed)
    objects.on('removed', this.#removed)
    options.power.addEventListener('abort', this.#powerOff, { once: true })
    this.#lost.signal.addEventListener('abort', () => {
      objects.off('changed', this.#changed)
      objects.off('removed', this.#removed)
      options.power.removeEventListener('abort', this.#powerOff)
      for (const queues of this.#queues.values()) for (const queue of queues) queue.end()
      this.#queues.clear()
    })
    if (options.power.aborted) this.#powerOff()
    // It may have gone between bluetoothd's word and this line.
    if (property(objects, options.path, DEVICE, 'Connected') !== true)
      this.#end(this.#error('link-lost', 'disconnected'))
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** The services are resolved: what the device has is known from here on. */
  resolved(): void {
    this.#places = interview(this.#options.bus.objects, this.#options.path)
  }

  has(service: string, characteristic: string): boolean {
    return this.#places.has(characteristicKey(service, characteristic))
  }

  async read(service: string, characteristic: string): Promise<Uint8Array> {
    const place = this.#find(service, characteristic)
    if (place.kind === 'battery') {
      const percent = property(this.#options.bus.objects, place.path, BATTERY, 'Percentage')
      return Uint8Array.of(typeof percent === 'number' ? percent : 0)
    }
    const value = await this.#operation(`read of ${characteristic}`, place, 'ReadValue', 'a{sv}', [{}])
    if (value instanceof Uint8Array) return Uint8Array.from(value)
    throw new PreCareError('device-refused', `read of ${characteristic}: bluetoothd gave no bytes`)
  }

  async write(service: string, characteristic: string, bytes: Uint8Array, mode?: 'request' | 'command'): Promise<void> {
    const place = this.#gatt(service, characteristic)
    const type = mode ?? (place.flags.includes('write') ? 'request' : 'command')
    const body = [Buffer.from(bytes), { type: new Variant('s', type) }]
    await this.#operation(`write of ${characteristic}`, place, 'WriteValue', 'aya{sv}', body)
  }

  async subscribe(
    service: string,
    characteristic: string,
    options: { readonly idleMs?: number } = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    const place = this.#gatt(service, characteristic)
    const { time, deadlines } = this.#options
    const queue = new ValueQueue(time, () => this.#fail(this.#error('link-lost', 'sent faster than it was read')))
    const queues = this.#queues.get(place.path) ?? new Set()
    // Before the device has accepted: its first value may come before bluetoothd's answer.
    this.#queues.set(place.path, queues.add(queue))
    const forget = () => {
      queue.end()
      queues.delete(queue)
    }
    try {
      if (queues.size === 1) await this.#operation(`subscription to ${characteristic}`, place, 'StartNotify')
    } catch (error) {
      forget()
      throw error
    }
    return this.#values(place, queue.read(options.idleMs ?? deadlines.idleMs), () => {
      forget()
      return queues.size === 0
    })
  }

  /** What bluetoothd has confirmed to the device comes before its answer to this, and is still read. */
  close(): Promise<void> {
    this.#closing ??= this.#disconnect().then(() => this.#end(this.#error('link-lost', 'was closed by the hub')))
    return this.#closing
  }

  /** bluetoothd takes one subscription of a client for each characteristic, and keeps it until the link ends. */
  async *#values(
    place: GattPlace,
    source: AsyncGenerator<Uint8Array>,
    forget: () => boolean,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* source
    } finally {
      if (forget() && !this.lost.aborted && this.#closing === undefined) {
        await this.#operation('end of a subscription', place, 'StopNotify').catch((error: unknown) => {
          if (!isPreCareError(error)) throw error
          this.#options.log.info({ address: this.#options.address, code: error.code }, 'subscription was not ended')
        })
      }
    }
  }

  #find(service: string, characteristic: string): Place {
    const found = this.#places.get(characteristicKey(service, characteristic))
    if (found !== undefined) return found
    throw this.#error('characteristic-missing', `has no ${characteristic} in ${service}`)
  }

  #gatt(service: string, characteristic: string): GattPlace {
    const place = this.#find(service, characteristic)
    if (place.kind === 'gatt') return place
    throw this.#error('device-refused', `gives ${characteristic} to bluetoothd only, to be read`)
  }

  /** After its turn. A deadline that passes closes the link, since bluetoothd's request stays pending. */
  #operation(
    what: string,
    place: GattPlace,
    member: string,
    signature?: string,
    body: unknown[] = [],
  ): Promise<unknown> {
    const { bus, deadlines, address } = this.#options
    const run = async (): Promise<unknown> => {
      if (this.lost.aborted) throw reasonOf(this.lost)
      if (this.#closing !== undefined) throw this.#error('link-lost', 'is being closed by the hub')
      try {
        return await bus.call(place.path, GATT_CHARACTERISTIC, member, signature ? { signature, body } : undefined, {
          ms: deadlines.operationMs,
          signals: [this.lost],
          expired: () => this.#error('operation-timeout', `did not answer ${what} in ${deadlines.operationMs} ms`),
        })
      } catch (error) {
        throw this.#refused(fromBluez(error, `${what} at ${address}`))
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

  #refused(error: PreCareError): PreCareError {
    if (error.code === 'pairing-failed') this.#options.onRefusedBond()
    if (error.code !== 'device-refused') this.#fail(error)
    return error
  }

  readonly #changed = (path: string, target: string, changed: Record<string, unknown>): void => {
    if (path === this.#options.path && target === DEVICE && changed['Connected'] === false) {
      this.#end(this.#error('link-lost', 'disconnected'))
    }
    const value = target === GATT_CHARACTERISTIC ? changed['Value'] : undefined
    if (!(value instanceof Uint8Array)) return
    for (const queue of this.#queues.get(path) ?? []) queue.push(Uint8Array.from(value))
  }

  readonly #removed = (path: string, interfaces: readonly string[]): void => {
    if (path === this.#options.path && interfaces.includes(DEVICE)) this.#end(this.#error('link-lost', 'was removed'))
  }

  readonly #powerOff = (): void => this.#end(this.#error('link-lost', 'was lost with the adapter'))

  /** The link is of no use any more: everybody is told, and it is closed. */
  #fail(error: PreCareError): void {
    if (this.#closing !== undefined) return
    this.#closing = this.#disconnect()
    this.#end(error)
  }

  #end(error: PreCareError): void {
    if (!this.lost.aborted) this.#lost.abort(error)
  }

  async #disconnect(): Promise<void> {
    const { bus, path, address, deadlines, log, power } = this.#options
    if (power.aborted || this.#isGone()) return
    try {
      await bus.call(path, DEVICE, 'Disconnect', undefined, { ms: deadlines.closeMs, signals: [power] })
    } catch (error) {
      // Already gone, or gone with the adapter; bluetoothd ends what is left with our connection to the bus.
      log.info({ address, code: fromBluez(error, 'disconnect').code }, 'link was not closed in time')
    }
  }

  #isGone(): boolean {
    return property(this.#options.bus.objects, this.#options.path, DEVICE, 'Connected') !== true
  }

  #error(code: PreCareError['code'], what: string): PreCareError {
    return new PreCareError(code, `${this.#options.address} ${what}`)
  }
}
