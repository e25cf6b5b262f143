import { byteWriter, requireRange } from './byte-writer.ts'
import { type CalendarTime, encodeDateTime } from './date-time.ts'

/** Advertising data in which vendors say more than the SIG asks for. */

/** Omron: company, data type 1, flags, and for each user the number of the newest record and how many are stored. */
export function encodeOmronCounters(about: {
  readonly users: readonly { readonly sequence: number; readonly records: number }[]
  readonly timeNotSet?: boolean
  readonly pairing?: boolean
}): Uint8Array {
  const users = requireRange('users', about.users.length, 1, 4)
  const out = byteWriter()
    .u16(0x020e)
    .u8(0x01)
    .u8((users - 1) | (about.timeNotSet ? 0x04 : 0) | (about.pairing ? 0x08 : 0))
  for (const { sequence, records } of about.users) out.u16(sequence).u8(records)
  return out.bytes()
}

/** Polar: company, three octets of the sensor's own, heart rate. */
export function encodePolarAdvertisement(heartRate: number, sensor = [0x3b, 0x16, 0x44]): Uint8Array {
  return byteWriter().u16(0x006b).raw(sensor).u8(heartRate).bytes()
}

export interface XiaomiFields {
  readonly unit: 'kg' | 'lb' | 'jin'
  /** In `unit`. */
  readonly weight: number
  readonly time: CalendarTime
  readonly stabilised: boolean
  /** A suitcase. */
  readonly object?: boolean
  /** The person has stepped off; the scale goes on saying what it was. */
  readonly removed?: boolean
  /** Ohm; the composition scale alone. */
  readonly impedance?: number
}

/** Kilograms in 1/200, pounds and jin in 1/100. */
const steps = ({ unit, weight }: XiaomiFields): number => Math.round(weight * (unit === 'kg' ? 200 : 100))

/** Service data of a Mi Smart Scale under 181D: control, weight, time. */
export function encodeXiaomiWeight(f: XiaomiFields): Uint8Array {
  const control =
    0x02 |
    (f.unit === 'lb' ? 0x01 : 0) |
    (f.unit === 'jin' ? 0x10 : 0) |
    (f.stabilised ? 0x20 : 0) |
    (f.object ? 0x40 : 0) |
    (f.removed ? 0x80 : 0)
  return byteWriter().u8(control).u16(steps(f)).raw(encodeDateTime(f.time)).bytes()
}

/** Service data of a Mi Body Composition Scale under 181B: two control octets, time, impedance, weight. */
export function encodeXiaomiComposition(f: XiaomiFields): Uint8Array {
  const first = 0x02 | (f.unit === 'lb' ? 0x01 : 0) | (f.object ? 0x04 : 0)
  const second =
    0x04 |
    (f.impedance === undefined ? 0 : 0x02) |
    (f.stabilised ? 0x20 : 0) |
    (f.unit === 'jin' ? 0x40 : 0) |
    (f.removed ? 0x80 : 0)
  return byteWriter()
    .u8(first)
    .u8(second)
    .raw(encodeDateTime(f.time))
    .u16(f.impedance ?? 0)
    .u16(steps(f))
    .bytes()
}
