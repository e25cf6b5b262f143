import type { PacketReader } from '../gatt/packet-reader.ts'

/** User ID 0xFF: the device does not know who it was (BLS 1.1, 3.1.1.5). */
const UNKNOWN_USER = 255

/** The user slot; undefined when the device has none or does not know who it was. @param present as the flags say */
export function readUserId(packet: PacketReader, present: boolean): number | undefined {
  if (!present) return undefined
  const user = packet.u8('User ID')
  if (user !== UNKNOWN_USER) return user
  packet.explain('unknown user')
  return undefined
}
