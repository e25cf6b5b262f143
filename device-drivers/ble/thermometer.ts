import { decoded } from '../decoded.ts'
import type { BleDriver, Decoded, Measurement, RawRecord } from '../driver.ts'
import { measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import { CHARACTERISTIC, SERVICE } from '../gatt/uuids.ts'
import type { Site } from '../reading.ts'
import { convert } from '../units.ts'
import { advertises, recordDriver, type Variant } from './visit.ts'

/** Health Thermometer Service 0x1809 (HTS 1.0): Temperature Measurement 0x2A1C, Temperature Type 0x2A1D. */

/** Temperature Type by number; 0 and the rest are reserved. */
const SITES_BY_TYPE: readonly (Site | undefined)[] = [
  undefined,
  'armpit',
  'body',
  'ear',
  'finger',
  'gastro-intestinal',
  'mouth',
  'rectum',
  'toe',
  'tympanum',
]

function readType(packet: PacketReader): Site | undefined {
  const site = SITES_BY_TYPE[packet.u8('Temperature Type')]
  packet.explain(site ?? 'reserved')
  return site
}

/** Temperature Type 0x2A1D: the same for every measurement of this thermometer. */
export function decodeTemperatureType(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  readType(packet)
  return decoded(packet, [])
}

/**
 * One packet of 0x2A1C, or of 0x2A1E (intermediate: shown, never a measurement).
 * @param staticType value of 0x2A1D, when the thermometer has it; a type in the packet goes before it
 */
export function decodeTemperature(bytes: Uint8Array, characteristic: string, staticType?: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const flags = packet.flags('Flags', 1, {
    'Temperature Units Flag': 0,
    'Time Stamp Flag': 1,
    'Temperature Type Flag': 2,
  })
  const temperature = packet.float32(
    'Temperature Measurement Value',
    flags['Temperature Units Flag'] ? '[degF]' : 'Cel',
  )
  const time = flags['Time Stamp Flag'] ? packet.dateTime('Time Stamp') : undefined
  const site = flags['Temperature Type Flag'] ? readType(packet) : SITES_BY_TYPE[staticType?.[0] ?? 0]
  if (characteristic === CHARACTERISTIC.intermediateTemperature) return decoded(packet, [])
  const { timing, status } = measurementTime(time)
  const measurement: Measurement = {
    kind: 'temperature',
    values: { bodyTemperature: convert(temperature, 'Cel') },
    status,
    ...timing,
    ...(site && { site }),
  }
  return decoded(packet, [measurement])
}

const BASE = {
  about: {
    kinds: ['temperature'],
    unitRule: 'flag',
    timeRule: 'device-time-optional',
    specialValues: 'special FLOATs; FFFFFF7F is no value',
    userSlots: 'none',
    storedRecords: 'sent-once',
    commit: 'none: an indication is confirmed when its record is on disk',
    bonding: 'optional',
    setsClock: true,
    evidence: 'specification only',
    sources: ['Bluetooth SIG, Health Thermometer Service 1.0', 'Bluetooth SIG, GATT Specification Supplement'],
  },
  plan: {
    service: SERVICE.healthThermometer,
    characteristic: CHARACTERISTIC.temperatureMeasurement,
    context: [CHARACTERISTIC.temperatureType],
  },
} as const

/** A thermometer that speaks 0x1809, with a vendor's quirks if it has some. */
export function thermometerDriver(variant: Variant): BleDriver {
  const decode = ([packet, ...context]: RawRecord): Decoded => {
    const staticType = context.find((p) => p.source === CHARACTERISTIC.temperatureType)?.bytes
    return decodeTemperature(packet.bytes, packet.source, staticType)
  }
  return recordDriver(BASE, decode, variant)
}

export const thermometerService = thermometerDriver({
  about: {
    id: 'thermometer-service',
    title: 'Thermometer (Health Thermometer Service)',
    vendor: 'Bluetooth SIG',
    models: ['any with service 0x1809'],
    quirks: ['intermediate temperature 0x2A1E is ignored'],
  },
  match: advertises(SERVICE.healthThermometer),
})
