import { byteWriter, requireRange } from './byte-writer.ts'
import { type CalendarTime, encodeDateTime } from './date-time.ts'

/** Weight Measurement 0x2A9D (Weight Scale Service 1.0, 3.2). */
export interface WeightFields {
  readonly unit: 'kg' | 'lb'
  /** In `unit`; undefined: the measurement was unsuccessful. */
  readonly weight: number | undefined
  readonly time?: CalendarTime
  /** 255 = unknown user. */
  readonly user?: number
  /** Body mass index, kg/m2, and height in m (SI) or inches. */
  readonly bmi?: number
  readonly height?: number
}

const UNSUCCESSFUL = 0xffff

/** Weight in 0.005 kg or 0.01 lb. */
const weightSteps = (f: WeightFields): number =>
  f.weight === undefined
    ? UNSUCCESSFUL
    : requireRange('weight', Math.round(f.unit === 'kg' ? f.weight * 200 : f.weight * 100), 0, UNSUCCESSFUL - 1)

export function encodeWeight(f: WeightFields): Uint8Array {
  const withHeight = f.bmi !== undefined && f.height !== undefined
  const out = byteWriter()
    .u8(
      (f.unit === 'lb' ? 0x01 : 0) | (f.time ? 0x02 : 0) | (f.user === undefined ? 0 : 0x04) | (withHeight ? 0x08 : 0),
    )
    .u16(weightSteps(f))
  if (f.time) out.raw(encodeDateTime(f.time))
  if (f.user !== undefined) out.u8(f.user)
  if (f.bmi !== undefined && f.height !== undefined) {
    out.u16(Math.round(f.bmi * 10)).u16(Math.round(f.unit === 'kg' ? f.height * 1000 : f.height * 10))
  }
  return out.bytes()
}
