import { ATT, ATT_ERROR, attError } from './att.ts'
import { type AttSession, readAttribute } from './att-session.ts'
import { type GattAttribute, TYPE_PRIMARY_SERVICE } from './gatt-database.ts'
import { join, u16 } from './octets.ts'

/** Find Information, Read By Type and Read By Group Type (Core, Vol 3, Part F, 3.4.3.1, 3.4.4.1 and 3.4.4.9). */

/** Longest element of a list: its length field is one octet. */
const ELEMENT_MAX = 255
/** Find Information names its elements by format, not by length (3.4.3.2). */
const FORMAT_UUID16 = 0x01
const FORMAT_UUID128 = 0x02

/** @returns the attributes of the range, or an error response */
function inRange(session: AttSession, pdu: Buffer): readonly GattAttribute[] | Buffer {
  const [start, end] = [pdu.readUInt16LE(1), pdu.readUInt16LE(3)]
  if (start === 0 || start > end) return attError(pdu.readUInt8(0), start, ATT_ERROR.invalidHandle)
  return session.database.attributes.filter(({ handle }) => handle >= start && handle <= end)
}

const notFound = (pdu: Buffer): Buffer => attError(pdu.readUInt8(0), pdu.readUInt16LE(1), ATT_ERROR.attributeNotFound)

/** The leading elements of equal length, as many as fit. */
function fitting(elements: readonly Buffer[], room: number): Buffer[] {
  const length = elements[0]?.length ?? 0
  const different = elements.findIndex((element) => element.length !== length)
  const same = different === -1 ? elements : elements.slice(0, different)
  return same.slice(0, Math.max(1, Math.floor(room / length)))
}

export function findInformation(session: AttSession, pdu: Buffer): Buffer {
  const attributes = inRange(session, pdu)
  if (Buffer.isBuffer(attributes)) return attributes
  const elements = fitting(
    attributes.map(({ handle, type }) => join(u16(handle), type)),
    session.mtu - 2,
  )
  if (elements[0] === undefined) return notFound(pdu)
  const format = elements[0].length === 4 ? FORMAT_UUID16 : FORMAT_UUID128
  return join(ATT.findInformationResponse, format, ...elements)
}

export function readByType(session: AttSession, pdu: Buffer): Buffer {
  const attributes = inRange(session, pdu)
  if (Buffer.isBuffer(attributes)) return attributes
  const type = pdu.subarray(5)
  const elements: Buffer[] = []
  for (const attribute of attributes.filter((each) => each.type.equals(type))) {
    const value = readAttribute(session, attribute)
    if (typeof value === 'number') {
      // Only the first attribute's error is told; a later one just ends the list (3.4.4.1).
      if (elements.length === 0) return attError(ATT.readByTypeRequest, attribute.handle, value)
      break
    }
    const room = Math.min(session.mtu - 2, ELEMENT_MAX) - 2
    elements.push(join(u16(attribute.handle), value.subarray(0, room)))
  }
  const first = elements[0]
  if (first === undefined) return notFound(pdu)
  return join(ATT.readByTypeResponse, first.length, ...fitting(elements, session.mtu - 2))
}

export function readByGroup(session: AttSession, pdu: Buffer): Buffer {
  const attributes = inRange(session, pdu)
  if (Buffer.isBuffer(attributes)) return attributes
  if (!pdu.subarray(5).equals(TYPE_PRIMARY_SERVICE)) {
    return attError(ATT.readByGroupRequest, pdu.readUInt16LE(1), ATT_ERROR.unsupportedGroup)
  }
  const elements = attributes.flatMap((attribute) =>
    attribute.kind === 'declaration' && attribute.end !== undefined
      ? [join(u16(attribute.handle), u16(attribute.end), attribute.value)]
      : [],
  )
  const first = elements[0]
  if (first === undefined) return notFound(pdu)
  return join(ATT.readByGroupResponse, first.length, ...fitting(elements, session.mtu - 2))
}
