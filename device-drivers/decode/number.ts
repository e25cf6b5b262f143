import { decoded } from '../decoded.ts'
import type { Decoded } from '../driver.ts'
import { PacketReader } from '../gatt/packet-reader.ts'

/** A bare SFLOAT or FLOAT, for checking a number format by hand. UCUM unit '1'. */
export function decodeNumber(bytes: Uint8Array, format: string): Decoded {
  const packet = new PacketReader(bytes)
  if (format.startsWith('S')) packet.sfloat('SFLOAT', '1')
  else packet.float32('FLOAT', '1')
  return decoded(packet, [])
}
