import type { LocalDateTime } from '../../device-drivers/driver.ts'
import { byteWriter } from './byte-writer.ts'

/** Calendar fields as a device counts them. Zero year, month or day: unknown (GATT Date Time 0x2A08). */
export type CalendarTime = Omit<LocalDateTime, 'weekday'>

/** What a device sends whose clock is dead. */
export const UNKNOWN_TIME: CalendarTime = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }

/** Date Time 0x2A08, 7 bytes, local time without zone. */
export function encodeDateTime(t: CalendarTime): Uint8Array {
  return byteWriter().u16(t.year).u8(t.month).u8(t.day).u8(t.hour).u8(t.minute).u8(t.second).bytes()
}

/** Current Time 0x2A2B, 10 bytes: Date Time, day of week (1 = Monday, 0 unknown), 1/256 s, adjust reason. */
export function encodeCurrentTime(
  t: CalendarTime & { readonly weekday: number },
  fractions256 = 0,
  adjustReason = 0,
): Uint8Array {
  return byteWriter().raw(encodeDateTime(t)).u8(t.weekday).u8(fractions256).u8(adjustReason).bytes()
}

/** What a device reads out of a write to 0x2A08 or 0x2A2B; undefined when it would refuse the bytes. */
export function readCalendarTime(bytes: Uint8Array): CalendarTime | undefined {
  if (bytes.length < 7) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const t: CalendarTime = {
    year: view.getUint16(0, true),
    month: view.getUint8(2),
    day: view.getUint8(3),
    hour: view.getUint8(4),
    minute: view.getUint8(5),
    second: view.getUint8(6),
  }
  const days = new Date(Date.UTC(t.year, t.month, 0)).getUTCDate()
  const valid =
    t.year >= 1582 && t.month >= 1 && t.month <= 12 && t.day >= 1 && t.day <= days && t.hour < 24 && t.minute < 60
  return valid && t.second < 60 ? t : undefined
}
