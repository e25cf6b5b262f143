import { QUANTITIES, type QuantityName } from '../../device-drivers/quantities.ts'

/**
 * Values as whole numbers of a tenth of their last decimal (0.1 mmHg, 0.01 kg, 0.001 L), so that comparing and
 * subtracting are exact and the same in every version.
 */
const scaleOf = (quantity: QuantityName): number => 10 ** (QUANTITIES[quantity].decimals + 1)

export const toCanonical = (quantity: QuantityName, value: number): number => Math.round(value * scaleOf(quantity))

export const fromCanonical = (quantity: QuantityName, value: number): number => value / scaleOf(quantity)

/** Middle of the values; of two middles their mean. @param values at least one, in any order */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Median of the distances from the median. */
export function medianDeviation(values: readonly number[], middle: number): number {
  return median(values.map((value) => Math.abs(value - middle)))
}
