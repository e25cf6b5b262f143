import type { ManagedObjects } from 'dbus-native'
import { projectUuid } from '../advertisement.ts'
import { BATTERY, GATT_CHARACTERISTIC, GATT_SERVICE } from './bus.ts'

/** Where one characteristic is. */
export type Place =
  | { readonly kind: 'gatt'; readonly path: string; readonly flags: readonly string[] }
  /** bluetoothd keeps the Battery Service to itself and gives its level as a property (BlueZ, profiles/battery). */
  | { readonly kind: 'battery'; readonly path: string }

const BATTERY_LEVEL = characteristicKey('180F', '2A19')

export function characteristicKey(service: string, characteristic: string): string {
  return `${projectUuid(service)}/${projectUuid(characteristic)}`
}

/** The characteristics of a device whose services bluetoothd has resolved. */
export function interview(objects: ManagedObjects, device: string): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>()
  const services = objects.filter(GATT_SERVICE)
  for (const [path, { UUID, Service, Flags }] of Object.entries(objects.filter(GATT_CHARACTERISTIC))) {
    const service = typeof Service === 'string' ? services[Service] : undefined
    if (!path.startsWith(`${device}/`) || typeof service?.['UUID'] !== 'string' || typeof UUID !== 'string') continue
    const flags = Array.isArray(Flags) ? Flags.filter((flag) => typeof flag === 'string') : []
    places.set(characteristicKey(service['UUID'], UUID), { kind: 'gatt', path, flags })
  }
  if (objects.get(device)?.[BATTERY] !== undefined && !places.has(BATTERY_LEVEL)) {
    places.set(BATTERY_LEVEL, { kind: 'battery', path: device })
  }
  return places
}
