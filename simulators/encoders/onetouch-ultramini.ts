import { byteWriter } from './byte-writer.ts'
import type { CalendarTime } from './date-time.ts'

/** Frames and messages of the LifeScan OneTouch UltraMini. */

/** CRC-16/CCITT-FALSE by the nibble: x^16 + x^12 + x^5 + 1, from FFFF. */
export function crcOf(bytes: Iterable<number>): number {
  let crc = 0xffff
  for (const byte of bytes) {
    let x = (crc >>> 8) ^ byte
    x ^= x >>> 4
    crc = ((crc << 8) ^ (x << 12) ^ (x << 5) ^ x) & 0xffff
  }
  return crc
}

/** Link control bits. */
export const SEND = 0x01
export const EXPECT = 0x02
export const ACKNOWLEDGE = 0x04
export const DISCONNECT = 0x08

export function encodeUltraMiniFrame(link: number, message: Iterable<number> = []): Uint8Array {
  const body = [...message]
  const frame = byteWriter()
    .raw([0x02, body.length + 6, link])
    .raw(body)
    .u8(0x03)
  return frame.u16(crcOf(frame.bytes())).bytes()
}

/** Seconds since 1970 on the meter's own clock. */
const secondsOf = ({ year, month, day, hour, minute, second }: CalendarTime): number =>
  year === 0 ? 0 : Date.UTC(year, month - 1, day, hour, minute, second) / 1000

/** Answer to 05 1F. @param glucose mg/dL; FFFF for HI */
export const encodeUltraMiniRecord = (time: CalendarTime, glucose: number): Uint8Array =>
  byteWriter().raw([0x05, 0x06]).u32(secondsOf(time)).u32(glucose).bytes()

export const encodeUltraMiniCount = (count: number): Uint8Array => byteWriter().raw([0x05, 0x0f]).u16(count).bytes()

export const encodeUltraMiniClock = (time: CalendarTime): Uint8Array =>
  byteWriter().raw([0x05, 0x06]).u32(secondsOf(time)).bytes()

export const encodeUltraMiniText = (text: string): Uint8Array =>
  Uint8Array.of(0x05, 0x06, ...new TextEncoder().encode(text))
