import { requireRange } from './byte-writer.ts'
import type { CalendarTime } from './date-time.ts'

/** A measurement of the Vitalograph Lung Monitor 4000; volumes in litres, with two decimals. */
export interface LungMonitorRecord {
  readonly deviceId: string
  readonly fev1: number
  readonly fev6: number
  readonly fef2575?: number
  readonly time: CalendarTime
  readonly good: boolean
}

const hundredths = (name: string, value: number): string =>
  String(requireRange(name, Math.round(value * 100), 0, 999)).padStart(3, '0')

/** STX, text of fixed columns, ETX, and the exclusive or of all that. */
export function encodeLungMonitor(r: LungMonitorRecord): Uint8Array {
  const { year, month, day, hour, minute, second } = r.time
  const date = [year % 100, month, day, hour, minute, second].map((n) => String(n).padStart(2, '0')).join('')
  const volumes = [
    hundredths('FEV1', r.fev1),
    hundredths('FEV6', r.fev6),
    hundredths('FEV1/FEV6', r.fev6 === 0 ? 0 : r.fev1 / r.fev6),
    hundredths('FEF25-75', r.fef2575 ?? 0),
  ].join('')
  const text = `FTD${r.deviceId.padStart(10, '0')}${volumes}000000095090000${date}${r.good ? 0 : 1}923`
  const frame = [0x02, ...new TextEncoder().encode(text), 0x03]
  let check = 0
  for (const byte of frame) check ^= byte
  return Uint8Array.of(...frame, check)
}
