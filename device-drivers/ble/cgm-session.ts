import { decoded } from '../decoded.ts'
import type { Decoded } from '../driver.ts'
import type { DeviceTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import { readCrc, wrongCrc } from './cgm-measurement.ts'
import { ANNUNCIATION_BITS } from './cgm-status.ts'
import { dstNote, readTimeZone } from './device-clock-zone.ts'
import { SAMPLE_LOCATIONS, SAMPLE_TYPES } from './glucose-measurement.ts'

/** What surrounds CGM measurements: feature 0x2AA8, status 0x2AA9, session start 0x2AAA and run time 0x2AAB. */

/** In the field of the CRC where the sensor has none (CGMS 1.0.1, 3.2). */
const NO_CRC = 0xffff
const FEATURE_BYTES = 6

/** Whether records carry an E2E-CRC. @throws PreCareError as {@link decodeCgmFeature} */
export function protectsRecords(feature: Uint8Array): boolean {
  return decodeCgmFeature(feature).fields.some(({ name, value }) => name === 'E2E-CRC supported' && value === true)
}

/** @throws PreCareError 'checksum-wrong': without the feature bit the field must say FFFF */
export function decodeCgmFeature(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const feature = packet.flags('CGM Feature', 3, {
    'Calibration Supported': 0,
    'Patient High/Low Alerts supported': 1,
    'Hypo Alerts supported': 2,
    'Hyper Alerts supported': 3,
    'Rate of Increase/Decrease Alerts supported': 4,
    'Device Specific Alert supported': 5,
    'Sensor Malfunction Detection supported': 6,
    'Sensor Temperature High-Low Detection supported': 7,
    'Sensor Result High-Low Detection supported': 8,
    'Low Battery Detection supported': 9,
    'Sensor Type Error Detection supported': 10,
    'General Device Fault supported': 11,
    'E2E-CRC supported': 12,
    'Multiple Bond supported': 13,
    'Multiple Sessions supported': 14,
    'CGM Trend Information supported': 15,
    'CGM Quality supported': 16,
  })
  const both = packet.u8('CGM Type-Sample Location')
  packet.derived('CGM Type', both & 0xf, SAMPLE_TYPES[both & 0xf] ?? 'reserved')
  packet.derived('CGM Sample Location', both >>> 4, SAMPLE_LOCATIONS[both >>> 4] ?? 'reserved')
  if (feature['E2E-CRC supported']) {
    if (!readCrc(packet, bytes.subarray(0, FEATURE_BYTES))) throw wrongCrc('2AA8')
  } else if (packet.u16('E2E-CRC') === NO_CRC) packet.explain('not supported')
  else throw wrongCrc('2AA8')
  return decoded(packet, [])
}

export interface SessionStart {
  readonly about: Decoded
  readonly time: DeviceTime
  /** undefined: there is none. */
  readonly crc: boolean | undefined
}

/** 0x2AAA: local time of the sensor when it was put in. */
export function readSessionStart(bytes: Uint8Array): SessionStart {
  const packet = new PacketReader(bytes)
  const time = packet.dateTime('Session Start Time')
  readTimeZone(packet)
  packet.explain(dstNote(packet.u8('DST-Offset')))
  const crc = packet.surplusBytes >= 2 ? readCrc(packet, bytes.subarray(0, packet.offset + 2)) : undefined
  return { about: decoded(packet, []), time, crc }
}

/** To be looked at: a wrong E2E-CRC is shown. */
export function decodeSessionStart(bytes: Uint8Array): Decoded {
  return readSessionStart(bytes).about
}

export function decodeCgmStatus(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.u16('Time Offset', 'min')
  packet.flags('Status', 1, ANNUNCIATION_BITS.status)
  packet.flags('Cal/Temp', 1, ANNUNCIATION_BITS.calTemp)
  packet.flags('Warning', 1, ANNUNCIATION_BITS.warning)
  if (packet.surplusBytes >= 2) readCrc(packet, bytes.subarray(0, packet.offset + 2))
  return decoded(packet, [])
}

export function decodeSessionRunTime(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.u16('CGM Session Run Time', 'h')
  if (packet.surplusBytes >= 2) readCrc(packet, bytes.subarray(0, packet.offset + 2))
  return decoded(packet, [])
}
