import { decoded } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { type DeviceTime, measurementTime } from '../gatt/date-time.ts'
import { PacketReader, type Scale } from '../gatt/packet-reader.ts'
import { isNumber, type Value } from '../reading.ts'
import { convert } from '../units.ts'
import { readUserId } from './user-id.ts'

/** Body Composition Measurement 0x2A9C and Feature 0x2A9B (BCS 1.0). */

/** 0xFFFF: measurement unsuccessful (BCS 1.0, 3.2.1.2). */
const UNSUCCESSFUL = 0xffff

/** What a unit of the wire is worth. A model that deviates replaces what it does otherwise. */
export interface BodyScales {
  readonly mass: Scale
  readonly weight: Scale
  readonly bodyWater: Scale
  readonly height: Scale
}

const KG: Scale = { times: 5, exponent: -3, unit: 'kg' }
const LB: Scale = { times: 1, exponent: -2, unit: '[lb_av]' }
const SI: BodyScales = {
  mass: KG,
  weight: KG,
  bodyWater: KG,
  height: { times: 1, exponent: -3, unit: 'm' },
}
const IMPERIAL: BodyScales = {
  mass: LB,
  weight: LB,
  bodyWater: LB,
  height: { times: 1, exponent: -1, unit: '[in_i]' },
}
const TENTH_PERCENT: Scale = { times: 1, exponent: -1, unit: '%' }
const BODY_FAT: Scale = { ...TENTH_PERCENT, unsuccessful: UNSUCCESSFUL }
const KILOJOULE: Scale = { times: 1, exponent: 0, unit: 'kJ' }
const TENTH_OHM: Scale = { times: 1, exponent: -1, unit: 'Ohm' }

const FLAGS = {
  'Measurement Units': 0,
  'Time Stamp present': 1,
  'User ID present': 2,
  'Basal Metabolism present': 3,
  'Muscle Percentage present': 4,
  'Muscle Mass present': 5,
  'Fat Free Mass present': 6,
  'Soft Lean Mass present': 7,
  'Body Water Mass present': 8,
  'Impedance present': 9,
  'Weight present': 10,
  'Height present': 11,
  'Multiple Packet Measurement': 12,
} as const

/** True for a packet that is half of a measurement: the other half is the next packet of this kind. */
export function isPartial(bytes: Uint8Array): boolean {
  return ((bytes[1] ?? 0) & (1 << (FLAGS['Multiple Packet Measurement'] - 8))) !== 0
}

interface BodyPacket {
  readonly packet: PacketReader
  readonly values: Readonly<Record<string, Value>>
  readonly time: DeviceTime | undefined
  readonly slot: number | undefined
}

function readPacket(bytes: Uint8Array, deviation: Partial<BodyScales>): BodyPacket {
  const packet = new PacketReader(bytes)
  const flags = packet.flags('Flags', 2, FLAGS)
  const scales: BodyScales = { ...(flags['Measurement Units'] ? IMPERIAL : SI), ...deviation }
  const values: Record<string, Value> = { bodyFat: packet.scaledU16('Body Fat Percentage', BODY_FAT) }
  const time = flags['Time Stamp present'] ? packet.dateTime('Time Stamp') : undefined
  const slot = readUserId(packet, flags['User ID present'])
  const field = (present: boolean, name: string, quantity: string, scale: Scale, unit: string): void => {
    if (present) values[quantity] = convert(packet.scaledU16(name, scale), unit)
  }
  field(flags['Basal Metabolism present'], 'Basal Metabolism', 'basalMetabolism', KILOJOULE, 'kJ')
  field(flags['Muscle Percentage present'], 'Muscle Percentage', 'musclePercent', TENTH_PERCENT, '%')
  field(flags['Muscle Mass present'], 'Muscle Mass', 'muscleMass', scales.mass, 'kg')
  field(flags['Fat Free Mass present'], 'Fat Free Mass', 'fatFreeMass', scales.mass, 'kg')
  field(flags['Soft Lean Mass present'], 'Soft Lean Mass', 'softLeanMass', scales.mass, 'kg')
  // A scale that sends water in percent of the weight has another quantity there, and names it by its unit.
  const water = scales.bodyWater.unit === '%' ? 'bodyWaterPercent' : 'bodyWater'
  const waterUnit = scales.bodyWater.unit === '%' ? '%' : 'kg'
  field(flags['Body Water Mass present'], 'Body Water Mass', water, scales.bodyWater, waterUnit)
  field(flags['Impedance present'], 'Impedance', 'impedance', TENTH_OHM, 'Ohm')
  field(flags['Weight present'], 'Weight', 'weight', scales.weight, 'kg')
  field(flags['Height present'], 'Height', 'height', scales.height, 'cm')
  return { packet, values, time, slot }
}

/**
 * One measurement, in one packet or two. Both halves begin with flags and body fat; what the first one says goes before.
 * Fields are those of the first packet.
 */
export function decodeBodyComposition(
  packets: readonly [Uint8Array, ...Uint8Array[]],
  deviation: Partial<BodyScales> = {},
): Decoded {
  const first = readPacket(packets[0], deviation)
  const all = [first, ...packets.slice(1).map((bytes) => readPacket(bytes, deviation))]
  const values: Record<string, Value> = {}
  for (const each of all) {
    for (const [name, value] of Object.entries(each.values)) {
      const before = values[name]
      if (before === undefined || !isNumber(before)) values[name] = value
    }
  }
  const slot = all.find((each) => each.slot !== undefined)?.slot
  const { timing, status } = measurementTime(all.find((each) => each.time !== undefined)?.time)
  const measurement: Measurement = {
    kind: 'body-composition',
    values,
    status,
    ...timing,
    ...(slot !== undefined && { slot }),
  }
  return decoded(first.packet, [measurement])
}

/** Body Composition Feature 0x2A9B. */
export function decodeBodyCompositionFeature(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.flags('Body Composition Feature', 4, {
    'Time Stamp Supported': 0,
    'Multiple Users Supported': 1,
    'Basal Metabolism Supported': 2,
    'Muscle Percentage Supported': 3,
    'Muscle Mass Supported': 4,
    'Fat Free Mass Supported': 5,
    'Soft Lean Mass Supported': 6,
    'Body Water Mass Supported': 7,
    'Impedance Supported': 8,
    'Weight Supported': 9,
    'Height Supported': 10,
  })
  const raw = bytes.reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0)
  packet.derived('Mass Measurement Resolution', Math.floor(raw / 2 ** 11) % 16, 'code, 0: not said')
  packet.derived('Height Measurement Resolution', Math.floor(raw / 2 ** 15) % 8, 'code, 0: not said')
  return decoded(packet, [])
}
