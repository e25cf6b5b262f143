import { byteWriter, requireRange } from './byte-writer.ts'
import type { CalendarTime } from './date-time.ts'

/**
 * Serial frames of Nonin oximeters (Model 9560 OEM Specification and Technical Information, data formats 8 and 13).
 * Undefined values go out as the format's "missing": pulse 511, SpO2 127.
 */
const PULSE_MISSING = 511
const SPO2_MISSING = 127

export const STX = 0x02
export const ETX = 0x03
export const ACK = 0x06
export const NAK = 0x15

/** Low byte of a sum: the checksum of every Nonin frame; what it sums over differs. */
export const sumOf = (bytes: Iterable<number>): number => {
  let sum = 0
  for (const byte of bytes) sum = (sum + byte) & 0xff
  return sum
}

/** Two decimal digits in one byte. */
const bcd = (value: number): number => (Math.floor(value / 10) << 4) | (value % 10)

export interface SpotCheckRecord {
  readonly time: CalendarTime
  readonly oxygenSaturation: number | undefined
  readonly pulseRate: number | undefined
  /** The device's own verdict that the value is good (b9). */
  readonly smartPoint: boolean
  /** Sent out of the memory, not at the moment of measuring (b4). */
  readonly fromMemory: boolean
  readonly lowBattery?: boolean
}

/** Data format 13: `00 02 000D 000E`, 14 bytes of data with a BCD date, their sum, `03`. 22 bytes. */
export function encodeFormat13(r: SpotCheckRecord): Uint8Array {
  const missing = r.oxygenSaturation === undefined || r.pulseRate === undefined
  const status =
    (r.smartPoint ? 0x0200 : 0) | (missing ? 0x0100 : 0) | (r.fromMemory ? 0x0010 : 0) | (r.lowBattery ? 0x0001 : 0)
  const pulse = requireRange('pulse rate', r.pulseRate ?? PULSE_MISSING, 0, PULSE_MISSING)
  const spo2 = requireRange('SpO2', r.oxygenSaturation ?? SPO2_MISSING, 0, SPO2_MISSING)
  const { year, month, day, hour, minute, second } = r.time
  const data = [Math.floor(year / 100), year % 100, month, day, hour, minute, second, 0].map(bcd)
  data.push(status >> 8, status & 0xff, pulse >> 8, pulse & 0xff, 0, spo2)
  return byteWriter().raw([0x00, STX, 0x00, 0x0d, 0x00, data.length]).raw(data).u8(sumOf(data)).u8(ETX).bytes()
}

export interface StreamSample {
  readonly oxygenSaturation: number | undefined
  readonly pulseRate: number | undefined
  readonly smartPoint: boolean
  readonly sensorOff?: boolean
  readonly outOfTrack?: boolean
  readonly lowPerfusion?: boolean
  readonly marginalPerfusion?: boolean
  readonly artifact?: boolean
  readonly lowBattery?: boolean
}

/** Data format 8: 4 bytes, once a second. Bit 7 is set in the first byte only, which is how a reader finds the start. */
export function encodeFormat8(s: StreamSample): Uint8Array {
  const pulse = requireRange('pulse rate', s.pulseRate ?? PULSE_MISSING, 0, PULSE_MISSING)
  const spo2 = requireRange('SpO2', s.oxygenSaturation ?? SPO2_MISSING, 0, SPO2_MISSING)
  const first =
    0x80 |
    (s.outOfTrack ? 0x20 : 0) |
    (s.lowPerfusion ? 0x10 : 0) |
    (s.marginalPerfusion ? 0x08 : 0) |
    (s.artifact ? 0x04 : 0) |
    (pulse >> 7)
  const last = (s.smartPoint ? 0x20 : 0) | (s.sensorOff ? 0x08 : 0) | (s.lowBattery ? 0x01 : 0)
  return byteWriter()
    .u8(first)
    .u8(pulse & 0x7f)
    .u8(spo2)
    .u8(last)
    .bytes()
}

/** Answer to command 74: `02 F4 0B 02`, nine ASCII digits, sum of the bytes after the length byte, `03`. */
export function encodeSerialNumber(serial: string): Uint8Array {
  const body = [0x02, ...new TextEncoder().encode(serial.padStart(9, '0'))]
  return byteWriter()
    .raw([STX, 0xf4, body.length + 1])
    .raw(body)
    .u8(sumOf(body))
    .u8(ETX)
    .bytes()
}

/** Answer to command 72 without data: year of the century, month, day, hour, minute, second, in binary. */
export function encodeDeviceTime(t: CalendarTime): Uint8Array {
  return byteWriter()
    .raw([STX, 0xf2, 0x06, t.year % 100, t.month, t.day, t.hour, t.minute, t.second, ETX])
    .bytes()
}
