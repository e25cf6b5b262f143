import { requireRange } from './byte-writer.ts'

/** The five values that are not numbers (IEEE 11073-20601, 12.3). */
export type SpecialValue =
  | 'not-a-number'
  | 'not-at-this-resolution'
  | 'positive-infinity'
  | 'negative-infinity'
  | 'reserved'

/** A number with the precision it is sent with: 94.0 is `{ value: 94, decimals: 1 }`. A bare number has as many decimals as it shows. */
export type Quantity = number | { readonly value: number; readonly decimals: number } | SpecialValue

/** The special mantissas lie at both ends of the range; numbers stay inside them. */
const SFLOAT_LARGEST = 0x7fd
const FLOAT_LARGEST = 0x7ffffd

const SFLOAT_SPECIAL: Readonly<Record<SpecialValue, number>> = {
  'not-a-number': 0x07ff,
  'not-at-this-resolution': 0x0800,
  'positive-infinity': 0x07fe,
  'negative-infinity': 0x0802,
  reserved: 0x0801,
}
const FLOAT_SPECIAL: Readonly<Record<SpecialValue, number>> = {
  'not-a-number': 0x007fffff,
  'not-at-this-resolution': 0x00800000,
  'positive-infinity': 0x007ffffe,
  'negative-infinity': 0x00800002,
  reserved: 0x00800001,
}

/** Digits and power of ten of a number as JavaScript prints it. */
function scientific(value: number): { digits: string; power: number } {
  const [digits = '', power] = value.toExponential().split('e')
  return { digits, power: Number(power) }
}

function shownDecimals(value: number): number {
  const { digits, power } = scientific(value)
  return Math.max(0, (digits.split('.')[1] ?? '').length - power)
}

function decimal(quantity: Exclude<Quantity, SpecialValue>): { mantissa: number; exponent: number } {
  const { value, decimals } =
    typeof quantity === 'number' ? { value: quantity, decimals: shownDecimals(quantity) } : quantity
  // Through text: 1.005 * 1000 is 1004.9999999999999 in binary, and the wire must say 1005.
  const { digits, power } = scientific(value)
  return { mantissa: Math.round(Number(`${digits}e${power + decimals}`)), exponent: -decimals }
}

/** 16-bit SFLOAT: exponent in the upper 4 bits, mantissa in the lower 12, both two's complement. */
export function sfloat(quantity: Quantity): number {
  if (typeof quantity === 'string') return SFLOAT_SPECIAL[quantity]
  const { mantissa, exponent } = decimal(quantity)
  requireRange('SFLOAT mantissa', mantissa, -SFLOAT_LARGEST, SFLOAT_LARGEST)
  requireRange('SFLOAT exponent', exponent, -8, 7)
  return ((exponent & 0xf) << 12) | (mantissa & 0xfff)
}

/** 32-bit FLOAT: exponent in the upper 8 bits, mantissa in the lower 24, both two's complement. */
export function float32(quantity: Quantity): number {
  if (typeof quantity === 'string') return FLOAT_SPECIAL[quantity]
  const { mantissa, exponent } = decimal(quantity)
  requireRange('FLOAT mantissa', mantissa, -FLOAT_LARGEST, FLOAT_LARGEST)
  requireRange('FLOAT exponent', exponent, -128, 127)
  return (((exponent & 0xff) << 24) | (mantissa & 0xffffff)) >>> 0
}
