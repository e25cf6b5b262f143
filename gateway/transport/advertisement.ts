import type { Advertisement } from '../../device-drivers/driver.ts'
import type { NobleAdvertisement } from './noble-types.ts'

/** The Bluetooth Base UUID without its first 32 bits (Core, Vol 3, Part B, 2.5.1). */
const BASE_UUID_TAIL = '00001000800000805F9B34FB'

/**
 * noble writes a 16-bit UUID without leading zeros and in lower case ('180d', but also 'fe'); the project writes four
 * digits, or 32, in upper case. A 128-bit form of a SIG UUID becomes short.
 */
export function projectUuid(uuid: string): string {
  const upper = uuid.replaceAll('-', '').toUpperCase()
  if (upper.length <= 4) return upper.padStart(4, '0')
  const full = upper.length <= 8 ? upper.padStart(8, '0') + BASE_UUID_TAIL : upper
  return full.startsWith('0000') && full.endsWith(BASE_UUID_TAIL) ? full.slice(4, 8) : full
}

/**
 * A copy: noble keeps one advertisement object for each device and changes it with every packet
 * (abandonware/noble#109), so a reference kept by anybody would change under their hands.
 */
export function toAdvertisement(heard: {
  readonly address: string
  readonly addressType: string
  readonly connectable: boolean
  readonly rssi: number
  readonly advertisement: NobleAdvertisement
}): Advertisement {
  const { localName, manufacturerData, serviceData = [], serviceUuids = [] } = heard.advertisement
  return {
    address: heard.address.toLowerCase(),
    addressType: heard.addressType === 'random' ? 'random' : 'public',
    ...(localName === undefined ? {} : { name: localName }),
    services: serviceUuids.map(projectUuid),
    ...(manufacturerData === undefined ? {} : { manufacturerData: Uint8Array.from(manufacturerData) }),
    serviceData: Object.fromEntries(serviceData.map(({ uuid, data }) => [projectUuid(uuid), Uint8Array.from(data)])),
    connectable: heard.connectable,
    rssi: heard.rssi,
  }
}
