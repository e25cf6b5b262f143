import { requireRange } from './byte-writer.ts'
import type { CalendarTime } from './date-time.ts'

/** Lines of the LifeScan OneTouch Ultra2, without their end of line. */

const two = (n: number): string => String(n).padStart(2, '0')
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const

/** Four hex digits: the sum of all characters so far. */
function summed(text: string): Uint8Array {
  const sum = [...text].reduce((all, character) => all + character.charCodeAt(0), 0) % 65_536
  return new TextEncoder().encode(`${text} ${sum.toString(16).toUpperCase().padStart(4, '0')}`)
}

function stamp({ year, month, day, hour, minute, second }: CalendarTime): string {
  const weekday = WEEKDAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()]
  return `"${weekday}","${two(month)}/${two(day)}/${two(year % 100)}","${two(hour)}:${two(minute)}:${two(second)}   "`
}

export const encodeUltra2Header = (count: number, serial: string, unit: 'MG/DL ' | 'MMOL/L'): Uint8Array =>
  summed(`P ${String(requireRange('number of records', count, 0, 999)).padStart(3, '0')},"${serial}","${unit}"`)

export const encodeUltra2Serial = (serial: string): Uint8Array => summed(`@ "${serial}"`)

/** F: the clock as it was read; T: as it was set. */
export const encodeUltra2Clock = (command: 'F' | 'T', time: CalendarTime): Uint8Array =>
  summed(`${command} ${stamp(time)}`)

export interface Ultra2Record {
  readonly time: CalendarTime
  /** mg/dL, whatever the display shows; above 600 the meter says HIGH. */
  readonly glucose: number
  readonly control?: boolean
  readonly meal?: 'N' | 'B' | 'A'
  readonly comment?: string
}

const HIGHEST = 600

export function encodeUltra2Record(r: Ultra2Record): Uint8Array {
  const mark = r.control ? 'C' : ' '
  const result = r.glucose > HIGHEST ? 'HIGH ' : `${mark} ${String(r.glucose).padStart(3, '0')} `
  return summed(`P ${stamp(r.time)},"${result}","${r.meal ?? 'N'}","${r.comment ?? '00'}", 00`)
}
