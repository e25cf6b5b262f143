import { PreCareError } from '../errors.ts'
import type { PacketReader } from '../gatt/packet-reader.ts'

/**
 * "SEQUENCE OF" in the medical device encoding rules (MDER, IEEE 11073-20601): a count, a length in bytes, the
 * elements. The count and the elements' own lengths decide; a list length that contradicts them is told and passed over,
 * since it is wrong in signove/antidote's scan_report_info_var. What lies around the list must end exactly where it
 * says, see {@link requireLength}, so nothing behind a list can be shifted unnoticed.
 *
 * @throws PreCareError 'packet-too-short' when the elements end before the count is reached
 */
export function readList<T>(packet: PacketReader, name: string, readElement: (index: number) => T): T[] {
  const count = packet.u16be(`${name}.count`)
  const length = packet.u16be(`${name}.length`)
  const start = packet.offset
  const elements: T[] = []
  for (let i = 0; i < count; i++) elements.push(readElement(i))
  const taken = packet.offset - start
  if (taken !== length) packet.derived(`${name}.length`, length, `contradicts its elements, which take ${taken} bytes`)
  return elements
}

/**
 * @param start offset at which the announced bytes began
 * @throws PreCareError 'packet-malformed' when the content takes more or fewer bytes than announced
 */
export function requireLength(packet: PacketReader, name: string, start: number, length: number): void {
  if (packet.offset - start === length) return
  throw new PreCareError(
    'packet-malformed',
    `'${name}' says ${length} bytes at offset ${start}, its content takes ${packet.offset - start}`,
  )
}
