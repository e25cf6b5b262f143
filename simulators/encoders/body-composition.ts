import { byteWriter, requireRange } from './byte-writer.ts'
import { type CalendarTime, encodeDateTime } from './date-time.ts'

/** Body Composition Measurement 0x2A9C (Body Composition Service 1.0, 3.2). Masses in kg or lb, height in m or inches. */
export interface BodyCompositionFields {
  readonly unit: 'kg' | 'lb'
  /** Percent; undefined: the measurement was unsuccessful. */
  readonly bodyFat: number | undefined
  readonly time?: CalendarTime
  readonly user?: number
  /** kJ. */
  readonly basalMetabolism?: number
  readonly musclePercent?: number
  readonly muscleMass?: number
  readonly fatFreeMass?: number
  readonly softLeanMass?: number
  readonly bodyWater?: number
  /** Ohm. */
  readonly impedance?: number
  readonly weight?: number
  readonly height?: number
}

const MULTIPLE_PACKETS = 1 << 12

const steps = (name: string, value: number, perUnit: number): number =>
  requireRange(name, Math.round(value * perUnit), 0, 0xffff)

/** @param part of a measurement that goes in two packets: each has its own flags and body fat */
export function encodeBodyComposition(f: BodyCompositionFields, part = false): Uint8Array {
  const perMass = f.unit === 'kg' ? 200 : 100
  const perHeight = f.unit === 'kg' ? 1000 : 10
  const fields: readonly (readonly [number | undefined, number, number])[] = [
    [f.basalMetabolism, 3, 1],
    [f.musclePercent, 4, 10],
    [f.muscleMass, 5, perMass],
    [f.fatFreeMass, 6, perMass],
    [f.softLeanMass, 7, perMass],
    [f.bodyWater, 8, perMass],
    [f.impedance, 9, 10],
    [f.weight, 10, perMass],
    [f.height, 11, perHeight],
  ]
  let flags =
    (f.unit === 'lb' ? 1 : 0) | (f.time ? 2 : 0) | (f.user === undefined ? 0 : 4) | (part ? MULTIPLE_PACKETS : 0)
  for (const [value, bit] of fields) if (value !== undefined) flags |= 1 << bit
  const out = byteWriter()
    .u16(flags)
    .u16(f.bodyFat === undefined ? 0xffff : steps('bodyFat', f.bodyFat, 10))
  if (f.time) out.raw(encodeDateTime(f.time))
  if (f.user !== undefined) out.u8(f.user)
  for (const [value, bit, perUnit] of fields)
    if (value !== undefined) out.u16(steps(`field of bit ${bit}`, value, perUnit))
  return out.bytes()
}

/** The measurement in two packets, as a scale sends it that does not get more than 20 bytes through. */
export function encodeBodyCompositionParts(f: BodyCompositionFields): readonly [Uint8Array, Uint8Array] {
  const { unit, bodyFat, time, user, basalMetabolism, musclePercent, ...rest } = f
  const first = {
    unit,
    bodyFat,
    ...(time && { time }),
    ...(user !== undefined && { user }),
    ...(basalMetabolism !== undefined && { basalMetabolism }),
    ...(musclePercent !== undefined && { musclePercent }),
  }
  return [encodeBodyComposition(first, true), encodeBodyComposition({ unit, bodyFat, ...rest }, true)]
}
