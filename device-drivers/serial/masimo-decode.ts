import { addStatus, decoded, statusesOf } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { deviceTime, measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { LiveSample } from '../live-stream.ts'
import type { Status, Value } from '../reading.ts'
import { textOf } from './ascii-line.ts'

/** A line of Masimo's serial output "ASCII 1". */

const NAMES: Readonly<Record<string, string>> = {
  SN: 'Serial Number',
  SPO2: 'SpO2',
  BPM: 'Pulse Rate',
  PI: 'Perfusion Index',
  ALARM: 'Alarm',
  EXC: 'Exceptions',
}

/** Rad-8 Operator's Manual, "Trend data format"; the line gives the same bits in six digits. */
const EXCEPTIONS = {
  'No Sensor': 0,
  'Defective Sensor': 1,
  'Low Perfusion': 2,
  'Pulse Search': 3,
  Interference: 4,
  'Sensor Off': 5,
  'Ambient Light': 6,
  'Unrecognized Sensor': 7,
  'Low Signal IQ': 10,
  'Masimo SET': 11,
} as const
type Exception = keyof typeof EXCEPTIONS

const MEANING: Partial<Readonly<Record<Exception, Status>>> = {
  'No Sensor': 'sensor-off',
  'Sensor Off': 'sensor-off',
  'Defective Sensor': 'sensor-fault',
  'Unrecognized Sensor': 'sensor-fault',
  'Low Perfusion': 'low-perfusion',
  'Pulse Search': 'poor-signal',
  Interference: 'poor-signal',
  'Ambient Light': 'poor-signal',
  'Low Signal IQ': 'poor-signal',
}

/** Nothing with blood in it has none: the monitor writes 000 as well as dashes when it has no value. */
const orNothing = (value: Value, unit: string): Value =>
  'value' in value && value.value === 0 ? { absent: 'not-measured', unit } : value

function readExceptions(packet: PacketReader, digits: string): Readonly<Record<Exception, boolean>> {
  const raw = Number.parseInt(digits, 16)
  const set = {} as Record<Exception, boolean>
  for (const name of Object.keys(EXCEPTIONS) as Exception[]) {
    set[name] = ((raw >>> EXCEPTIONS[name]) & 1) === 1
    packet.derived(name, set[name], `bit ${EXCEPTIONS[name]} of Exceptions`)
  }
  return set
}

const tooShort = (name: string, text: string): PreCareError =>
  new PreCareError('packet-too-short', `'${name}' is missing, the line ends at offset ${text.length}`)

interface Line {
  readonly packet: PacketReader
  readonly measurement: Measurement
  readonly serial: string
  readonly exceptions: Readonly<Record<Exception, boolean>>
}

function readLine(bytes: Uint8Array): Line {
  const text = textOf(bytes)
  const packet = new PacketReader(bytes)
  const stamp = /^(\d\d)\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)/.exec(text)
  if (stamp === null) {
    throw text.length < 17 ? tooShort('Time Stamp', text) : new PreCareError('packet-malformed', 'no Masimo ASCII line')
  }
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = stamp.slice(1).map(Number)
  packet.skip('Time Stamp', stamp[0].length)
  const time = packet.time('Time Stamp', 0, deviceTime(2000 + year, month, day, hour, minute, second))

  const texts = new Map<string, string>()
  const numbers = new Map<string, Value>()
  const token = /( +)([A-Z0-9]+)=([^ ]*)/y
  token.lastIndex = packet.offset
  // EXC ends the line; a newer monitor may say more, and that is counted as surplus.
  for (let found = token.exec(text); found !== null && !texts.has('EXC'); found = token.exec(text)) {
    const [, blanks = '', key = '', value = ''] = found
    packet.skip(key, blanks.length + key.length + 1)
    const name = NAMES[key] ?? key
    const percent = value.endsWith('%')
    if (key === 'SPO2' || key === 'PI')
      numbers.set(key, packet.asciiNumber(name, value.length - (percent ? 1 : 0), '%'))
    else if (key === 'BPM') numbers.set(key, packet.asciiNumber(name, value.length, '/min'))
    // A parameter that this monitor does not measure.
    else if (/^[-+.]+%?$/.test(value)) packet.asciiNumber(name, value.length - (percent ? 1 : 0), percent ? '%' : '1')
    else packet.text(name, value.length)
    if (packet.offset < token.lastIndex) packet.skip('%', token.lastIndex - packet.offset)
    texts.set(key, value)
  }
  for (const key of ['SN', 'SPO2', 'BPM', 'ALARM', 'EXC']) if (!texts.has(key)) throw tooShort(NAMES[key] ?? key, text)
  const digits = texts.get('EXC') ?? ''
  // There is no checksum: every width that the format fixes is looked at.
  if (!/^[0-9A-F]{6}$/.test(digits)) throw tooShort('Exceptions', text)
  if (!/^\d{3}%$|^---%$/.test(texts.get('SPO2') ?? '') || !/^\d{3}$|^---$/.test(texts.get('BPM') ?? '')) {
    throw new PreCareError('packet-malformed', 'SpO2 and pulse rate have three digits')
  }
  const exceptions = readExceptions(packet, digits)
  const { timing, status } = measurementTime(time)
  const perfusion = numbers.get('PI')
  const measurement: Measurement = {
    kind: 'oxygen-saturation',
    values: {
      oxygenSaturation: orNothing(numbers.get('SPO2') ?? { absent: 'not-measured' }, '%'),
      pulseRate: orNothing(numbers.get('BPM') ?? { absent: 'not-measured' }, '/min'),
      ...(perfusion && { perfusionIndex: perfusion }),
    },
    status: [...status, ...statusesOf(exceptions, MEANING)],
    ...timing,
  }
  return { packet, measurement, serial: texts.get('SN') ?? '', exceptions }
}

/** @param unsettled the stream never came to rest */
export function decodeMasimo(bytes: Uint8Array, unsettled = false): Decoded {
  const { packet, measurement } = readLine(bytes)
  return decoded(packet, [unsettled ? addStatus(measurement, 'questionable') : measurement])
}

/** What a line is worth. @throws PreCareError as {@link decodeMasimo} */
export function judgeMasimo(bytes: Uint8Array): Omit<LiveSample<Uint8Array>, 'item'> {
  const { measurement, exceptions } = readLine(bytes)
  const { oxygenSaturation, pulseRate } = measurement.values
  const nobody = exceptions['No Sensor'] || exceptions['Sensor Off']
  if (nobody || !oxygenSaturation || !pulseRate || !('value' in oxygenSaturation) || 'absent' in pulseRate) {
    return { state: 'away', value: 0 }
  }
  const searching = exceptions['Pulse Search'] || exceptions.Interference || measurement.status.includes('sensor-fault')
  return { state: searching ? 'unsettled' : 'usable', value: oxygenSaturation.value }
}

/** Who says a line, and at what time. @throws PreCareError as {@link decodeMasimo} */
export function masimoLine(bytes: Uint8Array): { readonly serial: string; readonly now: string | undefined } {
  const { serial, measurement } = readLine(bytes)
  return { serial, now: measurement.deviceTime }
}
