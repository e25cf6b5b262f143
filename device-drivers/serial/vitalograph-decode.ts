import { decoded } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { deviceTime, measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { Status, Value } from '../reading.ts'

/** A measurement of the Vitalograph Lung Monitor 4000: STX, text of fixed columns, ETX, and a check byte. */

export const STX = 0x02
export const ETX = 0x03
/** STX, F, TD, id of ten, nine numbers of three, date of twelve, quality, software of three, ETX, check. */
export const FRAME_LENGTH = 59
const DATE_LENGTH = 12

/** Exclusive or of all bytes from STX to ETX. */
export const checkOf = (bytes: Uint8Array): number => bytes.reduce((check, byte) => check ^ byte, 0)

/** A number of three digits in hundredths; 000 stands for none where a setting was never made. */
function setting(packet: PacketReader, name: string, unit: string): void {
  const value = packet.asciiNumber(name, 3, unit)
  if ('value' in value && value.value === 0) packet.explain('not set')
}

function quality(packet: PacketReader): Status[] {
  const value = packet.asciiNumber('Quality', 1, '1')
  const good = 'value' in value && value.value === 0
  packet.explain(good ? 'good' : 'bad')
  packet.derived('Good Test', good, 'Quality is 0')
  return good ? [] : ['poor-blow']
}

function readDate(packet: PacketReader, text: string): ReturnType<typeof deviceTime> {
  const at = packet.offset
  packet.skip('Date and Time', DATE_LENGTH)
  const digits = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text.slice(at, at + DATE_LENGTH))
  if (digits === null)
    return packet.time('Date and Time', at, { text: text.slice(at, at + DATE_LENGTH), state: 'invalid' })
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = digits.slice(1).map(Number)
  return packet.time('Date and Time', at, deviceTime(2000 + year, month, day, hour, minute, second))
}

/**
 * FEV6 takes the place of FVC, and the ratio is FEV1/FEV6. "Percent" is of the personal best set in the device, not of
 * the predicted value, and so stays a field.
 * @throws PreCareError 'packet-too-short', 'packet-malformed', 'checksum-wrong'
 */
export function decodeLungMonitor(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const text = new TextDecoder('ascii').decode(bytes)
  if (packet.u8('STX') !== STX) throw new PreCareError('packet-malformed', 'the frame does not begin with 02')
  const type = packet.text('Message Type', 1)
  const code = packet.text('Code', 2)
  if (type !== 'F' || code !== 'TD') throw new PreCareError('packet-malformed', 'no FEV message')
  packet.text('Device Id', 10)
  const fev1: Value = packet.asciiNumber('FEV1', 3, 'L', 2)
  const fev6: Value = packet.asciiNumber('FEV6', 3, 'L', 2)
  const fev1Fev6Ratio: Value = packet.asciiNumber('FEV1/FEV6', 3, '{ratio}', 2)
  packet.asciiNumber('FEF25-75', 3, 'L/s', 2)
  setting(packet, 'Personal Best', '1')
  packet.asciiNumber('FEV1 Percent of Personal Best', 3, '%')
  setting(packet, 'Green Zone', '%')
  setting(packet, 'Yellow Zone', '%')
  setting(packet, 'Orange Zone', '%')
  const time = measurementTime(readDate(packet, text))
  const status = quality(packet)
  if (/^\d{3}$/.test(text.slice(packet.offset, packet.offset + 3))) packet.asciiNumber('Software Version', 3, '1')
  else packet.text('Software Version', 3)
  if (packet.u8('ETX') !== ETX) throw new PreCareError('packet-malformed', 'the frame does not end with 03')
  if (packet.u8('BCC') !== checkOf(bytes.subarray(0, FRAME_LENGTH - 1))) {
    throw new PreCareError('checksum-wrong', 'the exclusive or of the frame is another')
  }
  const measurement: Measurement = {
    kind: 'spirometry',
    values: { fev1, fev6, fev1Fev6Ratio },
    status: [...time.status, ...status],
    ...time.timing,
  }
  return decoded(packet, [measurement])
}

/** Id of the device and version of its software. @param bytes a frame that was decoded */
export function lungMonitorIdentity(about: Decoded): { readonly serial: string; readonly firmware: string } {
  const field = (name: string): string => String(about.fields.find((f) => f.name === name)?.value ?? '')
  return { serial: field('Device Id'), firmware: field('Software Version') }
}
