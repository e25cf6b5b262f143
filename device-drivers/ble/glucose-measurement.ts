import { decoded, statusesOf } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { addMinutes, type DeviceTime, measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { Site, Status, Value } from '../reading.ts'
import { convert } from '../units.ts'

/** Glucose Measurement 0x2A18, Glucose Measurement Context 0x2A34 and Glucose Feature 0x2A51 (GLS 1.0.1). */

const STATUS_BITS = {
  'Device battery low at time of measurement': 0,
  'Sensor malfunction or faulting at time of measurement': 1,
  'Sample size for blood or control solution insufficient at time of measurement': 2,
  'Strip insertion error': 3,
  'Strip type incorrect for device': 4,
  'Sensor result higher than the device can process': 5,
  'Sensor result lower than the device can process': 6,
  'Sensor temperature too high for valid test/result at time of measurement': 7,
  'Sensor temperature too low for valid test/result at time of measurement': 8,
  'Sensor read interrupted because strip was pulled too soon at time of measurement': 9,
  'General device fault has occurred in the sensor': 10,
  'Time fault has occurred in the sensor and time may be inaccurate': 11,
} as const
type StatusBit = keyof typeof STATUS_BITS

const STATUS_MEANING: Readonly<Record<StatusBit, Status>> = {
  'Device battery low at time of measurement': 'battery-low',
  'Sensor malfunction or faulting at time of measurement': 'sensor-fault',
  'Sample size for blood or control solution insufficient at time of measurement': 'sample-insufficient',
  'Strip insertion error': 'strip-fault',
  'Strip type incorrect for device': 'strip-fault',
  'Sensor result higher than the device can process': 'result-too-high',
  'Sensor result lower than the device can process': 'result-too-low',
  'Sensor temperature too high for valid test/result at time of measurement': 'temperature-out-of-range',
  'Sensor temperature too low for valid test/result at time of measurement': 'temperature-out-of-range',
  'Sensor read interrupted because strip was pulled too soon at time of measurement': 'strip-fault',
  'General device fault has occurred in the sensor': 'device-fault',
  'Time fault has occurred in the sensor and time may be inaccurate': 'time-fault',
}

/** With these the number on the meter's display is not to be trusted, so it must not raise an alert by itself. */
const UNSURE: readonly Status[] = ['sample-insufficient', 'strip-fault', 'temperature-out-of-range']

export const SAMPLE_TYPES: readonly (string | undefined)[] = [
  undefined,
  'capillary whole blood',
  'capillary plasma',
  'venous whole blood',
  'venous plasma',
  'arterial whole blood',
  'arterial plasma',
  'undetermined whole blood',
  'undetermined plasma',
  'interstitial fluid',
  'control solution',
]
const CONTROL_SOLUTION_TYPE = 10

export const SAMPLE_LOCATIONS: Readonly<Record<number, string>> = {
  1: 'finger',
  2: 'alternate site test',
  3: 'earlobe',
  4: 'control solution',
  5: 'subcutaneous tissue',
  15: 'not available',
}
const CONTROL_SOLUTION_LOCATION = 4
const SITES: Readonly<Record<number, Site>> = { 1: 'finger', 2: 'other', 3: 'ear' }

/** Time offset 0x7FFF and 0x8000: the user's clock is further away than the field can say. */
const OVERRUN = 0x7fff
const UNDERRUN = -0x8000

function readUserTime(packet: PacketReader, base: DeviceTime): DeviceTime {
  const minutes = packet.i16('Time Offset', 'min')
  if (minutes === OVERRUN || minutes === UNDERRUN) {
    packet.explain(minutes === OVERRUN ? 'overrun' : 'underrun')
    return { text: base.text, state: 'invalid' }
  }
  if (base.state !== 'valid') return base
  const text = addMinutes(base.text, minutes)
  packet.explain(`user-facing time ${text}`)
  return { text, state: 'valid' }
}

/** Type in the low nibble, sample location in the high one. */
function readSample(packet: PacketReader): { readonly site?: Site; readonly control: boolean } {
  const both = packet.u8('Type-Sample Location')
  const type = both & 0xf
  const location = both >>> 4
  packet.derived('Type', type, SAMPLE_TYPES[type] ?? 'reserved')
  packet.derived('Sample Location', location, SAMPLE_LOCATIONS[location] ?? 'reserved')
  const site = SITES[location]
  const control = type === CONTROL_SOLUTION_TYPE || location === CONTROL_SOLUTION_LOCATION
  return { control, ...(site && { site }) }
}

/** A meter shows HI and LO, on the wire an infinity or a status bit: there is no number then, but it must be seen. */
export function visibleRange(value: Value, high: boolean, low: boolean): Value {
  const absent = 'absent' in value ? value.absent : undefined
  if (high || absent === 'positive-infinity') return { absent: 'above-range', unit: 'mmol/L' }
  if (low || absent === 'negative-infinity') return { absent: 'below-range', unit: 'mmol/L' }
  return convert(value, 'mmol/L')
}

/** The statuses that an out-of-range value says by itself. */
export function rangeStatuses(value: Value): readonly Status[] {
  if (!('absent' in value)) return []
  if (value.absent === 'above-range') return ['result-too-high']
  return value.absent === 'below-range' ? ['result-too-low'] : []
}

/** Offsets in 0x2A18 and 0x2A34. */
const SEQUENCE_AT = 1
const BASE_TIME = [3, 10] as const

/** Sequence number of a packet of 0x2A18 or 0x2A34; undefined when it is too short for one. */
export function sequenceOf(bytes: Uint8Array): number | undefined {
  const [low, high] = bytes.subarray(SEQUENCE_AT, SEQUENCE_AT + 2)
  return low === undefined || high === undefined ? undefined : low + high * 256
}

/** Base time of a packet of 0x2A18 as it was sent: it never changes with the user's clock. */
export function baseTimeOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(...BASE_TIME)).toString('hex')
}

/** A record without concentration keeps its number and is no measurement. */
export function decodeGlucose(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const flags = packet.flags('Flags', 1, {
    'Time Offset Present': 0,
    'Glucose Concentration, Type and Sample Location Present': 1,
    'Glucose Concentration Units': 2,
    'Sensor Status Annunciation Present': 3,
    'Context Information Follows': 4,
  })
  const sequence = packet.u16('Sequence Number')
  const base = packet.dateTime('Base Time')
  const time = flags['Time Offset Present'] ? readUserTime(packet, base) : base
  const measured = flags['Glucose Concentration, Type and Sample Location Present']
  const unit = flags['Glucose Concentration Units'] ? 'mol/L' : 'kg/L'
  const concentration = measured && packet.sfloat('Glucose Concentration', unit)
  const sample = measured && readSample(packet)
  const set = flags['Sensor Status Annunciation Present'] && packet.flags('Sensor Status Annunciation', 2, STATUS_BITS)
  if (!concentration || !sample) return decoded(packet, [])

  const glucose = visibleRange(
    concentration,
    set !== false && set['Sensor result higher than the device can process'],
    set !== false && set['Sensor result lower than the device can process'],
  )
  const said: readonly Status[] = set ? statusesOf(set, STATUS_MEANING) : []
  const { timing, status: timeStatus } = measurementTime(time)
  const status: Status[] = [...said, ...rangeStatuses(glucose), ...timeStatus]
  if (sample.control) status.push('control-solution')
  if (status.some((each) => UNSURE.includes(each))) status.push('questionable')
  const measurement: Measurement = {
    kind: 'glucose',
    values: { glucose },
    status: [...new Set(status)],
    ...timing,
    ...(said.includes('time-fault') && { clockUnset: true }),
    sequence,
    ...(sample.site && { site: sample.site }),
  }
  return decoded(packet, [measurement])
}

/** Glucose Feature 0x2A51. */
export function decodeGlucoseFeature(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.flags('Glucose Feature', 2, {
    'Low Battery Detection During Measurement Supported': 0,
    'Sensor Malfunction Detection Supported': 1,
    'Sensor Sample Size Supported': 2,
    'Sensor Strip Insertion Error Detection Supported': 3,
    'Sensor Strip Type Error Detection Supported': 4,
    'Sensor Result High-Low Detection Supported': 5,
    'Sensor Temperature High-Low Detection Supported': 6,
    'Sensor Read Interrupt Detection Supported': 7,
    'General Device Fault Supported': 8,
    'Time Fault Supported': 9,
    'Multiple Bond Supported': 10,
  })
  return decoded(packet, [])
}
