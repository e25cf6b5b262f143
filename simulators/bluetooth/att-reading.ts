import { ATT, ATT_ERROR, attError } from './att.ts'
import { type AttSession, attributeAt, readAttribute } from './att-session.ts'
import { join } from './octets.ts'

/** Read and Read Blob (Core, Vol 3, Part F, 3.4.4.3 and 3.4.4.5). */

export function read(session: AttSession, pdu: Buffer): Buffer {
  const handle = pdu.readUInt16LE(1)
  const value = valueAt(session, handle)
  if (typeof value === 'number') return attError(ATT.readRequest, handle, value)
  session.lastRead = { handle, value }
  return join(ATT.readResponse, value.subarray(0, session.mtu - 1))
}

export function readBlob(session: AttSession, pdu: Buffer): Buffer {
  const [handle, offset] = [pdu.readUInt16LE(1), pdu.readUInt16LE(3)]
  const value = session.lastRead?.handle === handle ? session.lastRead.value : valueAt(session, handle)
  if (typeof value === 'number') return attError(ATT.readBlobRequest, handle, value)
  // At exactly the end the answer is empty: that is how a reader learns that a value fills its last PDU.
  if (offset > value.length) return attError(ATT.readBlobRequest, handle, ATT_ERROR.invalidOffset)
  return join(ATT.readBlobResponse, value.subarray(offset, offset + session.mtu - 1))
}

function valueAt(session: AttSession, handle: number): Buffer | number {
  const attribute = attributeAt(session, handle)
  return attribute === undefined ? ATT_ERROR.invalidHandle : readAttribute(session, attribute)
}
