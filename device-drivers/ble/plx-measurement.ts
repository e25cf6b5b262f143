import { decoded, statusesOf } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { LiveSample } from '../live-stream.ts'
import { isNumber, type Status, type Value } from '../reading.ts'
import { MEASUREMENT_MEANING, MEASUREMENT_STATUS_BITS, SENSOR_MEANING, SENSOR_STATUS_BITS } from './plx-status.ts'

/** PLX Spot-Check Measurement 0x2A5E, PLX Continuous Measurement 0x2A5F and PLX Features 0x2A60 (PLXS 1.0). */

interface Tail {
  readonly perfusionIndex?: Value
  readonly status: readonly Status[]
  readonly final: boolean
}

/** Measurement status, device and sensor status, pulse amplitude index: the same end in both characteristics. */
function readTail(
  packet: PacketReader,
  has: { readonly measurement: boolean; readonly sensor: boolean; readonly index: boolean },
): Tail {
  const measurement = has.measurement && packet.flags('Measurement Status', 2, MEASUREMENT_STATUS_BITS)
  const sensor = has.sensor && packet.flags('Device and Sensor Status', 3, SENSOR_STATUS_BITS)
  const perfusionIndex = has.index ? packet.sfloat('Pulse Amplitude Index', '%') : undefined
  const status = [
    ...(measurement ? statusesOf(measurement, MEASUREMENT_MEANING) : []),
    ...(sensor ? statusesOf(sensor, SENSOR_MEANING) : []),
  ]
  const final = measurement && (measurement['Validated Data'] || measurement['Fully Qualified Data'])
  return { ...(perfusionIndex && { perfusionIndex }), status: [...new Set(status)], final: final === true }
}

export function decodeSpotCheck(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const flags = packet.flags('Flags', 1, {
    'Timestamp present': 0,
    'Measurement Status present': 1,
    'Device and Sensor Status present': 2,
    'Pulse Amplitude Index present': 3,
    'Device Clock is Not Set': 4,
  })
  const oxygenSaturation = packet.sfloat('SpO2PR-Spot-Check - SpO2', '%')
  const pulseRate = packet.sfloat('SpO2PR-Spot-Check - PR', '/min')
  const { timing, status } = measurementTime(flags['Timestamp present'] ? packet.dateTime('Timestamp') : undefined)
  const tail = readTail(packet, {
    measurement: flags['Measurement Status present'],
    sensor: flags['Device and Sensor Status present'],
    index: flags['Pulse Amplitude Index present'],
  })
  const { perfusionIndex } = tail
  const measurement: Measurement = {
    kind: 'oxygen-saturation',
    values: { oxygenSaturation, pulseRate, ...(perfusionIndex && { perfusionIndex }) },
    status: [...tail.status, ...status],
    ...timing,
    ...(flags['Device Clock is Not Set'] && { clockUnset: true }),
  }
  return decoded(packet, [measurement])
}

function readContinuous(bytes: Uint8Array): { packet: PacketReader; measurement: Measurement; final: boolean } {
  const packet = new PacketReader(bytes)
  const flags = packet.flags('Flags', 1, {
    'SpO2PR-Fast present': 0,
    'SpO2PR-Slow present': 1,
    'Measurement Status present': 2,
    'Device and Sensor Status present': 3,
    'Pulse Amplitude Index present': 4,
  })
  const oxygenSaturation = packet.sfloat('SpO2PR-Normal - SpO2', '%')
  const pulseRate = packet.sfloat('SpO2PR-Normal - PR', '/min')
  for (const speed of ['Fast', 'Slow'] as const) {
    if (!flags[`SpO2PR-${speed} present`]) continue
    packet.sfloat(`SpO2PR-${speed} - SpO2`, '%')
    packet.sfloat(`SpO2PR-${speed} - PR`, '/min')
  }
  const { perfusionIndex, status, final } = readTail(packet, {
    measurement: flags['Measurement Status present'],
    sensor: flags['Device and Sensor Status present'],
    index: flags['Pulse Amplitude Index present'],
  })
  const values = { oxygenSaturation, pulseRate, ...(perfusionIndex && { perfusionIndex }) }
  return { packet, measurement: { kind: 'oxygen-saturation', values, status }, final }
}

/** @param unsettled the stream this packet comes from never came to rest */
export function decodeContinuous(bytes: Uint8Array, unsettled = false): Decoded {
  const { packet, measurement } = readContinuous(bytes)
  const status = unsettled ? [...new Set<Status>([...measurement.status, 'questionable'])] : measurement.status
  return decoded(packet, [{ ...measurement, status }])
}

/** Nobody's finger, or nothing that could be a value for a citizen. */
const AWAY = new Set<Status>(['sensor-off'])
/** Not yet, or not for real: never becomes a reading. Doubtful ones do, and carry their doubt. */
const UNSETTLED_STATUSES = new Set<Status>([
  'early-estimate',
  'demonstration',
  'test',
  'invalid',
  'sensor-fault',
  'device-fault',
])

/**
 * What a continuous packet is worth. 'Measurement Ongoing' is no reason to wait: oximeters set it in every packet of
 * a stream (a ChoiceMMed in the recording of stackoverflow.com/q/71264072).
 */
export function judgeContinuous(bytes: Uint8Array): Omit<LiveSample<Uint8Array>, 'item'> {
  const { measurement, final } = readContinuous(bytes)
  const { oxygenSaturation, pulseRate } = measurement.values
  if (measurement.status.some((status) => AWAY.has(status))) return { state: 'away', value: 0 }
  if (!isNumber(oxygenSaturation) || !isNumber(pulseRate)) return { state: 'away', value: 0 }
  const { value } = oxygenSaturation
  if (measurement.status.some((status) => UNSETTLED_STATUSES.has(status))) return { state: 'unsettled', value }
  return { state: final ? 'final' : 'usable', value }
}

export function decodeFeatures(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const features = packet.flags('Supported Features', 2, {
    'Measurement Status support is present': 0,
    'Device and Sensor Status support is present': 1,
    'Measurement Storage for Spot-check measurements is supported': 2,
    'Timestamp for Spot-check measurements is supported': 3,
    'SpO2PR-Fast metric is supported': 4,
    'SpO2PR-Slow metric is supported': 5,
    'Pulse Amplitude Index field is supported': 6,
    'Multiple Bonds Supported': 7,
  })
  if (features['Measurement Status support is present']) {
    packet.flags('Measurement Status Support', 2, MEASUREMENT_STATUS_BITS)
  }
  if (features['Device and Sensor Status support is present']) {
    packet.flags('Device and Sensor Status Support', 3, SENSOR_STATUS_BITS)
  }
  return decoded(packet, [])
}
