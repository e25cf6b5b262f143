import { crcCcittFalse } from '../crc.ts'
import { decoded } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { addSeconds } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { Status, Value } from '../reading.ts'
import type { FrameRule } from '../serial/framing.ts'
import { convert } from '../units.ts'

/**
 * Frames of a OneTouch Verio Flex on Bluetooth: 01, then 02, length, 00, control, payload, 03, and the CRC of everything
 * behind the 01, little-endian. The length is that of all behind the 01.
 */

const FIRST_PACKET = 0x01
const STX = 0x02
const ETX = 0x03
/** What answers a frame, either way; the meter goes on only after it. */
export const ACK = 0x81
/** The control byte of requests in every recording but those of one app, which sends 03. */
const REQUEST = 0x04

const OVERHEAD = 8
/** Control byte and all else but the payload, counted from the 02. */
const SHORTEST = OVERHEAD + 1
const LONGEST = 256

export const STATUS_OK = 0x06
const STATUSES: Readonly<Record<number, string>> = {
  [STATUS_OK]: 'ok',
  7: 'not allowed',
  8: 'not supported',
  9: 'not understood',
}

/** A stored result behind the status: time, glucose, control solution, four bytes that are 0 in a result. */
const RESULT_LENGTH = 11
/** Second 0 of the meter, one before the year 2000 (NightscoutFoundation/xDrip VerioHelper). */
const EPOCH = '1999-12-31T23:59:59'
/** Measuring range of the meter in mg/dL (OneTouch Verio Flex user guide): beyond it, it shows HI or LO. */
const HIGHEST = 600
const LOWEST = 20

const crcOf = (frame: Uint8Array): number => crcCcittFalse(frame.subarray(1, -2))

export function oneTouchFrame(...payload: readonly number[]): Uint8Array {
  const frame = Uint8Array.of(FIRST_PACKET, STX, payload.length + OVERHEAD - 1, 0, REQUEST, ...payload, ETX, 0, 0)
  const crc = crcOf(frame)
  frame.set([crc & 0xff, crc >>> 8], frame.length - 2)
  return frame
}

export const ONE_TOUCH_FRAMES: FrameRule = {
  longest: LONGEST,
  measure: (bytes) => {
    if (bytes[0] === ACK) return { frame: 1 }
    if (bytes[0] !== FIRST_PACKET || (bytes[1] ?? STX) !== STX) return 'none'
    if (bytes.length < 3) return 'more'
    const length = (bytes[2] ?? 0) + 1
    if (length < SHORTEST) return 'none'
    if (bytes.length < length) return 'more'
    const frame = bytes.subarray(0, length)
    const crc = (frame.at(-2) ?? 0) | ((frame.at(-1) ?? 0) << 8)
    return frame.at(-3) === ETX && crc === crcOf(frame) ? { frame: length } : 'none'
  },
}

/** What a whole frame says. The status is the first byte of an answer's payload. */
export const statusOf = (frame: Uint8Array): number => frame[5] ?? 0
export const answerOf = (frame: Uint8Array): Uint8Array => frame.slice(6, -3)
export const meaningOf = (status: number): string => STATUSES[status] ?? `unknown (${status})`

/** Unsigned, little-endian, of all bytes there are up to four. */
export const numberOf = (bytes: Uint8Array): number =>
  bytes.subarray(0, 4).reduce((sum, byte, i) => sum + byte * 256 ** i, 0)

export const clockText = (seconds: number): string => addSeconds(EPOCH, seconds)

function readGlucose(packet: PacketReader): { readonly glucose: Value; readonly status: readonly Status[] } {
  const raw = packet.u16('Glucose', 'mg/dL')
  const unit = 'mmol/L'
  if (raw > HIGHEST) return { glucose: { absent: 'above-range', unit }, status: ['result-too-high'] }
  if (raw === 0) return { glucose: { absent: 'not-measured', unit }, status: [] }
  if (raw < LOWEST) return { glucose: { absent: 'below-range', unit }, status: ['result-too-low'] }
  return { glucose: convert({ value: raw, unit: 'mg/dL', decimals: 0 }, unit), status: [] }
}

function readResult(packet: PacketReader, sequence: number | undefined): readonly Measurement[] {
  const seconds = packet.u32('Time', 's')
  const deviceTime = clockText(seconds)
  packet.explain(deviceTime)
  const { glucose, status } = readGlucose(packet)
  const control = packet.u8('Control Solution') !== 0
  // Other events of the meter are stored in the same memory.
  const event = packet.bytes('Event', RESULT_LENGTH - 7).some((byte) => byte !== 0)
  if (event) return []
  const measurement: Measurement = {
    kind: 'glucose',
    values: { glucose },
    status: [...status, ...(control ? (['control-solution'] as const) : [])],
    deviceTime,
    ...(sequence !== undefined && { sequence }),
  }
  return [measurement]
}

/** Everything before the payload. Returns the payload's length. */
function readOpening(packet: PacketReader): number {
  const first = packet.u8('Header')
  if (first !== FIRST_PACKET || packet.u8('Start') !== STX) {
    throw new PreCareError('packet-malformed', 'a frame starts with 01 02')
  }
  const length = packet.u8('Length') + 1
  if (length < SHORTEST) throw new PreCareError('packet-malformed', `a frame has at least ${SHORTEST} bytes`)
  packet.u8('Link')
  packet.u8('Control')
  return length - OVERHEAD
}

function readEnd(packet: PacketReader, bytes: Uint8Array): void {
  if (packet.u8('End') !== ETX) throw new PreCareError('packet-malformed', 'a frame ends with 03 and its CRC')
  const at = packet.offset
  if (packet.u16('CRC') !== crcOf(bytes.subarray(0, packet.offset))) {
    throw new PreCareError('checksum-wrong', `the CRC at offset ${at} is another`)
  }
}

/** @throws PreCareError 'packet-too-short', 'packet-malformed', 'checksum-wrong' */
export function decodeOneTouchRequest(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.bytes('Payload', readOpening(packet))
  readEnd(packet, bytes)
  return decoded(packet, [])
}

/**
 * An answer; that to {@link readRecord} has a measurement, unless the place in the memory holds something else.
 * @param sequence number of the record that was asked for
 * @throws PreCareError 'packet-too-short', 'packet-malformed', 'checksum-wrong'
 */
export function decodeOneTouch(bytes: Uint8Array, sequence?: number): Decoded {
  const packet = new PacketReader(bytes)
  const rest = readOpening(packet) - 1
  packet.u8('Status')
  packet.explain(meaningOf(statusOf(bytes)))
  const isResult = statusOf(bytes) === STATUS_OK && rest >= RESULT_LENGTH
  if (sequence !== undefined && !isResult) {
    throw new PreCareError('packet-malformed', `record ${sequence} has ${rest} bytes, not ${RESULT_LENGTH}`)
  }
  const measurements = isResult ? readResult(packet, sequence) : []
  packet.bytes('Payload', isResult ? rest - RESULT_LENGTH : rest)
  readEnd(packet, bytes)
  return decoded(packet, measurements)
}

/** Asks for a stored record by its number. */
export const readRecord = (number: number): Uint8Array => oneTouchFrame(0xb3, number & 0xff, (number >>> 8) & 0xff)
/** @param request as {@link readRecord} makes it */
export const recordNumberOf = (request: Uint8Array): number => (request[6] ?? 0) | ((request[7] ?? 0) << 8)
