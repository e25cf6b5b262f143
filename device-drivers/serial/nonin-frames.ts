import type { FrameRule, FrameVerdict } from './framing.ts'

/** Frames of Nonin oximeters on a serial line, 9600 8N1 (9560 OEM Specification): data formats 8 and 13, and answers. */

const STX = 0x02
const ETX = 0x03
export const ACK = 0x06
const NAK = 0x15
/** Answer to command 0x74, "get serial number". */
const SERIAL_NUMBER = 0xf4

const FORMAT_13_LENGTH = 22
const FORMAT_13_DATA = 14
const FORMAT_8_LENGTH = 4
/** 02 F4 0B 02, nine digits, sum, 03. */
const SERIAL_LENGTH = 15
const SERIAL_BODY = 0x0b

/** 02 74 02 02 02 03 */
export const GET_SERIAL_NUMBER = Uint8Array.of(STX, 0x74, 2, 2, 2, ETX)

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

/** ACK and NAK come alone, between frames. */
const answer = (bytes: Uint8Array): FrameVerdict => (bytes[0] === ACK || bytes[0] === NAK ? { frame: 1 } : 'none')

/** Only the first of four bytes has bit 7 set; there is no other check. */
function format8(bytes: Uint8Array): FrameVerdict {
  const [first = 0, ...rest] = bytes.subarray(0, FORMAT_8_LENGTH)
  if (first < 0x80 || rest.some((byte) => byte >= 0x80)) return 'none'
  return bytes.length < FORMAT_8_LENGTH ? 'more' : { frame: FORMAT_8_LENGTH }
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
  measure: firstOf(format13, serialNumber, answer),
}

export const STREAM_FRAMES: FrameRule = {
  longest: SERIAL_LENGTH,
  measure: firstOf(format8, serialNumber, answer),
}

export type NoninFrame = 'format-13' | 'format-8' | 'serial-number' | 'answer'

/** What a whole frame of one of the rules above is. */
export function kindOf(frame: Uint8Array): NoninFrame {
  if (frame.length === FORMAT_13_LENGTH) return 'format-13'
  if (frame.length === SERIAL_LENGTH) return 'serial-number'
  return frame.length === 1 ? 'answer' : 'format-8'
}
