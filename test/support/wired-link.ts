import type { GattLink } from '../../device-drivers/driver.ts'
import { PreCareError } from '../../device-drivers/errors.ts'
import { ValueQueue } from '../../gateway/transport/value-queue.ts'
import {
  AttError,
  type CharacteristicDefinition,
  type PeripheralDefinition,
  type PeripheralLink,
  type SimulatedTime,
} from '../../simulators/bluetooth/peripheral.ts'
import type { PeripheralPlace } from '../../simulators/devices/device.ts'

/**
 * A simulated device on a wire instead of the air: the driver's link is the device's own handlers. For tests of what is
 * said, with the real queues and any time; that it also works over a radio is tested elsewhere.
 */

export interface Wire {
  readonly place: PeripheralPlace
  /** @throws TypeError when nothing is attached */
  connect(): GattLink & { close(): void }
}

const same = (a: string, b: string): boolean => a.toUpperCase() === b.toUpperCase()
const IDLE_MS = 5_000
/** A question and its answer take a connection interval. */
const READ_MS = 10

export function wire(time: SimulatedTime): Wire {
  let definition: PeripheralDefinition | undefined
  const place: PeripheralPlace = {
    attach: (attached) => {
      definition = attached
      return {
        definition: attached,
        startAdvertising: () => undefined,
        stopAdvertising: () => undefined,
        link: undefined,
        forgetBond: () => undefined,
        detach: () => undefined,
      }
    },
  }
  return {
    place,
    connect() {
      if (definition === undefined) throw new TypeError('nothing is attached')
      return connected(definition, time)
    },
  }
}

function connected(definition: PeripheralDefinition, time: SimulatedTime): GattLink & { close(): void } {
  const queues = new Map<string, ValueQueue>()
  let open = true
  let confirmed: Promise<void> = Promise.resolve()
  const find = (service: string, uuid: string): CharacteristicDefinition | undefined =>
    definition.services.find((s) => same(s.uuid, service))?.characteristics.find((c) => same(c.uuid, uuid))
  const close = (): void => {
    if (!open) return
    open = false
    for (const queue of queues.values()) queue.end()
    definition.onDisconnect?.(0x13)
  }
  const peer: PeripheralLink = {
    encrypted: true,
    mtu: 247,
    notify: (uuid, bytes) => {
      if (open) queues.get(uuid.toUpperCase())?.push(bytes)
      return open && queues.has(uuid.toUpperCase())
    },
    indicate: (uuid, bytes) => {
      const queue = queues.get(uuid.toUpperCase())
      if (!open || queue === undefined) return Promise.reject(new PreCareError('link-lost', 'nobody listens'))
      // Confirmed when the reader asks for the next one, or leaves; only then the next goes out (Core, Vol 3, Part F, 3.3.2).
      confirmed = confirmed.then(() => new Promise<void>((resolve) => queue.push(bytes, resolve)))
      return confirmed
    },
    disconnect: close,
  }
  const attempt = <T>(what: string, act: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      if (!open) return reject(new PreCareError('link-lost', 'the device hung up'))
      try {
        resolve(act())
      } catch (error) {
        if (!(error instanceof AttError)) throw error
        reject(new PreCareError('device-refused', `${what} was refused, ATT error 0x${error.code.toString(16)}`))
      }
    })
  definition.onConnect?.(peer)
  return {
    close,
    has: (service, uuid) => find(service, uuid) !== undefined,
    read: async (service, uuid) => {
      await new Promise<void>((resolve) => void time.setTimeout(resolve, READ_MS))
      return attempt(`read of ${uuid}`, () => {
        const value = find(service, uuid)?.value
        return (typeof value === 'function' ? value() : value) ?? new Uint8Array()
      })
    },
    write: (service, uuid, bytes) => attempt(`write of ${uuid}`, () => find(service, uuid)?.onWrite?.(bytes, peer)),
    subscribe: (service, uuid, options) =>
      attempt(`subscription to ${uuid}`, () => {
        const queue = new ValueQueue(
          { now: () => time.now(), setTimeout: (callback, ms) => time.setTimeout(callback, ms) },
          () => undefined,
        )
        queues.set(uuid.toUpperCase(), queue)
        const found = find(service, uuid)
        found?.onSubscribe?.(peer, found.properties.includes('indicate') ? 'indicate' : 'notify')
        return queue.read(options?.idleMs ?? IDLE_MS)
      }),
  }
}
