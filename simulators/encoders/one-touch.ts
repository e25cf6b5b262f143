import { byteWriter } from './byte-writer.ts'
import type { CalendarTime } from './date-time.ts'

/** Frames of a OneTouch Verio Flex: 01, then 02, length, 00, control, payload, 03, CRC-16/CCITT-FALSE of all behind the 01. */

/** Control byte of what a meter says. */
export const ANSWER = 0x0c

/** Long division, bit by bit: x16 + x12 + x5 + 1, register preset to ones. */
function crc16(bytes: Iterable<number>): number {
  let remainder = 0xffff
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const carry = (remainder >> 15) ^ ((byte >> bit) & 1)
      remainder = ((remainder << 1) & 0xffff) ^ (carry ? 0x1021 : 0)
    }
  }
  return remainder
}

export function encodeOneTouch(payload: Iterable<number>, control = ANSWER): Uint8Array {
  const body = [...payload]
  const inner = [0x02, body.length + 7, 0x00, control, ...body, 0x03]
  return byteWriter().u8(0x01).raw(inner).u16(crc16(inner)).bytes()
}

/** The payload of a request; undefined when the frame is damaged. */
export function readOneTouchRequest(frame: Uint8Array): Uint8Array | undefined {
  const payload = frame.slice(5, -3)
  const again = encodeOneTouch(payload, frame[4] ?? 0)
  return Buffer.compare(again, frame) === 0 ? payload : undefined
}

/** Seconds of the meter's clock, which counts from one second before the year 2000. */
export function oneTouchSeconds(t: CalendarTime): number {
  const at = Date.UTC(t.year, t.month - 1, t.day, t.hour, t.minute, t.second)
  return at / 1000 - 946_684_799
}

export interface OneTouchResult {
  readonly time: CalendarTime
  /** mg/dL; above 600 the meter shows HI. */
  readonly glucose: number
  readonly controlSolution?: boolean
  /** Not a result, but an event of the meter. */
  readonly event?: number
}

/** The answer to "read record": status 06 and eleven bytes. */
export function encodeOneTouchResult(r: OneTouchResult): Uint8Array {
  const result = byteWriter()
    .u8(0x06)
    .u32(oneTouchSeconds(r.time))
    .u16(r.glucose)
    .u8(r.controlSolution ? 1 : 0)
    .u32(r.event ?? 0)
  return encodeOneTouch(result.bytes())
}
