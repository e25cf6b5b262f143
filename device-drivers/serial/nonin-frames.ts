import type { LocalDateTime } from '../driver.ts'
import type { FrameRule, FrameVerdict } from './framing.ts'

/** Frames of Nonin oximeters on a serial line, 9600 8N1 (9560 OEM Specification): data formats 1, 2, 7, 8 and 13, and answers. */

const STX = 0x02
const ETX = 0x03
export const ACK = 0x06
export const NAK = 0x15
/** Answer to command 0x72 without data, "get date and time". */
const DEVICE_TIME = 0xf2
/** Answer to command 0x74, "get serial number". */
const SERIAL_NUMBER = 0xf4

const FORMAT_13_LENGTH = 22
const FORMAT_13_DATA = 14
/** 02 F2 06, year of the century, month, day, hour, minute, second, 03. */
const DEVICE_TIME_LENGTH = 10
const FORMAT_1_LENGTH = 3
const FORMAT_8_LENGTH = 4
/** Formats 2 and 7: 25 frames of 5 bytes are a packet. */
export const PLETH_FRAME = 5
export const PLETH_FRAMES = 25
const PLETH_LENGTH = PLETH_FRAME * PLETH_FRAMES
/** 02 F4 0B 02, nine digits, sum, 03. */
const SERIAL_LENGTH = 15
const SERIAL_BODY = 0x0b

/** 02 74 02 02 02 03 */
export const GET_SERIAL_NUMBER = Uint8Array.of(STX, 0x74, 2, 2, 2, ETX)

/** 02 72 00 03 */
export const GET_TIME = Uint8Array.of(STX, 0x72, 0, ETX)

/** 02 72 06 and the time in binary, 03. */
export function setTime(local: LocalDateTime): Uint8Array {
  const { year, month, day, hour, minute, second } = local
  return Uint8Array.of(STX, 0x72, 6, year % 100, month, day, hour, minute, second, ETX)
}

/** Low byte of a sum. */
export const sumOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0)

/** 02 70 04 02 format 00 check 03; the check is the sum of the bytes between STX and itself. */
export function setFormat(format: number): Uint8Array {
  const body = Uint8Array.of(0x70, 4, 2, format, 0)
  return Uint8Array.of(STX, ...body, sumOf(body), ETX)
}

/** Undefined while no byte contradicts. */
const startsWith = (bytes: Uint8Array, expected: readonly (number | undefined)[]): boolean =>
  expected.every((byte, i) => byte === undefined || i >= bytes.length || bytes[i] === byte)

function format13(bytes: Uint8Array): FrameVerdict {
  // 00 02, packet type, length of the data.
  if (!startsWith(bytes, [0, STX, undefined, undefined, 0, FORMAT_13_DATA])) return 'none'
  if (bytes.length < FORMAT_13_LENGTH) return 'more'
  const sum = sumOf(bytes.subarray(6, 6 + FORMAT_13_DATA))
  return sum === bytes[20] && bytes[21] === ETX ? { frame: FORMAT_13_LENGTH } : 'none'
}

function serialNumber(bytes: Uint8Array): FrameVerdict {
  if (!startsWith(bytes, [STX, SERIAL_NUMBER, SERIAL_BODY, 2])) return 'none'
  if (bytes.length < SERIAL_LENGTH) return 'more'
  return sumOf(bytes.subarray(3, 13)) === bytes[13] && bytes[14] === ETX ? { frame: SERIAL_LENGTH } : 'none'
}

function deviceTime(bytes: Uint8Array): FrameVerdict {
  if (!startsWith(bytes, [STX, DEVICE_TIME, 6])) return 'none'
  if (bytes.length < DEVICE_TIME_LENGTH) return 'more'
  return bytes[DEVICE_TIME_LENGTH - 1] === ETX ? { frame: DEVICE_TIME_LENGTH } : 'none'
}

/** ACK and NAK come alone, between frames. */
const answer = (bytes: Uint8Array): FrameVerdict => (bytes[0] === ACK || bytes[0] === NAK ? { frame: 1 } : 'none')

/** Only the first byte of a frame has bit 7 set; there is no other check. */
const markedByBit7 =
  (length: number) =>
  (bytes: Uint8Array): FrameVerdict => {
    const [first = 0, ...rest] = bytes.subarray(0, length)
    if (first < 0x80 || rest.some((byte) => byte >= 0x80)) return 'none'
    return bytes.length < length ? 'more' : { frame: length }
  }

/** Bit 0 of the status byte, set in the first frame of a packet and in no other. */
const SYNC = 0x01

/**
 * A packet of format 2 or 7, each frame with its own sum.
 * @param status where the status byte of a frame is; in format 2 a byte 01 stands before it
 */
const plethPacket =
  (status: 0 | 1) =>
  (bytes: Uint8Array): FrameVerdict => {
    for (let at = 0; at < PLETH_LENGTH; at += PLETH_FRAME) {
      const frame = bytes.subarray(at, at + PLETH_FRAME)
      const flags = frame[status]
      if (status === 1 && frame.length > 0 && frame[0] !== 1) return 'none'
      if (flags !== undefined && (flags < 0x80 || ((flags & SYNC) === SYNC) !== (at === 0))) return 'none'
      if (frame.length < PLETH_FRAME) return 'more'
      if (sumOf(frame.subarray(0, 4)) !== frame[4]) return 'none'
    }
    return { frame: PLETH_LENGTH }
  }

const firstOf =
  (...rules: readonly ((bytes: Uint8Array) => FrameVerdict)[]) =>
  (bytes: Uint8Array): FrameVerdict => {
    for (const rule of rules) {
      const verdict = rule(bytes)
      if (verdict !== 'none') return verdict
    }
    return 'none'
  }

export const SPOT_CHECK_FRAMES: FrameRule = {
  longest: FORMAT_13_LENGTH,
  measure: firstOf(format13, serialNumber, deviceTime, answer),
}

const stream = (length: number, rule: (bytes: Uint8Array) => FrameVerdict): FrameRule => ({
  longest: Math.max(length, SERIAL_LENGTH),
  measure: firstOf(rule, serialNumber, answer),
})

export const STREAM_FRAMES = stream(FORMAT_8_LENGTH, markedByBit7(FORMAT_8_LENGTH))
export const FORMAT_1_FRAMES = stream(FORMAT_1_LENGTH, markedByBit7(FORMAT_1_LENGTH))
export const FORMAT_2_FRAMES = stream(PLETH_LENGTH, plethPacket(1))
export const FORMAT_7_FRAMES = stream(PLETH_LENGTH, plethPacket(0))

type NoninFrame = 'format-13' | 'serial-number' | 'device-time' | 'ack' | 'nak' | 'stream'

/** What a whole frame of one of the rules above is. */
export function kindOf(frame: Uint8Array): NoninFrame {
  switch (frame.length) {
    case FORMAT_13_LENGTH:
      return 'format-13'
    case SERIAL_LENGTH:
      return 'serial-number'
    case DEVICE_TIME_LENGTH:
      return 'device-time'
    case 1:
      return frame[0] === ACK ? 'ack' : 'nak'
    default:
      return 'stream'
  }
}
