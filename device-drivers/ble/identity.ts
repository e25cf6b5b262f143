import { decoded } from '../decoded.ts'
import type { Decoded, GattLink, SessionEvent } from '../driver.ts'
import { isPreCareError, PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import { CHARACTERISTIC, SERVICE, uuidName } from '../gatt/uuids.ts'
import { rejected } from '../rejected.ts'

/** Who a device is and how its battery is: Device Information 0x180A and Battery 0x180F. */

/**
 * Reads what is good to have. A refusal must not cost the measurement: it becomes a 'rejected' event with no bytes, and
 * the visit goes on. A link that is gone is the visit's end, whatever was asked.
 */
export async function* readIfPresent(
  link: GattLink,
  service: string,
  characteristic: string,
): AsyncGenerator<SessionEvent, Uint8Array | undefined> {
  if (!link.has(service, characteristic)) return undefined
  try {
    return await link.read(service, characteristic)
  } catch (error) {
    if (!isPreCareError(error) || error.retry === 'transient') throw error
    yield rejected(characteristic, new Uint8Array(), error)
    return undefined
  }
}

/** A string of 0x180A: UTF-8, padded with NUL or blanks by many devices. */
export function decodeInformation(bytes: Uint8Array, characteristic: string): Decoded {
  const packet = new PacketReader(bytes)
  packet.text(uuidName(characteristic), bytes.length)
  return decoded(packet, [])
}

/** System ID 0x2A23: 40-bit manufacturer part, 24-bit OUI, both little-endian; together an EUI-64. */
export function decodeSystemId(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.bytes('Manufacturer Identifier', 5)
  packet.bytes('Organizationally Unique Identifier', 3)
  packet.derived(
    'System ID',
    Buffer.from(bytes.slice(0, 8)).reverse().toString('hex'),
    'EUI-64, most significant first',
  )
  return decoded(packet, [])
}

/** PnP ID 0x2A50. */
export function decodePnpId(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.explain(['reserved', 'Bluetooth SIG', 'USB Implementers Forum'][packet.u8('Vendor ID Source')] ?? 'reserved')
  packet.u16('Vendor ID')
  packet.u16('Product ID')
  packet.u16('Product Version')
  return decoded(packet, [])
}

/** IEEE 11073-20601 Regulatory Certification Data List 0x2A2A: opaque here. */
export function decodeRegulatoryData(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.bytes('Data', bytes.length)
  return decoded(packet, [])
}

/** Battery Level 0x2A19: one byte, 0 to 100. Anything else is a misread characteristic, so here length is strict. */
export function decodeBatteryLevel(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const percent = packet.u8('Battery Level', '%')
  if (packet.surplusBytes > 0) throw new PreCareError('packet-malformed', 'Battery Level is longer than one byte')
  if (percent > 100) throw new PreCareError('packet-malformed', 'Battery Level is above 100 %')
  return decoded(packet, [])
}

const IDENTITY = {
  manufacturer: CHARACTERISTIC.manufacturerName,
  model: CHARACTERISTIC.modelNumber,
  serial: CHARACTERISTIC.serialNumber,
  firmware: CHARACTERISTIC.firmwareRevision,
} as const

/** What the fields of one packet say under this name; text only. */
const textOf = (about: Decoded): string => String(about.fields[0]?.value ?? '')

export async function* readIdentity(link: GattLink): AsyncGenerator<SessionEvent, void> {
  const found: Partial<Record<keyof typeof IDENTITY, string>> = {}
  for (const part of Object.keys(IDENTITY) as (keyof typeof IDENTITY)[]) {
    const bytes = yield* readIfPresent(link, SERVICE.deviceInformation, IDENTITY[part])
    const text = bytes && textOf(decodeInformation(bytes, IDENTITY[part]))
    if (text) found[part] = text
  }
  if (Object.keys(found).length > 0) yield { type: 'identity', ...found }
}

export async function* readBattery(link: GattLink): AsyncGenerator<SessionEvent, void> {
  const bytes = yield* readIfPresent(link, SERVICE.battery, CHARACTERISTIC.batteryLevel)
  if (bytes === undefined) return
  try {
    const percent = decodeBatteryLevel(bytes).fields[0]?.value
    if (typeof percent === 'number') yield { type: 'battery', percent }
  } catch (error) {
    if (!isPreCareError(error)) throw error
    yield rejected(CHARACTERISTIC.batteryLevel, bytes, error)
  }
}
