import { byteWriter } from './byte-writer.ts'
import { type CalendarTime, encodeDateTime } from './date-time.ts'

/** Weight packet of an A&D UC-352BLE's own service: as 0x2A9D, in steps of 0.1 kg or 0.1 lb. */
export function encodeAndWeight(f: {
  readonly unit: 'kg' | 'lb'
  readonly weight: number
  readonly time?: CalendarTime
}): Uint8Array {
  const out = byteWriter()
    .u8((f.unit === 'lb' ? 0x01 : 0) | (f.time ? 0x02 : 0))
    .u16(Math.round(f.weight * 10))
  if (f.time) out.raw(encodeDateTime(f.time))
  return out.bytes()
}
