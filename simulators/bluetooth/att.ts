import { join, u16 } from './octets.ts'

/** Opcodes (Core, Vol 3, Part F, 3.4.8). */
export const ATT = {
  error: 0x01,
  mtuRequest: 0x02,
  mtuResponse: 0x03,
  findInformationRequest: 0x04,
  findInformationResponse: 0x05,
  readByTypeRequest: 0x08,
  readByTypeResponse: 0x09,
  readRequest: 0x0a,
  readResponse: 0x0b,
  readBlobRequest: 0x0c,
  readBlobResponse: 0x0d,
  readByGroupRequest: 0x10,
  readByGroupResponse: 0x11,
  writeRequest: 0x12,
  writeResponse: 0x13,
  prepareWriteRequest: 0x16,
  prepareWriteResponse: 0x17,
  executeWriteRequest: 0x18,
  executeWriteResponse: 0x19,
  notification: 0x1b,
  indication: 0x1d,
  confirmation: 0x1e,
  writeCommand: 0x52,
} as const

/** Error codes (3.4.1.1). */
export const ATT_ERROR = {
  invalidHandle: 0x01,
  readNotPermitted: 0x02,
  writeNotPermitted: 0x03,
  invalidPdu: 0x04,
  insufficientAuthentication: 0x05,
  requestNotSupported: 0x06,
  invalidOffset: 0x07,
  prepareQueueFull: 0x09,
  attributeNotFound: 0x0a,
  invalidLength: 0x0d,
  unsupportedGroup: 0x10,
  valueNotAllowed: 0x13,
} as const

/** Default and smallest ATT_MTU on LE (Core, Vol 3, Part G, 5.2.1). */
export const ATT_MTU_MIN = 23
/** Longest attribute value (Core, Vol 3, Part F, 3.2.9). */
export const ATT_VALUE_MAX = 512
/** A transaction that takes longer is over, and so is ATT on this link (3.3.3). */
export const ATT_TIMEOUT_MS = 30_000

/** Bit 6: a command, which is never answered (3.3.1). */
export const isCommand = (opcode: number): boolean => (opcode & 0x40) !== 0

/** @param about handle that the error is about, 0 if none */
export function attError(request: number, about: number, code: number): Buffer {
  return join(ATT.error, request, u16(about), code)
}

/** What a request leads to: the response, and what happens once it is on its way. */
export interface AttAnswer {
  readonly pdu: Buffer
  readonly after?: () => void
}
