import type { AbsentReason } from '../reading.ts'

/**
 * IEEE 11073-20601 numbers as Bluetooth uses them: SFLOAT (4-bit exponent, 12-bit mantissa) and FLOAT (8 and 24),
 * both two's complement, value = mantissa * 10^exponent. The exponent carries the precision: F014 is 2.0, 0002 is 2.
 */

/** `suspicious`: a mantissa reserved for special values, under an exponent other than 0. */
export type DecodedNumber =
  | { readonly value: number; readonly decimals: number; readonly suspicious?: true }
  | { readonly absent: AbsentReason }

/** More decimals than any quantity of the house has; a reading's schema allows no more. */
export const MAX_DECIMALS = 6

/** Offsets of the special mantissas from the most negative one, modulo its size (IEEE 11073-20601, 12.3). */
const SPECIAL: Readonly<Record<number, AbsentReason>> = {
  [-2]: 'positive-infinity',
  [-1]: 'not-a-number',
  0: 'not-at-this-resolution',
  1: 'reserved',
  2: 'negative-infinity',
}

const signed = (value: number, bits: number): number => (value >= 2 ** (bits - 1) ? value - 2 ** bits : value)

function decode(rawMantissa: number, mantissaBits: number, exponent: number): DecodedNumber {
  const special = SPECIAL[rawMantissa - 2 ** (mantissaBits - 1)]
  // Special values have exponent 0. With another exponent the same mantissa is a legal number, and one that occurs:
  // E7FE is 20.46 kPa, a systolic pressure of 153 mmHg. So it stays a number, and is marked: a careless device may mean NaN.
  if (special !== undefined && exponent === 0) return { absent: special }
  const mantissa = signed(rawMantissa, mantissaBits)
  // Decimal arithmetic: 364 * 10 ** -1 is 36.4 by luck, 1109 * 10 ** -2 is 11.090000000000002.
  const value = Number(`${mantissa}e${exponent}`)
  const decimals = Math.min(MAX_DECIMALS, Math.max(0, -exponent))
  return special === undefined ? { value, decimals } : { value, decimals, suspicious: true }
}

/** @param raw the 16 bits as an unsigned number */
export function decodeSfloat(raw: number): DecodedNumber {
  return decode(raw & 0xfff, 12, signed((raw >>> 12) & 0xf, 4))
}

/** FFFFFF7F on the wire, -1e127 by arithmetic: thermometers send it when they have nothing to say. */
const NOTHING_TO_SAY = 0x7fffffff

/** @param raw the 32 bits as an unsigned number */
export function decodeFloat(raw: number): DecodedNumber {
  if (raw === NOTHING_TO_SAY) return { absent: 'reserved' }
  return decode(raw & 0xffffff, 24, signed(raw >>> 24, 8))
}
