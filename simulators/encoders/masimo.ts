import type { CalendarTime } from './date-time.ts'

/** A line of Masimo's serial output "ASCII 1"; what is undefined goes out as dashes. */
export interface MasimoLine {
  readonly time: CalendarTime
  readonly serial: string
  readonly oxygenSaturation: number | undefined
  readonly pulseRate: number | undefined
  readonly perfusionIndex: number | undefined
  /** Bits of Rad-8's exception messages. */
  readonly exceptions: number
}

const digits = (value: number, length: number): string => String(value).padStart(length, '0')

/** Without its end of line. */
export function encodeMasimo(line: MasimoLine): Uint8Array {
  const { year, month, day, hour, minute, second } = line.time
  const date = [month, day, year % 100].map((n) => digits(n, 2)).join('/')
  const time = [hour, minute, second].map((n) => digits(n, 2)).join(':')
  const spo2 = line.oxygenSaturation === undefined ? '---' : digits(line.oxygenSaturation, 3)
  const pulse = line.pulseRate === undefined ? '---' : digits(line.pulseRate, 3)
  const index = line.perfusionIndex === undefined ? '--.--' : line.perfusionIndex.toFixed(2).padStart(5, '0')
  const exceptions = line.exceptions.toString(16).toUpperCase().padStart(6, '0')
  return new TextEncoder().encode(
    `${date} ${time} SN=${line.serial.padStart(10, '0')} SPO2=${spo2}% BPM=${pulse} PI=${index}% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- ALARM=0000 EXC=${exceptions}`,
  )
}
