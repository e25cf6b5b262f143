import { crcCcittFalse } from '../crc.ts'
import { decoded } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { type DeviceTime, deviceTime, measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { Status, Value } from '../reading.ts'
import { convert } from '../units.ts'

/** Messages of the LifeScan OneTouch UltraMini and UltraEasy, and the frames around them. */

export const STX = 0x02
export const ETX = 0x03
/** STX, length, link control, ETX and two bytes of CRC. */
export const FRAME_OVERHEAD = 6

/** Bits of the link control byte (tidepool-org/uploader, glucometerutils: S is bit 0, E bit 1). */
export const LINK = { S: 0, E: 1, Acknowledge: 2, Disconnect: 3, More: 4 } as const

const OK = 0x06
const COUNT = 0x0f
const RECORD_LENGTH = 10

/** The range of the meter, mg/dL: outside it shows LO and HI, and stores something beyond. */
const LOWEST = 20
const HIGHEST = 600

/** Seconds since 1970, local. 0 where the clock was never set. */
function timeOf(seconds: number): DeviceTime {
  if (seconds === 0) return deviceTime(0, 0, 0, 0, 0, 0)
  const at = new Date(seconds * 1000)
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()]
  return deviceTime(year, month, day, at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds())
}

function readTime(packet: PacketReader, name: string): DeviceTime {
  const at = packet.offset
  const seconds = packet.u32(`${name} (s)`, 's')
  return packet.time(name, at, timeOf(seconds))
}

function glucoseOf(raw: number): { readonly value: Value; readonly status: Status[] } {
  if (raw > HIGHEST) return { value: { absent: 'above-range', unit: 'mmol/L' }, status: ['result-too-high'] }
  if (raw < LOWEST) return { value: { absent: 'below-range', unit: 'mmol/L' }, status: ['result-too-low'] }
  return { value: convert({ value: raw, unit: 'mg/dL', decimals: 0 }, 'mmol/L'), status: [] }
}

/** What the answer to a request says; which request it was shows in its form. */
function readMessage(packet: PacketReader, length: number): Measurement | undefined {
  packet.u8('Command Prefix')
  const answer = packet.u8('Answer')
  if (answer === COUNT) {
    packet.u16('Number of Records')
    return undefined
  }
  if (answer !== OK) throw new PreCareError('device-refused', 'the meter answered with an error')
  if (length === RECORD_LENGTH) {
    const time = measurementTime(readTime(packet, 'Timestamp'))
    const { value, status } = glucoseOf(packet.u32('Glucose', 'mg/dL'))
    return { kind: 'glucose', values: { glucose: value }, status: [...time.status, ...status], ...time.timing }
  }
  if (length === RECORD_LENGTH - 4) readTime(packet, 'Date and Time')
  else packet.text('Text', Math.max(0, length - 2))
  return undefined
}

/** The message in a frame, without the frame. @throws PreCareError 'packet-too-short', 'device-refused' */
export function decodeUltraMiniMessage(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const measurement = readMessage(packet, bytes.length)
  return decoded(packet, measurement ? [measurement] : [])
}

/** A record: it is shorter than its form when it was cut. */
export function decodeUltraMiniRecord(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const measurement = readMessage(packet, RECORD_LENGTH)
  if (measurement === undefined) throw new PreCareError('packet-malformed', 'the answer is no record')
  return decoded(packet, [measurement])
}

/** @throws PreCareError 'packet-too-short', 'packet-malformed', 'checksum-wrong', 'device-refused' */
export function decodeUltraMiniFrame(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const start = packet.u8('STX')
  const length = packet.u8('Length')
  packet.flags('Link Control', 1, LINK)
  if (start !== STX || length < FRAME_OVERHEAD) throw new PreCareError('packet-malformed', 'no frame of this meter')
  const message = length - FRAME_OVERHEAD
  const end = 3 + message
  const isRequest = bytes[4] !== OK && bytes[4] !== COUNT
  const measurement = message === 0 || isRequest ? undefined : readMessage(packet, message)
  if (packet.offset < end) packet.bytes('Message', end - packet.offset)
  if (packet.u8('ETX') !== ETX) throw new PreCareError('packet-malformed', `no 03 at offset ${end}`)
  if (packet.u16('CRC') !== crcCcittFalse(bytes.subarray(0, end + 1))) {
    throw new PreCareError('checksum-wrong', 'the CRC of the frame is another')
  }
  return decoded(packet, measurement ? [measurement] : [])
}
