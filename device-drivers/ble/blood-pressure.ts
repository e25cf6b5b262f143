import { decoded, statusesOf } from '../decoded.ts'
import type { BleDriver, Decoded, Measurement, RawRecord } from '../driver.ts'
import { measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import { CHARACTERISTIC, SERVICE } from '../gatt/uuids.ts'
import type { Status, Value } from '../reading.ts'
import { convert } from '../units.ts'
import { readUserId } from './user-id.ts'
import { advertises, recordDriver, type Variant } from './visit.ts'

/** Blood Pressure Service 0x1810 (BLS 1.1): Blood Pressure Measurement 0x2A35 and Intermediate Cuff Pressure 0x2A36. */

const STATUS_BITS = {
  'Body Movement Detected': 0,
  'Cuff Too Loose': 1,
  'Irregular Pulse Detected': 2,
  'Pulse Rate Exceeds Upper Limit': 3,
  'Pulse Rate Below Lower Limit': 4,
  'Improper Measurement Position': 5,
} as const

const STATUS_MEANING: Readonly<Record<keyof typeof STATUS_BITS, Status>> = {
  'Body Movement Detected': 'body-movement',
  'Cuff Too Loose': 'cuff-too-loose',
  'Irregular Pulse Detected': 'irregular-pulse',
  'Pulse Rate Exceeds Upper Limit': 'pulse-out-of-range',
  'Pulse Rate Below Lower Limit': 'pulse-out-of-range',
  'Improper Measurement Position': 'improper-position',
}

const mmHg = (pressure: Value): Value => convert(pressure, 'mm[Hg]')

/**
 * One packet of 0x2A35 or 0x2A36. Cuff pressure on its way down is shown, but never is a blood pressure: no
 * measurement. A mean pressure that is not a number stays absent; it is not computed.
 */
export function decodeBloodPressure(bytes: Uint8Array, characteristic: string): Decoded {
  const packet = new PacketReader(bytes)
  const flags = packet.flags('Flags', 1, {
    'Blood Pressure Units Flag': 0,
    'Time Stamp Flag': 1,
    'Pulse Rate Flag': 2,
    'User ID Flag': 3,
    'Measurement Status Flag': 4,
  })
  const unit = flags['Blood Pressure Units Flag'] ? 'kPa' : 'mm[Hg]'
  const intermediate = characteristic === CHARACTERISTIC.intermediateCuffPressure
  const systolic = packet.sfloat(intermediate ? 'Current Cuff Pressure' : 'Systolic', unit)
  const diastolic = packet.sfloat(intermediate ? 'Unused 1' : 'Diastolic', unit)
  const meanArterial = packet.sfloat(intermediate ? 'Unused 2' : 'MAP', unit)
  const time = flags['Time Stamp Flag'] ? packet.dateTime('Time Stamp') : undefined
  const pulseRate = flags['Pulse Rate Flag'] ? packet.sfloat('Pulse Rate', '/min') : undefined
  const slot = readUserId(packet, flags['User ID Flag'])
  const set = flags['Measurement Status Flag'] && packet.flags('Measurement Status', 2, STATUS_BITS)
  if (intermediate) return decoded(packet, [])

  const { timing, status } = measurementTime(time)
  const measurement: Measurement = {
    kind: 'blood-pressure',
    values: {
      systolic: mmHg(systolic),
      diastolic: mmHg(diastolic),
      meanArterial: mmHg(meanArterial),
      ...(pulseRate && { pulseRate }),
    },
    status: [...(set ? statusesOf(set, STATUS_MEANING) : []), ...status],
    ...timing,
    ...(slot !== undefined && { slot }),
  }
  return decoded(packet, [measurement])
}

/** Blood Pressure Feature 0x2A49. */
export function decodeBloodPressureFeature(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.flags('Blood Pressure Feature', 2, {
    'Body Movement Detection Support': 0,
    'Cuff Fit Detection Support': 1,
    'Irregular Pulse Detection Support': 2,
    'Pulse Rate Range Detection Support': 3,
    'Measurement Position Detection Support': 4,
    'Multiple Bond Support': 5,
  })
  return decoded(packet, [])
}

const BASE = {
  about: {
    kinds: ['blood-pressure'],
    unitRule: 'flag',
    timeRule: 'device-time-optional',
    specialValues: 'special SFLOATs, most often a mean pressure that is not a number; user 255 is unknown',
    userSlots: 'optional',
    storedRecords: 'sent-once',
    commit: 'none: an indication is confirmed when its record is on disk',
    bonding: 'optional',
    setsClock: true,
    evidence: 'specification only',
    sources: ['Bluetooth SIG, Blood Pressure Service 1.1', 'Bluetooth SIG, GATT Specification Supplement'],
  },
  plan: { service: SERVICE.bloodPressure, characteristic: CHARACTERISTIC.bloodPressureMeasurement },
} as const

/** A cuff that speaks 0x1810, with a vendor's quirks if it has some. */
export function bloodPressureDriver(variant: Variant): BleDriver {
  return recordDriver(BASE, ([packet]: RawRecord): Decoded => decodeBloodPressure(packet.bytes, packet.source), variant)
}

export const bloodPressureService = bloodPressureDriver({
  about: {
    id: 'blood-pressure-service',
    title: 'Blood pressure monitor (Blood Pressure Service)',
    vendor: 'Bluetooth SIG',
    models: ['any with service 0x1810'],
    quirks: ['intermediate cuff pressure 0x2A36 is ignored'],
  },
  match: advertises(SERVICE.bloodPressure),
})
