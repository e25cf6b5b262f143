import { Variant } from 'dbus-native'
import type { PeripheralDefinition } from '../bluetooth/peripheral.ts'
import type { Typed } from './bus-object.ts'

const BASE = '-0000-1000-8000-00805f9b34fb'
const DEFAULT_RSSI = -60

/** '0000180d-0000-1000-8000-00805f9b34fb', as bluetoothd writes each. */
export function bluezUuid(uuid: string): string {
  const hex = uuid.replaceAll('-', '').toLowerCase()
  if (hex.length === 4) return `0000${hex}${BASE}`
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

export function addressProperties(definition: PeripheralDefinition, adapter: string): Record<string, Typed> {
  return {
    Address: ['s', definition.address.toUpperCase()],
    AddressType: ['s', definition.addressType],
    Adapter: ['o', adapter],
    Paired: ['b', false],
    Bonded: ['b', false],
    Trusted: ['b', false],
    Connected: ['b', false],
    ServicesResolved: ['b', false],
  }
}

/** What one advertising event makes of the properties; a name in the scan response comes with it. */
export function advertisedProperties({ rssi, advertising }: PeripheralDefinition): Record<string, Typed> {
  const { name, services = [], manufacturerData, serviceData } = advertising()
  const company = (manufacturerData?.[0] ?? 0) | ((manufacturerData?.[1] ?? 0) << 8)
  return {
    RSSI: ['n', rssi ?? DEFAULT_RSSI],
    UUIDs: ['as', services.map(bluezUuid)],
    ...(name === undefined ? {} : { Name: ['s', name], Alias: ['s', name] }),
    ...(manufacturerData === undefined
      ? {}
      : { ManufacturerData: ['a{qv}', [[company, new Variant('ay', Buffer.from(manufacturerData.subarray(2)))]]] }),
    ...(serviceData === undefined
      ? {}
      : {
          ServiceData: [
            'a{sv}',
            Object.entries(serviceData).map(([uuid, data]) => [bluezUuid(uuid), new Variant('ay', Buffer.from(data))]),
          ],
        }),
  }
}
