import { byteWriter } from './byte-writer.ts'

/** Heart Rate Measurement 0x2A37 (Heart Rate Service 1.0, 3.1). */
export interface HeartRateFields {
  /** Beats per minute; above 255 the 16-bit form is used. */
  readonly heartRate: number
  /** Undefined: the belt can't tell. */
  readonly contact?: boolean
  readonly energyKJ?: number
  /** 1/1024 s, oldest first. */
  readonly rr?: readonly number[]
}

/** @param options.wide the 16-bit form even for a small value; `options.otherFlags` bits set beside those the fields need */
export function encodeHeartRate(
  f: HeartRateFields,
  options: { readonly wide?: boolean; readonly otherFlags?: number } = {},
): Uint8Array {
  const wide = options.wide === true || f.heartRate > 0xff
  const contact = f.contact === undefined ? 0 : f.contact ? 0x06 : 0x04
  const out = byteWriter().u8(
    (wide ? 0x01 : 0) |
      contact |
      (f.energyKJ === undefined ? 0 : 0x08) |
      (f.rr === undefined || f.rr.length === 0 ? 0 : 0x10) |
      (options.otherFlags ?? 0),
  )
  if (wide) out.u16(f.heartRate)
  else out.u8(f.heartRate)
  if (f.energyKJ !== undefined) out.u16(f.energyKJ)
  for (const interval of f.rr ?? []) out.u16(interval)
  return out.bytes()
}
