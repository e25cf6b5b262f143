import { decoded } from '../decoded.ts'
import type { Decoded, Measurement, RawRecord } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { deviceTime, measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { Value } from '../reading.ts'
import { convert, rounded } from '../units.ts'
import { CONTEC_NOTIFY, pair, placedRecord, requireSum, withoutPlace } from './contec-frames.ts'

/** One stored blow of a Contec SP80B: 44 bytes of 7 bits, numbers in pairs with the low byte first. */

export const RECORD = 0xe1
export const RECORD_LENGTH = 44
/** The number of the blow in this transfer: its own app does not trust it to tell blows apart either. */
const NUMBER_AT = 3
/** Context: the record as it came, with its number. */
export const BLOW_AS_SENT = 'sp80b-as-sent'
/** In place of the record's status byte: no record, the answer to a farewell. */
export const NO_RECORD: readonly number[] = [0x7e, 0x7f]

/** 0 is said to be "all"; vital capacity and ventilation (2 to 4) have no forced volumes. */
const FORCED = [0, 1]
const TYPES = ['all', 'FVC', 'VC', 'MVV', 'MV']

/** A pair as it is, and under "... Value" what it means: a number of so many decimals. */
function readPair(packet: PacketReader, name: string, unit = '', decimals = 0): Value {
  const [low = 0, high = 0] = packet.bytes(name, 2)
  const value = Number(`${pair(low, high)}e${-decimals}`)
  packet.derived(`${name} Value`, value, `7-bit pair${unit && `, ${unit}`}`)
  return { value, unit, decimals }
}

/** 0: this blow had no such value. */
const unlessZero = (value: Value): Value =>
  'value' in value && value.value === 0 ? { absent: 'not-measured', ...(value.unit && { unit: value.unit }) } : value

/** The device gives percent. */
function ratioOf(percent: Value): Value {
  const unit = '{ratio}'
  if ('absent' in percent || percent.value === 0) return { absent: 'not-measured', unit }
  return { value: rounded(percent.value / 100, percent.decimals + 2), unit, decimals: percent.decimals + 2 }
}

/** @param frame checked already */
export function blowRecord(frame: Uint8Array): RawRecord {
  const bytes = withoutPlace(frame, NUMBER_AT, NUMBER_AT + 2, 0)
  return placedRecord({ source: CONTEC_NOTIFY, bytes }, frame, BLOW_AS_SENT)
}

/**
 * @param asSent with its number, which is needed only where a dead clock leaves nothing else to tell blows apart
 * @throws PreCareError 'packet-too-short', 'packet-malformed', 'checksum-wrong'
 */
export function decodeContecBlow(bytes: Uint8Array, asSent = bytes): Decoded {
  const packet = new PacketReader(bytes)
  const header = packet.u8('Header')
  const state = packet.u8('Status')
  if (header !== RECORD || NO_RECORD.includes(state)) throw new PreCareError('packet-malformed', 'not a stored blow')
  const type = packet.u8('Measure Type')
  packet.explain(TYPES[type] ?? 'unknown')
  readPair(packet, 'Number')
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = packet.bytes('Date and Time', 6)
  const time = deviceTime(2000 + year, month, day, hour, minute, second)
  packet.explain(time.state === 'valid' ? time.text : `${time.text}, ${time.state}`)
  packet.u8('Gender')
  packet.u8('Age', 'a')
  readPair(packet, 'Height', 'cm')
  packet.u8('Standard')
  packet.u8('Bronchodilator')
  const fvc = readPair(packet, 'FVC', 'L', 2)
  readPair(packet, 'FEV0.5', 'L', 2)
  const fev1 = readPair(packet, 'FEV1', 'L', 2)
  const ratio = readPair(packet, 'FEV1/FVC', '%', 1)
  readPair(packet, 'FEV3', 'L', 2)
  const fev6 = readPair(packet, 'FEV6', 'L', 2)
  const peakFlow = readPair(packet, 'PEF', 'L/s', 2)
  for (const name of ['FEF25', 'FEF50', 'FEF75', 'FEF25-75']) readPair(packet, name, 'L/s', 2)
  readPair(packet, 'Time to PEF', 'ms')
  readPair(packet, 'Extrapolated Volume', 'mL')
  requireSum(bytes, RECORD_LENGTH)
  packet.u8('Checksum')
  if (!FORCED.includes(type)) return decoded(packet, [])
  const { timing, status } = measurementTime(time)
  const measurement: Measurement = {
    kind: 'spirometry',
    values: {
      fev1: unlessZero(fev1),
      fvc: unlessZero(fvc),
      fev1FvcRatio: ratioOf(ratio),
      fev6: unlessZero(fev6),
      peakFlow: convert(unlessZero(peakFlow), 'L/min'),
    },
    status: ['from-storage', ...status],
    ...timing,
    ...(timing.deviceTime === undefined && { sequence: pair(asSent[NUMBER_AT] ?? 0, asSent[NUMBER_AT + 1] ?? 0) }),
  }
  return decoded(packet, [measurement])
}
