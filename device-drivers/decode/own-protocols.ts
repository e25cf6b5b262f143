import { decodeAndesFit } from '../ble/andesfit-spirometer.ts'
import { decodeBeurerOximetry } from '../ble/beurer-oximeter.ts'
import { decodeContecOximetry } from '../ble/contec-oximeter.ts'
import { decodeContecBlow } from '../ble/contec-spirometer-record.ts'
import { decodeJumper } from '../ble/jumper-oximeter.ts'
import { decodeNoninOximetry } from '../ble/nonin-oximeter.ts'
import { decodeOneTouch, decodeOneTouchRequest } from '../ble/one-touch-frame.ts'
import { decodeViatomCommand, decodeViatomValues } from '../ble/viatom-ring.ts'
import { crcCcittFalse, crcMcrf4xx } from '../crc.ts'
import { decoded } from '../decoded.ts'
import type { Decoded } from '../driver.ts'
import { PacketReader } from '../gatt/packet-reader.ts'

/** Decoders of vendors' own Bluetooth protocols, by service and characteristic. */

const checksum =
  (name: string, of: (bytes: Uint8Array) => number) =>
  (bytes: Uint8Array): Decoded => {
    const packet = new PacketReader(bytes)
    packet.bytes('Data', bytes.length)
    const crc = of(bytes)
    packet.derived(name, crc, `0x${crc.toString(16).toUpperCase().padStart(4, '0')}`)
    return decoded(packet, [])
  }

/** Three devices share service FF12; the header of a packet tells which. */
function decodeContec(bytes: Uint8Array): Decoded {
  if (bytes[0] === 0xe9) return decodeBeurerOximetry(bytes)
  return bytes[0] === 0xe1 ? decodeContecBlow(bytes) : decodeContecOximetry(bytes)
}

const values = (decode: (bytes: Uint8Array) => Decoded) => (bytes: Uint8Array) => decode(bytes)

export const OWN_PROTOCOL_DECODERS = {
  'util CRC-16/CCITT-FALSE': checksum('CRC-16/CCITT-FALSE', crcCcittFalse),
  'util CRC-16/MCRF4XX': checksum('CRC-16/MCRF4XX', crcMcrf4xx),
  '46A970E0 0AAD7EA0': values(decodeNoninOximetry),
  'CDEACB80 CDEACB81': values(decodeJumper),
  '14839AC4 8B00ACE7': decodeViatomCommand,
  '14839AC4-7D7E-415C-9A42-167340CF2339 0734594A-A8E7-4B1A-A6B1-CD5243059A57': values(decodeViatomValues),
  'vendor FF12 FF02': decodeContec,
  'FFF0 FF0B': decodeAndesFit,
  'AF9DF7A1 AF9DF7A2': decodeOneTouchRequest,
  'AF9DF7A1 AF9DF7A3': values(decodeOneTouch),
} as const
