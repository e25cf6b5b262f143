import type { Decimal } from './resources.ts'

/** ECMAScript 2025 source text access; not in TypeScript's libraries yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): Decimal }

/** The value with the device's number of decimals, as text: 48 with one decimal is '48.0'. */
export function decimalText(value: number, decimals: number): string {
  const text = value.toFixed(decimals)
  // More digits than the device claims to show are kept: a rounded value is another value.
  return Number(text) === value ? text : String(value)
}

/** As {@link decimalText}, for `JSON.stringify`, which would write the number 48.0 as 48. */
export const decimalOf = (value: number, decimals: number): Decimal => rawJSON(decimalText(value, decimals))
