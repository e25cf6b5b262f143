import { decoded, statusesOf } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { Status, Value } from '../reading.ts'
import { PLETH_FRAME, PLETH_FRAMES, sumOf } from './nonin-frames.ts'
import type { Judge } from './seconds.ts'

/**
 * Nonin data formats 2 and 7: a waveform, 75 frames a second, and in the fourth byte of each of 25 frames another value.
 * Status bits and the order of the values as in mattjlewis/NoninPulseOx, confirmed by its recording.
 */

const PULSE_MISSING = 511
const SATURATION_MISSING = 127

const STATUS_BITS = {
  'Sensor Disconnected': 6,
  Artifact: 5,
  'Out Of Track': 4,
  'Sensor Alarm': 3,
  'Red Perfusion': 2,
  'Green Perfusion': 1,
  SYNC: 0,
} as const
type StatusBit = keyof typeof STATUS_BITS

const STATUS2_BITS = { SmartPoint: 5, 'Low Battery': 0 } as const

/** The value byte by its place in the packet, from 0; the rest is reserved. */
const VALUES: Readonly<Record<number, string>> = {
  0: 'HR MSB',
  1: 'HR LSB',
  2: 'SpO2',
  3: 'SREV',
  5: 'TMR MSB',
  6: 'TMR LSB',
  7: 'STAT2',
  8: 'SpO2-D',
  9: 'SpO2 Fast',
  10: 'SpO2 B-B',
  13: 'E-HR MSB',
  14: 'E-HR LSB',
  15: 'E-SpO2',
  16: 'E-SpO2-D',
  19: 'HR-D MSB',
  20: 'HR-D LSB',
  21: 'E-HR-D MSB',
  22: 'E-HR-D LSB',
}

/** Where format 7 differs from format 2: no byte 01 in front, and a waveform of 16 bits. */
interface Layout {
  readonly marked: boolean
}

interface Packet {
  readonly packet: PacketReader
  readonly flags: Readonly<Record<StatusBit, boolean>>
  readonly smartPoint: boolean
  readonly lowBattery: boolean
  /** Undefined: the bytes hold no packet from its first frame to the one with this value. */
  readonly pulse: number | undefined
  readonly saturation: number | undefined
}

const NO_FLAGS: Readonly<Record<StatusBit, boolean>> = {
  'Sensor Disconnected': false,
  Artifact: false,
  'Out Of Track': false,
  'Sensor Alarm': false,
  'Red Perfusion': false,
  'Green Perfusion': false,
  SYNC: false,
}

/** Reads frames as long as there are any; the values are those of the first packet that begins in them. */
function readFrames(bytes: Uint8Array, { marked }: Layout): Packet {
  const packet = new PacketReader(bytes)
  let flags = NO_FLAGS
  const values = new Map<string, number>()
  let place: number | undefined
  let status2: Readonly<Record<keyof typeof STATUS2_BITS, boolean>> = { SmartPoint: false, 'Low Battery': false }
  do {
    const at = packet.offset
    if (marked && packet.u8('Start') !== 1) throw new PreCareError('packet-malformed', `the frame at ${at} has no 01`)
    const status = packet.offset
    const here = packet.flags('Status', 1, STATUS_BITS)
    if ((bytes[status] ?? 0) < 0x80) throw new PreCareError('packet-malformed', `status at ${status} has no bit 7`)
    if (marked) packet.u8('Pleth')
    else packet.u16be('Pleth')
    if (here.SYNC) place = place === undefined ? 0 : PLETH_FRAMES
    const name = place === undefined ? undefined : VALUES[place]
    const inPacket = place !== undefined && place < PLETH_FRAMES
    const value = name === 'STAT2' ? undefined : packet.u8(name ?? (inPacket ? 'Reserved' : 'Value'))
    if (name === 'STAT2') status2 = packet.flags('STAT2', 1, STATUS2_BITS)
    else if (name !== undefined && value !== undefined) values.set(name, value)
    if (packet.u8('Checksum') !== sumOf(bytes.subarray(at, at + PLETH_FRAME - 1))) {
      throw new PreCareError('checksum-wrong', `the frame at ${at} has another sum`)
    }
    if (inPacket) flags = either(flags, here)
    if (place !== undefined) place += 1
  } while (packet.surplusBytes > 0)
  const high = values.get('HR MSB')
  const low = values.get('HR LSB')
  const pulse = high === undefined || low === undefined ? undefined : ((high & 0b11) << 7) | (low & 0x7f)
  const saturation = values.get('SpO2')
  return {
    packet,
    flags,
    smartPoint: status2.SmartPoint,
    lowBattery: status2['Low Battery'],
    pulse,
    saturation: saturation === undefined ? undefined : saturation & 0x7f,
  }
}

/** Artifact and out of track come and go within a packet: a frame that has one speaks against the whole. */
function either(
  a: Readonly<Record<StatusBit, boolean>>,
  b: Readonly<Record<StatusBit, boolean>>,
): Readonly<Record<StatusBit, boolean>> {
  const both = {} as Record<StatusBit, boolean>
  for (const bit of Object.keys(STATUS_BITS) as StatusBit[]) both[bit] = a[bit] || b[bit]
  return both
}

const measured = (raw: number, missing: number, unit: string): Value =>
  raw === missing ? { absent: 'not-measured', unit } : { value: raw, unit, decimals: 0 }

function measurementOf(about: Packet): Measurement | undefined {
  const { packet, flags, pulse, saturation } = about
  if (pulse === undefined || saturation === undefined) return undefined
  packet.derived(
    'Heart Rate',
    pulse === PULSE_MISSING ? null : pulse,
    pulse === PULSE_MISSING ? 'missing' : 'bits 8-7 of HR MSB, then bits 6-0 of HR LSB',
  )
  const status: Status[] = [
    ...statusesOf(flags, {
      'Sensor Disconnected': 'sensor-off',
      'Sensor Alarm': 'sensor-fault',
      'Out Of Track': 'poor-signal',
      Artifact: 'poor-signal',
    }),
  ]
  // Red and green together are yellow, a signal of medium strength.
  if (flags['Red Perfusion'] && !flags['Green Perfusion']) status.push('low-perfusion')
  if (about.lowBattery) status.push('battery-low')
  return {
    kind: 'oxygen-saturation',
    values: {
      oxygenSaturation: measured(saturation, SATURATION_MISSING, '%'),
      pulseRate: measured(pulse, PULSE_MISSING, '/min'),
    },
    status,
  }
}

function decode(bytes: Uint8Array, layout: Layout, unsettled: boolean): Decoded {
  const about = readFrames(bytes, layout)
  const measurement = measurementOf(about)
  if (measurement === undefined) return decoded(about.packet, [])
  const status: readonly Status[] = unsettled ? [...measurement.status, 'questionable'] : measurement.status
  return decoded(about.packet, [{ ...measurement, status }])
}

function judge(bytes: Uint8Array, layout: Layout): ReturnType<Judge> {
  const about = readFrames(bytes, layout)
  const values = measurementOf(about)?.values
  const saturation = values?.['oxygenSaturation']
  const pulse = values?.['pulseRate']
  if (!saturation || !pulse || 'absent' in saturation || 'absent' in pulse || about.flags['Sensor Disconnected']) {
    return { state: 'away', value: 0, pulse: 0 }
  }
  const { Artifact, 'Out Of Track': lost, 'Sensor Alarm': alarm } = about.flags
  const searching = Artifact || lost || alarm
  const state = searching ? 'unsettled' : about.smartPoint ? 'final' : 'usable'
  return { state, value: saturation.value, pulse: pulse.value }
}

const FORMAT_2: Layout = { marked: true }
const FORMAT_7: Layout = { marked: false }

/** One packet of 25 frames, or frames of a recording that begins anywhere: without a whole first part no measurement. */
export const decodeFormat2 = (bytes: Uint8Array, unsettled = false): Decoded => decode(bytes, FORMAT_2, unsettled)
export const decodeFormat7 = (bytes: Uint8Array, unsettled = false): Decoded => decode(bytes, FORMAT_7, unsettled)
export const judgeFormat2 = (bytes: Uint8Array): ReturnType<typeof judge> => judge(bytes, FORMAT_2)
export const judgeFormat7 = (bytes: Uint8Array): ReturnType<typeof judge> => judge(bytes, FORMAT_7)
