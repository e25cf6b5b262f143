import type { Advertisement } from '../../../device-drivers/driver.ts'
import { projectUuid } from '../advertisement.ts'

type Properties = Readonly<Record<string, unknown>>

/** What bluetoothd reports anew when it heard a device; the rest of a change is about something else. */
const HEARD: readonly string[] = ['RSSI', 'ManufacturerData', 'ServiceData']
/** Not measured (Core, Vol 4, Part E, 7.7.65.2). */
const NO_RSSI = 127

/** True when these properties of a device come from an advertisement that was received just now. */
export function wasHeard(changed: Properties): boolean {
  return HEARD.some((name) => changed[name] !== undefined)
}

/**
 * A device's properties as an advertisement. bluetoothd keeps what it has heard and merges it; it does not say whether a
 * device can be connected, so that each is taken to be.
 * @returns undefined when the properties are no device's
 */
export function toAdvertisement(device: Properties): Advertisement | undefined {
  const { Address, AddressType, Name, UUIDs, RSSI, ManufacturerData, ServiceData } = device
  if (typeof Address !== 'string') return undefined
  const manufacturerData = firstCompany(ManufacturerData)
  return {
    address: Address.toLowerCase(),
    addressType: AddressType === 'random' ? 'random' : 'public',
    ...(typeof Name === 'string' ? { name: Name } : {}),
    services: (Array.isArray(UUIDs) ? UUIDs : []).filter((uuid) => typeof uuid === 'string').map(projectUuid),
    ...(manufacturerData === undefined ? {} : { manufacturerData }),
    serviceData: Object.fromEntries(
      Object.entries(typeof ServiceData === 'object' && ServiceData !== null ? ServiceData : {}).flatMap(
        ([uuid, data]) => (data instanceof Uint8Array ? [[projectUuid(uuid), Uint8Array.from(data)]] : []),
      ),
    ),
    connectable: true,
    rssi: typeof RSSI === 'number' ? RSSI : NO_RSSI,
  }
}

/** a{qv} by company id, as text; on air the company comes first, little-endian. */
function firstCompany(data: unknown): Uint8Array | undefined {
  const [company, bytes] = Object.entries(typeof data === 'object' && data !== null ? data : {})[0] ?? []
  if (!(bytes instanceof Uint8Array)) return undefined
  return Uint8Array.of(Number(company) & 0xff, Number(company) >>> 8, ...bytes)
}
