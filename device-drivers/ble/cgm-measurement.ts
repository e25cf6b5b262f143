import { crcMcrf4xx } from '../crc.ts'
import { decoded, statusesOf } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { addMinutes, type DeviceTime, measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { Status } from '../reading.ts'
import { convert } from '../units.ts'
import { ANNUNCIATION_BITS, ANNUNCIATION_MEANING } from './cgm-status.ts'
import { rangeStatuses, visibleRange } from './glucose-measurement.ts'

/** CGM Measurement 0x2AA7 (CGMS 1.0.1, 3.1): one or more records, each with its own size and E2E-CRC. */

const CRC_BYTES = 2
/** Size, flags, concentration, time offset. */
const SHORTEST_RECORD = 6

/**
 * The E2E-CRC at the end of `bytes`, over all octets before it.
 * @returns whether it is right
 */
export function readCrc(packet: PacketReader, bytes: Uint8Array): boolean {
  const right = packet.u16('E2E-CRC') === crcMcrf4xx(bytes.subarray(0, bytes.length - CRC_BYTES))
  packet.explain(right ? 'right' : 'wrong')
  return right
}

export function wrongCrc(characteristic: string): PreCareError {
  return new PreCareError('checksum-wrong', `E2E-CRC of ${characteristic} is wrong`)
}

/** Walks a notification by the size of each record. @throws PreCareError when a size leads out of it, or nowhere */
export function* cgmRecords(bytes: Uint8Array): Generator<Uint8Array, void> {
  let at = 0
  do {
    const size = bytes[at] ?? 0
    if (bytes.length - at < Math.max(size, SHORTEST_RECORD)) {
      throw new PreCareError('packet-too-short', `CGM record at offset ${at} goes beyond the ${bytes.length} bytes`)
    }
    if (size < SHORTEST_RECORD)
      throw new PreCareError('packet-malformed', `CGM record at offset ${at} has size ${size}`)
    yield bytes.subarray(at, at + size)
    at += size
  } while (at < bytes.length)
}

/** What one record says. `crc`: false when it is wrong, undefined when there is none. */
interface CgmRecord {
  readonly measurement: Measurement
  readonly crc: boolean | undefined
}

function readStatus(
  packet: PacketReader,
  flags: Readonly<Record<'status' | 'calTemp' | 'warning', boolean>>,
): { readonly status: readonly Status[]; readonly high: boolean; readonly low: boolean } {
  const found: Status[] = []
  if (flags.status) {
    found.push(...statusesOf(packet.flags('Status', 1, ANNUNCIATION_BITS.status), ANNUNCIATION_MEANING))
  }
  if (flags.calTemp) {
    found.push(...statusesOf(packet.flags('Cal/Temp', 1, ANNUNCIATION_BITS.calTemp), ANNUNCIATION_MEANING))
  }
  const warning = flags.warning && packet.flags('Warning', 1, ANNUNCIATION_BITS.warning)
  return {
    status: found,
    low: warning !== false && warning['Sensor result lower than the device can process'],
    high: warning !== false && warning['Sensor result higher than the device can process'],
  }
}

/** @param start of the session; the record only says how many minutes have passed since */
function readRecord(packet: PacketReader, bytes: Uint8Array, start: DeviceTime | undefined): CgmRecord {
  const begin = packet.offset
  packet.u8('Size')
  const flags = packet.flags('Flags', 1, {
    'CGM Trend Information Present': 0,
    'CGM Quality Present': 1,
    'Sensor Status Annunciation Field, Warning-Octet present': 5,
    'Sensor Status Annunciation Field, Cal/Temp-Octet present': 6,
    'Sensor Status Annunciation Field, Status-Octet present': 7,
  })
  const concentration = packet.sfloat('CGM Glucose Concentration', 'mg/dL')
  const minutes = packet.u16('Time Offset', 'min')
  const { status, high, low } = readStatus(packet, {
    status: flags['Sensor Status Annunciation Field, Status-Octet present'],
    calTemp: flags['Sensor Status Annunciation Field, Cal/Temp-Octet present'],
    warning: flags['Sensor Status Annunciation Field, Warning-Octet present'],
  })
  const trend = flags['CGM Trend Information Present'] && packet.sfloat('CGM Trend Information', 'mg/dL/min')
  const quality = flags['CGM Quality Present'] && packet.sfloat('CGM Quality', '%')
  const left = bytes.length - (packet.offset - begin)
  if (left < 0) throw new PreCareError('packet-too-short', 'a CGM record is shorter than its flags announce')
  if (left !== 0 && left !== CRC_BYTES) {
    throw new PreCareError('packet-malformed', `a CGM record has ${left} bytes more than its flags announce`)
  }
  const crc = left === 0 ? undefined : readCrc(packet, bytes)

  const glucose = visibleRange(concentration, high, low)
  const { timing, status: timeStatus } = measurementTime(start)
  const measurement: Measurement = {
    kind: 'glucose-continuous',
    values: {
      glucose,
      ...(trend && { glucoseTrend: convert(trend, 'mmol/L/min') }),
      ...(quality && { sensorQuality: quality }),
    },
    status: [...new Set<Status>([...status, ...rangeStatuses(glucose), ...timeStatus])],
    ...timing,
    ...(timing.deviceTime !== undefined && { deviceTime: addMinutes(timing.deviceTime, minutes) }),
    sequence: minutes,
  }
  return { measurement, crc }
}

/** What the sensor says once a session about all of its records. */
export interface CgmContext {
  readonly start?: DeviceTime | undefined
  /**
   * By its features, each record ends with an E2E-CRC. A record alone can't tell: one flipped flag makes its checksum
   * a trend.
   */
  readonly protected?: boolean
}

/** One record, already cut out. @throws PreCareError 'checksum-wrong' */
export function decodeCgmRecord(bytes: Uint8Array, context: CgmContext = {}): Decoded {
  const packet = new PacketReader(bytes)
  const { measurement, crc } = readRecord(packet, bytes, context.start)
  if (crc === false || (crc === undefined && context.protected === true)) throw wrongCrc('2AA7')
  return decoded(packet, [measurement])
}

/** A whole notification, to be looked at: a record whose E2E-CRC is wrong shows its fields, and is no measurement. */
export function decodeCgmNotification(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const records = [...cgmRecords(bytes)].map((record) => readRecord(packet, record, undefined))
  return decoded(
    packet,
    records.filter(({ crc }) => crc !== false).map(({ measurement }) => measurement),
  )
}

/** Minutes since the start of the session: the number of a record. undefined when it is too short for one. */
export function timeOffsetOf(record: Uint8Array): number | undefined {
  const [low, high] = record.subarray(4, 6)
  return low === undefined || high === undefined ? undefined : low + high * 256
}
