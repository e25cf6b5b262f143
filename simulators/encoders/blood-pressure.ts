import { byteWriter } from './byte-writer.ts'
import { type CalendarTime, encodeDateTime } from './date-time.ts'
import { type Quantity, sfloat } from './numbers.ts'

/** Fields of Blood Pressure Measurement 0x2A35 (Blood Pressure Service 1.1.1, 3.1). */
export interface BloodPressureFields {
  readonly unit: 'mmHg' | 'kPa'
  readonly systolic: Quantity
  readonly diastolic: Quantity
  readonly meanArterial: Quantity
  readonly time?: CalendarTime
  readonly pulseRate?: Quantity
  /** 255 = unknown user. */
  readonly user?: number
  /** b0 body movement, b1 cuff too loose, b2 irregular pulse, b3-4 pulse range, b5 improper position. */
  readonly status?: number
}

function flagsOf(f: Omit<BloodPressureFields, 'systolic' | 'diastolic' | 'meanArterial'>): number {
  return (
    (f.unit === 'kPa' ? 0x01 : 0) |
    (f.time ? 0x02 : 0) |
    (f.pulseRate === undefined ? 0 : 0x04) |
    (f.user === undefined ? 0 : 0x08) |
    (f.status === undefined ? 0 : 0x10)
  )
}

/** @param otherFlags bits that the specification reserves, which some devices set all the same */
export function encodeBloodPressure(f: BloodPressureFields, otherFlags = 0): Uint8Array {
  const out = byteWriter()
    .u8(flagsOf(f) | otherFlags)
    .u16(sfloat(f.systolic))
    .u16(sfloat(f.diastolic))
    .u16(sfloat(f.meanArterial))
  if (f.time) out.raw(encodeDateTime(f.time))
  if (f.pulseRate !== undefined) out.u16(sfloat(f.pulseRate))
  if (f.user !== undefined) out.u8(f.user)
  if (f.status !== undefined) out.u16(f.status)
  return out.bytes()
}

/** Intermediate Cuff Pressure 0x2A36: the same layout, the pressure in the systolic place and nothing in the other two. */
export function encodeCuffPressure(
  f: Omit<BloodPressureFields, 'systolic' | 'diastolic' | 'meanArterial'> & { readonly cuffPressure: Quantity },
  unused: Quantity = 'not-a-number',
): Uint8Array {
  return encodeBloodPressure({ ...f, systolic: f.cuffPressure, diastolic: unused, meanArterial: unused })
}
