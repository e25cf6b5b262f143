import type { PacketReader } from '../gatt/packet-reader.ts'
import { attributeName } from './attributes.ts'
import { readList, requireLength } from './counted-list.ts'

/**
 * AttributeList (IEEE 11073-20601): attributes that name themselves, each with its length.
 * @throws PreCareError 'packet-malformed' when `readValue` takes more or fewer bytes than the attribute announces
 */
export function readAttributes(
  packet: PacketReader,
  list: string,
  readValue: (id: number, name: string, length: number) => void,
): void {
  readList(packet, list, () => {
    const id = packet.u16be('attribute-id')
    const name = attributeName(id)
    packet.explain(name)
    const length = packet.u16be('attribute-value.length')
    const start = packet.offset
    readValue(id, name, length)
    requireLength(packet, name, start, length)
  })
}
