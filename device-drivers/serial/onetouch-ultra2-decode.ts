import { decoded } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { type DeviceTime, deviceTime, measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { Status, Value } from '../reading.ts'
import { convert } from '../units.ts'
import { textOf } from './ascii-line.ts'

/** Lines of the LifeScan OneTouch Ultra2: text of fixed columns, and the sum of its characters in four hex digits. */

const SUM_LENGTH = 4

/** Header of a memory dump: P 003,"GMF600DCY","MG/DL " 05A6 */
const HEADER = /^P (\d{3}),"([0-9A-Z]{9})","(MG\/DL |MMOL\/L)" ([0-9A-F]{4})/
/** Record: P "SAT","03/21/15","16:45:24   ","  081 ","N","03", 00 09B6. The value column is looked at by itself. */
const RECORD =
  /^P "[A-Z]{3}","(\d\d)\/(\d\d)\/(\d\d)","(\d\d):(\d\d):(\d\d) {3}","([ !#-~]{5,6})","([ !#-~])","([ !#-~]{2})", 00 ([0-9A-F]{4})/
/** Clock, as it is read (F) or was set (T): F "SAT","03/21/15","16:45:24   " 074B */
const CLOCK = /^[FT] "[A-Z]{3}","(\d\d)\/(\d\d)\/(\d\d)","(\d\d):(\d\d):(\d\d) {3}" ([0-9A-F]{4})/

/** Serial number: @ "GMF600DCY" 03A5 */
const SERIAL = /^@ "[0-9A-Z]{9}" [0-9A-F]{4}/

const MEALS: Readonly<Record<string, string>> = { N: 'none', B: 'before meal', A: 'after meal' }

/** Low 16 bits of the sum of the characters before the blank that precedes it. */
export const sumOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => (sum + byte) & 0xffff, 0)

/** @throws PreCareError 'checksum-wrong' */
function readSum(packet: PacketReader, bytes: Uint8Array): void {
  packet.skip('blank', 1)
  const text = packet.text('Checksum', SUM_LENGTH)
  if (Number.parseInt(text, 16) !== sumOf(bytes.subarray(0, packet.offset - SUM_LENGTH - 1))) {
    throw new PreCareError('checksum-wrong', 'the sum of the characters is another')
  }
}

/** Month, day, year; the firmware knows two digits of the year only. */
function timeOf(groups: readonly string[]): DeviceTime {
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = groups.slice(0, 6).map(Number)
  return deviceTime(2000 + year, month, day, hour, minute, second)
}

function readTime(packet: PacketReader, groups: readonly string[]): DeviceTime {
  packet.skip('"', 1)
  packet.text('Day of Week', 3)
  packet.skip('","', 3)
  const at = packet.offset
  packet.skip('Date and Time', '03/21/15","16:45:24'.length)
  const time = packet.time('Timestamp', at, timeOf(groups))
  packet.skip('   "', 4)
  return time
}

/** The meter measures up to 600 mg/dL and shows HIGH above it. */
function glucoseOf(packet: PacketReader, column: string): { readonly value: Value; readonly status: Status[] } {
  const control = column.startsWith('C')
  const status: Status[] = control ? ['control-solution'] : []
  if (column.endsWith('?')) status.push('invalid')
  packet.derived('Control Solution', control, 'C in front of the value')
  const digits = column.slice(1, 5).trim()
  if (/^\d{3}$/.test(digits)) {
    packet.derived('Glucose', Number(digits), 'mg/dL, whatever the meter displays')
    return { value: convert({ value: Number(digits), unit: 'mg/dL', decimals: 0 }, 'mmol/L'), status }
  }
  const high = column.includes('HIGH')
  if (!high && !column.includes('LOW'))
    throw new PreCareError('packet-malformed', 'the value is neither number nor HIGH')
  packet.derived('Glucose', null, high ? 'above the range of the meter' : 'below the range of the meter')
  return {
    value: { absent: high ? 'above-range' : 'below-range', unit: 'mmol/L' },
    status: [...status, high ? 'result-too-high' : 'result-too-low'],
  }
}

function decodeHeader(bytes: Uint8Array, unit: string): Decoded {
  const packet = new PacketReader(bytes)
  packet.skip('P ', 2)
  packet.asciiNumber('Number of Records', 3, '1')
  packet.skip(',"', 2)
  packet.text('Serial Number', 9)
  packet.skip('","', 3)
  packet.text('Display Unit', unit.length)
  packet.skip('"', 1)
  readSum(packet, bytes)
  return decoded(packet, [])
}

function decodeClock(bytes: Uint8Array, groups: readonly string[]): Decoded {
  const packet = new PacketReader(bytes)
  packet.skip('F ', 2)
  const time = readTime(packet, groups)
  readSum(packet, bytes)
  if (time.state === 'invalid') {
    throw new PreCareError('date-time-invalid', 'the clock shows a date that does not exist')
  }
  return decoded(packet, [])
}

function decodeRecord(bytes: Uint8Array, groups: readonly string[]): Decoded {
  const packet = new PacketReader(bytes)
  packet.skip('P ', 2)
  const time = measurementTime(readTime(packet, groups))
  packet.skip(',"', 2)
  const column = groups[6] ?? ''
  packet.text('Result', column.length)
  const { value, status } = glucoseOf(packet, column)
  packet.skip('","', 3)
  const meal = packet.text('Meal Flag', 1)
  packet.explain(MEALS[meal])
  packet.skip('","', 3)
  packet.text('Comment', 2)
  packet.skip('", 00', 5)
  readSum(packet, bytes)
  const measurement: Measurement = {
    kind: 'glucose',
    values: { glucose: value },
    status: [...time.status, ...status],
    ...time.timing,
  }
  return decoded(packet, [measurement])
}

function decodeSerial(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.skip('@ "', 3)
  packet.text('Serial Number', 9)
  packet.skip('"', 1)
  readSum(packet, bytes)
  return decoded(packet, [])
}

/**
 * A line without its end of line: header of a dump, record, clock or serial number.
 * @throws PreCareError 'packet-too-short', 'packet-malformed', 'checksum-wrong', 'date-time-invalid' for the clock
 */
export function decodeUltra2(bytes: Uint8Array): Decoded {
  const text = textOf(bytes)
  const header = HEADER.exec(text)
  if (header !== null) return decodeHeader(bytes, header[3] ?? '')
  const record = RECORD.exec(text)
  if (record !== null) return decodeRecord(bytes, record.slice(1))
  const clock = CLOCK.exec(text)
  if (clock !== null) return decodeClock(bytes, clock.slice(1))
  if (SERIAL.test(text)) return decodeSerial(bytes)
  if (!/ [0-9A-F]{4}$/.test(text)) {
    throw new PreCareError('packet-too-short', `no sum: the line ends at offset ${text.length}`)
  }
  throw new PreCareError('packet-malformed', 'no line of an Ultra2')
}
