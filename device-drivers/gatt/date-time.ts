import type { LocalDateTime, Measurement } from '../driver.ts'
import type { Status } from '../reading.ts'

/**
 * Device times: local, without zone (Bluetooth Date Time 0x2A08, Current Time 0x2A2B, IEEE 11073 AbsoluteTime). A date
 * that does not exist must not cost the values it came with: the measurement is kept, without device time and with
 * status 'time-fault'. Only where the date is all there is (a clock that is read) is it an error.
 */

export interface DeviceTime {
  /** 'YYYY-MM-DDTHH:mm:ss', digits as sent even when they are no date. */
  readonly text: string
  /** unset: year, month or day is 0, "unknown" in the specification. invalid: no such date or time of day. */
  readonly state: 'valid' | 'unset' | 'invalid'
}

/** Gregorian calendar, first year of Date Time 0x2A08. */
const FIRST_YEAR = 1582
const LAST_YEAR = 9999

const padded = (value: number, digits: number): string => String(value).padStart(digits, '0')

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** Six numbers as a device sent them, judged. */
export function deviceTime(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): DeviceTime {
  const date = `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`
  const text = `${date}T${padded(hour, 2)}:${padded(minute, 2)}:${padded(second, 2)}`
  if (year === 0 || month === 0 || day === 0) return { text, state: 'unset' }
  const dateExists = year >= FIRST_YEAR && year <= LAST_YEAR && month <= 12 && day <= daysInMonth(year, month)
  const valid = dateExists && hour <= 23 && minute <= 59 && second <= 59
  return { text, state: valid ? 'valid' : 'invalid' }
}

/** What a measurement says about its own time; undefined: the packet carried none. */
export function measurementTime(time: DeviceTime | undefined): {
  readonly timing: Pick<Measurement, 'deviceTime' | 'clockUnset'>
  readonly status: readonly Status[]
} {
  if (time === undefined) return { timing: {}, status: [] }
  if (time.state === 'valid') return { timing: { deviceTime: time.text }, status: [] }
  return { timing: { clockUnset: true }, status: time.state === 'invalid' ? ['time-fault'] : [] }
}

/** Seconds on the device's own clock face; only differences mean anything. @param text a valid device time */
export function localSeconds(text: string): number {
  return Date.parse(`${text}Z`) / 1000
}

/** Local time moved by minutes, as glucose meters and 20601 offsets need it. @param text a valid device time */
export function addMinutes(text: string, minutes: number): string {
  return new Date((localSeconds(text) + minutes * 60) * 1000).toISOString().slice(0, 19)
}

/** Local time of a device that counts seconds. @param text the device's second 0; the result must have a year of four digits */
export function addSeconds(text: string, seconds: number): string {
  return new Date((localSeconds(text) + seconds) * 1000).toISOString().slice(0, 19)
}

export function localText(local: LocalDateTime): string {
  return deviceTime(local.year, local.month, local.day, local.hour, local.minute, local.second).text
}

/** Date Time 0x2A08, 7 bytes. */
export function writeDateTime(local: LocalDateTime): Uint8Array {
  const { year, month, day, hour, minute, second } = local
  return Uint8Array.of(year & 0xff, year >>> 8, month, day, hour, minute, second)
}

/** Adjust Reason of Current Time 0x2A2B: bit 1, external reference time update. */
const EXTERNAL_REFERENCE = 0b10

/** Current Time 0x2A2B, 10 bytes. */
export function writeCurrentTime(local: LocalDateTime): Uint8Array {
  return Uint8Array.of(...writeDateTime(local), local.weekday, 0, EXTERNAL_REFERENCE)
}
