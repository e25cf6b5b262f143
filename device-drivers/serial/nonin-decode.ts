import { decoded, statusesOf } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { type DeviceTime, deviceTime, measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { LiveSample } from '../live-stream.ts'
import type { Status, Value } from '../reading.ts'
import { sumOf } from './nonin-frames.ts'
import type { Judge } from './seconds.ts'

/** Nonin data formats 1, 8 and 13, the clock and the serial number (9560 OEM Specification). */

const PULSE_MISSING = 511
const SATURATION_MISSING = 127

function orMissing(packet: PacketReader, raw: number, missing: number, unit: string): Value {
  if (raw !== missing) return { value: raw, unit, decimals: 0 }
  packet.explain('missing')
  return { absent: 'not-measured', unit }
}

/** Two decimal digits; NaN when a nibble is no digit. */
const bcd = (byte: number): number => (byte >>> 4 > 9 || (byte & 15) > 9 ? Number.NaN : (byte >>> 4) * 10 + (byte & 15))

/** YY YY MM DD hh mm ss and a byte that is not used, binary coded decimal. A digit that is none makes no date. */
function readBcdTime(packet: PacketReader, bytes: Uint8Array): DeviceTime {
  const at = packet.offset
  const raw = packet.bytes('Date and Time', 8)
  const [century = 0, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = [...raw].map(bcd)
  const digits = [century, year, month, day, hour, minute, second]
  if (digits.some(Number.isNaN)) {
    return { text: Buffer.from(bytes.slice(at, at + 7)).toString('hex'), state: 'invalid' }
  }
  const time = deviceTime(century * 100 + year, month, day, hour, minute, second)
  packet.explain(time.state === 'valid' ? time.text : `${time.text}, ${time.state}`)
  return time
}

/**
 * Data format 13, 22 bytes: a spot check with its date, kept in the oximeter until it is acknowledged. SmartPoint is
 * the oximeter's own verdict; without it the value is questionable.
 * @throws PreCareError 'packet-malformed', 'checksum-wrong', 'packet-too-short'
 */
export function decodeFormat13(bytes: Uint8Array, fromMemory = false): Decoded {
  const packet = new PacketReader(bytes)
  const start = packet.u16be('Start')
  packet.u16be('Packet Type')
  const length = packet.u16be('Length')
  if (start !== 0x0002 || length !== 14) throw new PreCareError('packet-malformed', 'not a frame of data format 13')
  const time = measurementTime(readBcdTime(packet, bytes))
  const flags = packet.flags(
    'Status',
    2,
    { SmartPoint: 9, 'No Measurement': 8, 'From Memory': 4, 'Low Battery': 0 },
    'big',
  )
  const pulseRate = orMissing(packet, packet.u16be('Heart Rate', '/min'), PULSE_MISSING, '/min')
  packet.u8('Reserved')
  const oxygenSaturation = orMissing(packet, packet.u8('SpO2', '%'), SATURATION_MISSING, '%')
  if (packet.u8('Checksum') !== sumOf(bytes.subarray(6, 20))) {
    throw new PreCareError('checksum-wrong', 'data format 13: the sum of the data is another')
  }
  if (packet.u8('End') !== 0x03) throw new PreCareError('packet-malformed', 'data format 13 does not end with 03')
  const status: Status[] = [...time.status]
  if (fromMemory || flags['From Memory']) status.push('from-storage')
  if (flags['Low Battery']) status.push('battery-low')
  if (flags['No Measurement']) status.push('invalid')
  else if (!flags.SmartPoint) status.push('questionable')
  const measurement: Measurement = {
    kind: 'oxygen-saturation',
    values: { oxygenSaturation, pulseRate },
    status,
    ...time.timing,
  }
  return decoded(packet, [measurement])
}

/** b4 of the status of data format 13: out of the memory, not at the moment of measuring. */
const FROM_MEMORY = 0x10
const STATUS_LOW_BYTE = 15
const CHECKSUM = 20

/**
 * The frame as it was when the record was first offered. The oximeter sets "from memory" when it offers a record again,
 * so the same record would come with other bytes and another id.
 */
export function firstOffer(frame: Uint8Array): Uint8Array {
  const first = frame.slice()
  first[STATUS_LOW_BYTE] = (frame[STATUS_LOW_BYTE] ?? 0) & ~FROM_MEMORY
  first[CHECKSUM] = sumOf(first.subarray(6, CHECKSUM))
  return first
}

interface Live {
  readonly packet: PacketReader
  readonly measurement: Measurement
  readonly state: LiveSample<unknown>['state']
}

/** The three bytes that data formats 1 and 8 begin with, and in format 8 a second status. */
function readLive(bytes: Uint8Array, length: 3 | 4): Live {
  const packet = new PacketReader(bytes)
  const flags = packet.flags('Status', 1, {
    'Sensor Disconnected': 6,
    'Out Of Track': 5,
    'Low Perfusion': 4,
    'Marginal Perfusion': 3,
    Artifact: 2,
  })
  const low = packet.u8('Heart Rate bits 6-0')
  const rate = (((bytes[0] ?? 0) & 0b11) << 7) | (low & 0x7f)
  packet.derived(
    'Heart Rate',
    rate === PULSE_MISSING ? null : rate,
    rate === PULSE_MISSING ? 'missing' : 'bits 8-7 of Status, then bits 6-0',
  )
  const saturation = packet.u8('SpO2', '%')
  const oxygenSaturation = orMissing(packet, saturation, SATURATION_MISSING, '%')
  const more =
    length === 4
      ? packet.flags('Status 2', 1, { SmartPoint: 5, 'Sensor Off Finger': 3, 'Low Battery': 0 })
      : { SmartPoint: false, 'Sensor Off Finger': false, 'Low Battery': false }
  if ((bytes[0] ?? 0) < 0x80 || bytes.subarray(1, length).some((byte) => byte >= 0x80)) {
    throw new PreCareError('packet-malformed', 'bit 7 marks the first byte, and only that')
  }
  const status = statusesOf(
    { ...flags, ...more },
    {
      'Sensor Disconnected': 'sensor-off',
      'Out Of Track': 'poor-signal',
      'Low Perfusion': 'low-perfusion',
      Artifact: 'poor-signal',
      'Sensor Off Finger': 'sensor-off',
      'Low Battery': 'battery-low',
    },
  )
  const pulseRate: Value =
    rate === PULSE_MISSING ? { absent: 'not-measured', unit: '/min' } : { value: rate, unit: '/min', decimals: 0 }
  const measurement: Measurement = {
    kind: 'oxygen-saturation',
    values: { oxygenSaturation, pulseRate },
    status,
  }
  const nobody = status.includes('sensor-off') || 'absent' in oxygenSaturation || 'absent' in pulseRate
  const searching = flags['Out Of Track'] || flags.Artifact
  const state = nobody ? 'away' : searching ? 'unsettled' : more.SmartPoint ? 'final' : 'usable'
  return { packet, measurement, state }
}

function decodeLive({ packet, measurement }: Live, unsettled: boolean): Decoded {
  const status: readonly Status[] = unsettled ? [...measurement.status, 'questionable'] : measurement.status
  return decoded(packet, [{ ...measurement, status }])
}

function judgeLive({ measurement, state }: Live): ReturnType<Judge> {
  const { oxygenSaturation, pulseRate } = measurement.values
  const number = (value: Value | undefined): number => (value && 'value' in value ? value.value : 0)
  return { state, value: number(oxygenSaturation), pulse: number(pulseRate) }
}

/** Data format 8, 4 bytes a second. @param unsettled no SmartPoint was ever reached in this stream */
export const decodeFormat8 = (bytes: Uint8Array, unsettled = false): Decoded =>
  decodeLive(readLive(bytes, 4), unsettled)
export const judgeFormat8 = (bytes: Uint8Array): ReturnType<typeof judgeLive> => judgeLive(readLive(bytes, 4))

/** Data format 1, 3 bytes a second: without SmartPoint, so it must become stable. */
export const decodeFormat1 = (bytes: Uint8Array, unsettled = false): Decoded =>
  decodeLive(readLive(bytes, 3), unsettled)
export const judgeFormat1 = (bytes: Uint8Array): ReturnType<typeof judgeLive> => judgeLive(readLive(bytes, 3))

/** Answer to "get date and time": 02 F2 06, year of the century, month, day, hour, minute, second in binary, 03. */
export function decodeDeviceTime(bytes: Uint8Array): { readonly about: Decoded; readonly time: DeviceTime } {
  const packet = new PacketReader(bytes)
  packet.u8('Start')
  packet.u8('Answer')
  if (packet.u8('Length') !== 6) throw new PreCareError('packet-malformed', 'date and time: the length is not 6')
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = packet.bytes('Date and Time', 6)
  const time = deviceTime(2000 + year, month, day, hour, minute, second)
  packet.explain(time.state === 'valid' ? time.text : `${time.text}, ${time.state}`)
  if (packet.u8('End') !== 0x03) throw new PreCareError('packet-malformed', 'date and time does not end with 03')
  return { about: decoded(packet, []), time }
}

/** Answer to "get serial number": 02 F4 0B 02, nine digits, sum of the ten bytes after the length, 03. */
export function decodeSerialNumber(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.u8('Start')
  packet.u8('Answer')
  if (packet.u8('Length') !== 0x0b) throw new PreCareError('packet-malformed', 'serial number: the length is not 0B')
  packet.u8('Identifier')
  packet.text('Serial Number', 9)
  if (packet.u8('Checksum') !== sumOf(bytes.subarray(3, 13))) {
    throw new PreCareError('checksum-wrong', 'serial number: the sum is another')
  }
  packet.u8('End')
  return decoded(packet, [])
}

const COMMANDS: Readonly<Record<number, string>> = {
  112: 'set data format',
  114: 'date and time',
  116: 'get serial number',
  117: 'set Bluetooth timeout',
}

/** A command as the hub sends it, for people who read a recording. */
export function decodeCommand(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.u8('Start')
  const opcode = packet.u8('Opcode')
  packet.explain(COMMANDS[opcode] ?? 'unknown')
  const length = packet.u8('Length')
  packet.bytes('Data', Math.max(0, Math.min(length, packet.surplusBytes - 1)))
  if (packet.u8('End') !== 0x03) throw new PreCareError('packet-malformed', 'a Nonin command ends with 03')
  return decoded(packet, [])
}
