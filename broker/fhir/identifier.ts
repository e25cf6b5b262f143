import { isNumber, type Reading, type Value } from '../../device-drivers/reading.ts'
import type { Codes } from './codes.ts'
import { decimalText } from './decimal.ts'
import type { Identifier } from './resources.ts'
import { READING } from './systems.ts'

/** As the PHD guide writes a time in an identifier: 20181113175902.00. */
function compact(time: string): string {
  const digits = time.replace(/\D/g, '')
  return `${digits.slice(0, 14)}.${digits.slice(14, 16).padEnd(2, '0')}`
}

const valueText = (value: Value): string =>
  isNumber(value) ? `${decimalText(value.value, value.decimals)}-${value.unit}` : value.absent

/**
 * By which a server creates the same measurement once only (If-None-Exist). First by the rule of HL7/PHD
 * (ObservationIdentifier): device, patient, type, the device's own uncorrected time, values, units; opaque ids stand for
 * device and patient, and UCUM codes for units. Without a time of its own it is the time of measuring. Then the id of the
 * reading, which is made of the same and the raw bytes.
 */
export function identifiersOf(citizen: string, reading: Reading, { mdc, loinc, danish, own }: Codes): Identifier[] {
  const { device, deviceTime, measuredAt, sequence } = reading
  const parts = [
    device,
    citizen,
    String(mdc ?? loinc[0] ?? danish ?? own),
    compact(deviceTime ?? measuredAt),
    ...Object.values(reading.values).map(valueText),
    ...(sequence === undefined ? [] : [String(sequence)]),
  ]
  return [{ value: parts.join('-') }, { system: READING, value: reading.id }]
}
