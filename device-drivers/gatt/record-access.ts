import { decoded } from '../decoded.ts'
import type { Decoded } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { PacketReader } from './packet-reader.ts'

/**
 * Record Access Control Point 0x2A52 (Glucose Service 1.0.1, 3.4; the same in 0x181F, 0x1822 and Omron's 0x1810): what is
 * asked of a device's memory, and what it answers. There is no request to delete: the records belong to the citizen's
 * own meter.
 */

const OP_CODES: Readonly<Record<number, string>> = {
  1: 'Report stored records',
  2: 'Delete stored records',
  3: 'Abort operation',
  4: 'Report number of stored records',
  5: 'Number of stored records response',
  6: 'Response Code',
  17: 'Latest sequence number response (Omron)',
}
const OPERATORS: Readonly<Record<number, string>> = {
  0: 'Null',
  1: 'All records',
  2: 'Less than or equal to',
  3: 'Greater than or equal to',
  4: 'Within range of (inclusive)',
  5: 'First record',
  6: 'Last record',
}
const RESPONSES: Readonly<Record<number, string>> = {
  1: 'Success',
  2: 'Op Code not supported',
  3: 'Invalid Operator',
  4: 'Operator not supported',
  5: 'Invalid Operand',
  6: 'No records found',
  7: 'Abort unsuccessful',
  8: 'Procedure not completed',
  9: 'Operand not supported',
}

const REPORT = 0x01
export const ABORT_OP = 0x03
const COUNT = 0x04
const COUNT_RESPONSE = 0x05
const RESPONSE = 0x06
const LATEST_SEQUENCE_RESPONSE = 0x11
const ALL = 0x01
const FROM = 0x03
const FIRST = 0x05
/** Filter type of an operand: sequence number in 0x1808, time offset in 0x181F. */
const BY_NUMBER = 0x01

export const REPORT_ALL: Uint8Array = Uint8Array.of(REPORT, ALL)
export const REPORT_FIRST: Uint8Array = Uint8Array.of(REPORT, FIRST)
export const COUNT_ALL: Uint8Array = Uint8Array.of(COUNT, ALL)
export const ABORT: Uint8Array = Uint8Array.of(ABORT_OP, 0x00)

/** @param number 0 to 65535; this record is reported too */
export function reportFrom(number: number): Uint8Array {
  return Uint8Array.of(REPORT, FROM, BY_NUMBER, number & 0xff, number >>> 8)
}

/** What a device indicates at the end of a request. */
export type Answer =
  | { readonly type: 'count'; readonly count: number }
  | { readonly type: 'response'; readonly request: number; readonly code: number; readonly meaning: string }

const NO_RECORDS = 6

/** The request was carried out. A memory without such records is a normal answer, and how old CareSens meters end. */
export function isDone(answer: Answer): boolean {
  return answer.type === 'count' || answer.code === 1 || answer.code === NO_RECORDS
}

/** Unsigned little-endian number of 1 to 4 bytes: most devices send 2, some 1 or 4. */
function readNumber(packet: PacketReader, name: string): number {
  if (packet.surplusBytes >= 4) return packet.u32(name)
  if (packet.surplusBytes >= 2) return packet.u16(name)
  return packet.u8(name)
}

function readOpCode(packet: PacketReader): number {
  const opCode = packet.u8('Op Code')
  packet.explain(OP_CODES[opCode])
  return opCode
}

function readAnswerFrom(packet: PacketReader): Answer {
  const opCode = readOpCode(packet)
  packet.u8('Operator')
  if (opCode === COUNT_RESPONSE) return { type: 'count', count: readNumber(packet, 'Number of Records') }
  if (opCode !== RESPONSE) {
    throw new PreCareError('packet-malformed', `a device does not send op code ${opCode} on 2A52`)
  }
  const request = packet.u8('Request Op Code')
  packet.explain(OP_CODES[request])
  const code = packet.u8('Response Code Value')
  const meaning = RESPONSES[code] ?? 'reserved'
  packet.explain(meaning)
  return { type: 'response', request, code, meaning }
}

/** @throws PreCareError 'packet-too-short', 'packet-malformed' for what only a client may send */
export function readAnswer(bytes: Uint8Array): Answer {
  return readAnswerFrom(new PacketReader(bytes))
}

/** An indication of 0x2A52, field by field. */
export function decodeAnswer(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  readAnswerFrom(packet)
  return decoded(packet, [])
}

/** 0x2A52 in both directions, with Omron's op code for the latest sequence number. */
export function decodeRecordAccess(bytes: Uint8Array): Decoded {
  const [opCode] = bytes
  if (opCode === COUNT_RESPONSE || opCode === RESPONSE) return decodeAnswer(bytes)
  const packet = new PacketReader(bytes)
  readOpCode(packet)
  const operator = packet.u8('Operator')
  packet.explain(OPERATORS[operator])
  if (opCode === LATEST_SEQUENCE_RESPONSE) packet.u16('Latest Sequence Number')
  else if (operator >= 2 && operator <= 4) {
    packet.u8('Filter Type')
    packet.u16(operator === 4 ? 'Minimum Value' : 'Value')
    if (operator === 4) packet.u16('Maximum Value')
  }
  return decoded(packet, [])
}
