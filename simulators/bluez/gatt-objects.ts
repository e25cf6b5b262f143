import type { MessageBus } from 'dbus-native'
import {
  AttError,
  type CharacteristicDefinition,
  type PeripheralLink,
  type ServiceDefinition,
} from '../bluetooth/peripheral.ts'
import { BluezError, BusObject, type Method } from './bus-object.ts'
import { bluezUuid } from './device-properties.ts'

/** Services that bluetoothd keeps to itself: access, attribute and battery (src/gatt-client.c, profiles/). */
const CLAIMED: ReadonlySet<string> = new Set(['1800', '1801', '180F'])
const BATTERY_LEVEL = '2A19'

export interface GattSurroundings {
  readonly link: () => PeripheralLink | undefined
  /** Encrypts the link if the characteristic wants it. @throws BluezError when that fails */
  readonly secure: (characteristic: CharacteristicDefinition) => Promise<void>
}

export interface GattObjects {
  /** A notification or indication of the device; false when nobody asked for it. */
  push(characteristic: string, bytes: Uint8Array): boolean
  /** The subscriptions end with the link. */
  disconnected(): void
  remove(): void
}

/** Exports the services of one device below its object. */
export function exportServices(
  bus: MessageBus,
  device: string,
  services: readonly ServiceDefinition[],
  around: GattSurroundings,
): GattObjects {
  const objects: BusObject[] = []
  const characteristics = new Map<string, BusObject>()
  const notifying = new Set<string>()
  services.forEach((service, index) => {
    if (service.uuid === '180F') objects.push(...battery(bus, device, service))
    if (CLAIMED.has(service.uuid)) return
    const path = `${device}/service${String(index).padStart(4, '0')}`
    const properties = { UUID: ['s', bluezUuid(service.uuid)], Device: ['o', device], Primary: ['b', true] } as const
    objects.push(new BusObject(bus, path, 'org.bluez.GattService1', {}, properties))
    service.characteristics.forEach((characteristic, at) => {
      const object: BusObject = new BusObject(
        bus,
        `${path}/char${String(at).padStart(4, '0')}`,
        'org.bluez.GattCharacteristic1',
        methods(characteristic, around, notifying, (): BusObject => object),
        {
          UUID: ['s', bluezUuid(characteristic.uuid)],
          Service: ['o', path],
          Flags: ['as', [...characteristic.properties]],
          Notifying: ['b', false],
        },
      )
      objects.push(object)
      characteristics.set(characteristic.uuid, object)
    })
  })
  return {
    push: (characteristic, bytes) => {
      if (!notifying.has(characteristic)) return false
      characteristics.get(characteristic)?.set({ Value: ['ay', Buffer.from(bytes)] })
      return true
    },
    disconnected: () => notifying.clear(),
    remove: () => {
      for (const object of objects) object.remove()
    },
  }
}

function battery(bus: MessageBus, device: string, service: ServiceDefinition): BusObject[] {
  const level = service.characteristics.find(({ uuid }) => uuid === BATTERY_LEVEL)?.value
  const value = typeof level === 'function' ? level() : level
  if (value === undefined) return []
  return [new BusObject(bus, device, 'org.bluez.Battery1', {}, { Percentage: ['y', value[0] ?? 0] })]
}

function methods(
  characteristic: CharacteristicDefinition,
  around: GattSurroundings,
  notifying: Set<string>,
  self: () => BusObject,
): Record<string, Method> {
  const { uuid, properties, value, onWrite, onSubscribe } = characteristic
  const pushes = properties.find((property) => property === 'indicate' || property === 'notify')
  const linked = async <T>(allowed: boolean, work: (link: PeripheralLink) => T): Promise<T> => {
    const link = around.link()
    if (link === undefined) throw new BluezError('Failed', 'Not connected')
    if (!allowed) throw new BluezError('NotSupported', 'Operation is not supported')
    await around.secure(characteristic)
    try {
      return work(link)
    } catch (error) {
      if (!(error instanceof AttError)) throw error
      throw new BluezError('Failed', `Operation failed with ATT error: 0x${error.code.toString(16).padStart(2, '0')}`)
    }
  }
  return {
    ReadValue: {
      takes: 'a{sv}',
      gives: 'ay',
      call: () =>
        linked(properties.includes('read'), () =>
          Buffer.from((typeof value === 'function' ? value() : value) ?? new Uint8Array()),
        ),
    },
    WriteValue: {
      takes: 'aya{sv}',
      gives: '',
      call: ([bytes]) =>
        linked(properties.includes('write') || properties.includes('write-without-response'), (link) =>
          onWrite?.(bytes instanceof Uint8Array ? Uint8Array.from(bytes) : new Uint8Array(), link),
        ),
    },
    StartNotify: {
      takes: '',
      gives: '',
      call: () =>
        linked(pushes !== undefined, (link) => {
          if (notifying.has(uuid)) throw new BluezError('InProgress', 'Operation already in progress')
          notifying.add(uuid)
          self().set({ Notifying: ['b', true] })
          // Before the answer: a device in a hurry is heard first, as often in the air.
          onSubscribe?.(link, pushes === 'notify' ? 'notify' : 'indicate')
        }),
    },
    StopNotify: {
      takes: '',
      gives: '',
      call: () =>
        linked(true, (link) => {
          notifying.delete(uuid)
          self().set({ Notifying: ['b', false] })
          onSubscribe?.(link, 'none')
        }),
    },
  }
}
