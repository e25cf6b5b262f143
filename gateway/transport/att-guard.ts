/**
 * What a peer's ATT PDU must be like before noble sees it. noble indexes into PDUs without looking at their length: a
 * notification of two bytes throws out of the socket's event and ends the process, and a service list with entry length
 * 0 never ends its loop (lib/hci-socket/gatt.js, 1.9.2-26). PDU formats: Core, Vol 3, Part F, 3.4.
 */

const ERROR_RESPONSE = 0x01
const MTU_RESPONSE = 0x03
const FIND_INFORMATION_RESPONSE = 0x05
const READ_BY_TYPE_RESPONSE = 0x09
const READ_BY_GROUP_RESPONSE = 0x11
const NOTIFICATION = 0x1b
const INDICATION = 0x1d

/** Core, Vol 3, Part F, 3.2.8: no server may offer less. */
const SMALLEST_MTU = 23
/** What noble asks for (gatt.js, `_desired_mtu`). */
const NOBLE_MTU = 256

/** Handle and at least one byte of value. */
const SMALLEST_READ_BY_TYPE_ENTRY = 3
/** Two handles and a 16-bit or a 128-bit UUID. */
const READ_BY_GROUP_ENTRIES: ReadonlySet<number> = new Set([6, 20])
/** Handle and UUID, by format. */
const FIND_INFORMATION_ENTRIES: Readonly<Record<number, number>> = { 1: 4, 2: 18 }

function isWholeList(pdu: Buffer, entry: number): boolean {
  const bytes = pdu.length - 2
  return bytes >= entry && bytes % entry === 0
}

/**
 * @returns the PDU to hand to noble, or undefined when noble would break on it. The MTU response is rewritten to the
 * smaller of both sides: noble takes the server's value for the MTU, so that with a server of 517 a value of more than
 * 255 bytes would be cut without a word.
 */
export function fitForNoble(pdu: Buffer): Buffer | undefined {
  switch (pdu[0]) {
    case undefined:
      return undefined
    case ERROR_RESPONSE:
      return pdu.length === 5 ? pdu : undefined
    case MTU_RESPONSE:
      return pdu.length === 3 ? agreedMtu(pdu) : undefined
    case NOTIFICATION:
    case INDICATION:
      return pdu.length >= 3 ? pdu : undefined
    case FIND_INFORMATION_RESPONSE: {
      const entry = FIND_INFORMATION_ENTRIES[pdu[1] ?? 0]
      return entry !== undefined && isWholeList(pdu, entry) ? pdu : undefined
    }
    case READ_BY_TYPE_RESPONSE: {
      const entry = pdu[1] ?? 0
      return entry >= SMALLEST_READ_BY_TYPE_ENTRY && isWholeList(pdu, entry) ? pdu : undefined
    }
    case READ_BY_GROUP_RESPONSE: {
      const entry = pdu[1] ?? 0
      return READ_BY_GROUP_ENTRIES.has(entry) && isWholeList(pdu, entry) ? pdu : undefined
    }
    default:
      return pdu
  }
}

function agreedMtu(pdu: Buffer): Buffer | undefined {
  const offered = pdu.readUInt16LE(1)
  if (offered < SMALLEST_MTU) return undefined
  const agreed = Buffer.from(pdu)
  agreed.writeUInt16LE(Math.min(offered, NOBLE_MTU), 1)
  return agreed
}

/** The refusal in an Error Response: the request's opcode and the error code. */
export function attRefusal(pdu: Buffer): { readonly request: number; readonly code: number } | undefined {
  const [opcode, request, , , code] = pdu
  return opcode === ERROR_RESPONSE && request !== undefined && code !== undefined ? { request, code } : undefined
}
