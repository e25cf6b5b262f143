import { byteWriter } from './byte-writer.ts'
import { type CalendarTime, encodeDateTime } from './date-time.ts'
import { type Quantity, sfloat } from './numbers.ts'

/** Continuous Glucose Monitoring Service 1.0.1: CGM Measurement 0x2AA7, Feature 0x2AA8, Session Start Time 0x2AAA. */

const mirrored = (value: number, bits: number): number => {
  let out = 0
  for (let bit = 0; bit < bits; bit++) if (value & (1 << bit)) out |= 1 << (bits - 1 - bit)
  return out
}

/**
 * E2E-CRC (3.11): x^16 + x^12 + x^5 + 1, started with ones; octets go in with their lowest bit first and the register is
 * sent mirrored.
 */
export function e2eCrc(bytes: Uint8Array): number {
  let register = 0xffff
  for (const byte of bytes) {
    register ^= mirrored(byte, 8) << 8
    for (let bit = 0; bit < 8; bit++) {
      const carry = register & 0x8000
      register = (register << 1) & 0xffff
      if (carry) register ^= 0x1021
    }
  }
  return mirrored(register, 16)
}

const withCrc = (bytes: Uint8Array): Uint8Array => byteWriter().raw(bytes).u16(e2eCrc(bytes)).bytes()

export interface CgmFields {
  /** mg/dL. */
  readonly glucose: Quantity
  /** Minutes since the start of the session. */
  readonly timeOffset: number
  readonly status?: number
  readonly calTemp?: number
  readonly warning?: number
  /** mg/dL per minute. */
  readonly trend?: Quantity
  /** Percent. */
  readonly quality?: Quantity
}

/** One record; several may stand in one notification. */
export function encodeCgm(f: CgmFields, options: { readonly crc: boolean }): Uint8Array {
  const given = (value: unknown, bit: number): number => (value === undefined ? 0 : bit)
  const body = byteWriter()
    .u8(
      given(f.trend, 0x01) |
        given(f.quality, 0x02) |
        given(f.warning, 0x20) |
        given(f.calTemp, 0x40) |
        given(f.status, 0x80),
    )
    .u16(sfloat(f.glucose))
    .u16(f.timeOffset)
  for (const octet of [f.status, f.calTemp, f.warning]) if (octet !== undefined) body.u8(octet)
  for (const value of [f.trend, f.quality]) if (value !== undefined) body.u16(sfloat(value))
  const rest = body.bytes()
  const size = 1 + rest.length + (options.crc ? 2 : 0)
  const record = byteWriter().u8(size).raw(rest).bytes()
  return options.crc ? withCrc(record) : record
}

/** @param features 24 bits; bit 12 is the E2E-CRC */
export function encodeCgmFeature(features: number, type: number, location: number): Uint8Array {
  const body = byteWriter()
    .u24(features)
    .u8((location << 4) | type)
    .bytes()
  return features & (1 << 12) ? withCrc(body) : byteWriter().raw(body).u16(0xffff).bytes()
}

/** @param zone steps of 15 minutes. @param dst 0, 2, 4 or 8 quarters of an hour */
export function encodeSessionStart(t: CalendarTime, zone: number, dst: number, options: { readonly crc: boolean }) {
  const body = byteWriter()
    .raw(encodeDateTime(t))
    .u8(zone & 0xff)
    .u8(dst)
    .bytes()
  return options.crc ? withCrc(body) : body
}
