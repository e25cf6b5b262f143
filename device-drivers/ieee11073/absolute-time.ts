import { type DeviceTime, deviceTime, localSeconds } from '../gatt/date-time.ts'
import type { PacketReader } from '../gatt/packet-reader.ts'

/** The two wall times of IEEE 11073-20601: AbsoluteTime (binary coded decimal) and BaseOffsetTime. */

const ABSOLUTE_TIME_LENGTH = 8

/** Two decimal digits; NaN when a nibble is no digit. */
const bcd = (byte: number): number => (byte >>> 4 > 9 || (byte & 15) > 9 ? Number.NaN : (byte >>> 4) * 10 + (byte & 15))

/** Century, year, month, day, hour, minute, second, 1/100 s; local, without zone. The fraction is shown, not kept. */
export function readAbsoluteTime(packet: PacketReader, name: string): DeviceTime {
  const at = packet.offset
  const raw = packet.bytes(`${name} (BCD)`, ABSOLUTE_TIME_LENGTH)
  const digits = [...raw].map(bcd)
  const [century = 0, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, hundredths = 0] = digits
  if (digits.some(Number.isNaN)) {
    return packet.time(name, at, { text: Buffer.from(raw).toString('hex'), state: 'invalid' })
  }
  const time = deviceTime(century * 100 + year, month, day, hour, minute, second)
  const fraction = hundredths === 0 ? '' : `.${String(hundredths).padStart(2, '0')}`
  packet.time(name, at, { ...time, text: `${time.text}${fraction}` })
  return time
}

const BASE = localSeconds('1900-01-01T00:00:00')
/** UTC offsets lie within -12:00 and +14:00; a device may count a day more, never two. */
const MAX_OFFSET_MINUTES = 24 * 60

/** Seconds since 1900 in UTC, 1/65536 s, minutes of offset: the local time that the device shows. 0 seconds: not set. */
export function readBaseOffsetTime(packet: PacketReader, name: string): DeviceTime {
  const at = packet.offset
  const seconds = packet.u32be(`${name} bo-seconds`, 's')
  packet.u16be(`${name} bo-fraction`, 's/65536')
  const offset = packet.i16be(`${name} bo-time-offset`, 'min')
  const text = new Date((BASE + seconds + offset * 60) * 1000).toISOString().slice(0, 19)
  const state = seconds === 0 ? 'unset' : Math.abs(offset) > MAX_OFFSET_MINUTES ? 'invalid' : 'valid'
  return packet.time(name, at, { text, state })
}

const twoDigits = (value: number): number => (Math.floor(value / 10) << 4) | (value % 10)

/** AbsoluteTime of a local time, for Set-Time. */
export function absoluteTime(local: {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}): Uint8Array {
  const { year, month, day, hour, minute, second } = local
  return Uint8Array.from([Math.floor(year / 100), year % 100, month, day, hour, minute, second, 0].map(twoDigits))
}
