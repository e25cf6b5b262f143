import { byteWriter } from './byte-writer.ts'
import { type CalendarTime, encodeDateTime } from './date-time.ts'

/**
 * 0x2A9C as a Soehnle Shape50 sends it: flags 051E (time, user, energy, muscle, water, weight), everything in tenths, and
 * zeros where nothing was measured. After a recording in oliexdev/openScale#1303.
 */
export function encodeSoehnle(f: {
  readonly time: CalendarTime
  readonly user: number
  /** kg */
  readonly weight: number
  /** Percent; all of them are there, or none. */
  readonly composition?: { readonly fat: number; readonly muscle: number; readonly water: number }
  readonly energy?: number
}): Uint8Array {
  const tenths = (value: number | undefined): number => Math.round((value ?? 0) * 10)
  return byteWriter()
    .u16(0x051e)
    .u16(tenths(f.composition?.fat))
    .raw(encodeDateTime(f.time))
    .u8(f.user)
    .u16(f.energy ?? 0)
    .u16(tenths(f.composition?.muscle))
    .u16(tenths(f.composition?.water))
    .u16(tenths(f.weight))
    .bytes()
}
