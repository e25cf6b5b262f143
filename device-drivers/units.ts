import { PreCareError } from './errors.ts'
import type { Value } from './reading.ts'

/**
 * Unit conversions between UCUM units, keeping the device's precision: the result has the decimal step nearest to the
 * device's own step in the new unit. 16.0 kPa is 120 mmHg (0.1 kPa is 0.75 mmHg), 98.6 degrees Fahrenheit are 37.0 degrees
 * Celsius, 111 and 112 mg/dL of glucose are both 6.2 mmol/L, as the meters themselves show.
 */
interface Conversion {
  /** Subtracted first. */
  readonly zero?: number
  readonly factor: number
}

/** g/mol of glucose / 10: mg/dL per mmol/L. */
const GLUCOSE_MG_DL_PER_MMOL_L = 18.0156

const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  // NIST SP 811, B.8: conventional millimetre of mercury 133.322 Pa.
  'kPa>mm[Hg]': { factor: 7.50062 },
  '[degF]>Cel': { zero: 32, factor: 5 / 9 },
  '[lb_av]>kg': { factor: 0.45359237 },
  '[in_i]>cm': { factor: 2.54 },
  'm>cm': { factor: 100 },
  'mL>L': { factor: 0.001 },
  'L/s>L/min': { factor: 60 },
  'mg/dL>mmol/L': { factor: 1 / GLUCOSE_MG_DL_PER_MMOL_L },
  'mg/dL/min>mmol/L/min': { factor: 1 / GLUCOSE_MG_DL_PER_MMOL_L },
  // Glucose Measurement 0x2A18 gives kg/L or mol/L.
  'kg/L>mmol/L': { factor: 1e5 / GLUCOSE_MG_DL_PER_MMOL_L },
  'mol/L>mmol/L': { factor: 1000 },
}

/** IEEE doubles hold 15 digits for certain: drops the noise of a multiplication before rounding. */
const SURE_DIGITS = 15

/** Rounds in decimal. @param decimals 0 to 100 */
export function rounded(value: number, decimals: number): number {
  return Number(Number(value.toPrecision(SURE_DIGITS)).toFixed(decimals))
}

/**
 * The value in another UCUM unit; an absent value stays absent with the new unit, the same unit changes nothing.
 * Throws 'packet-malformed' for a conversion that no device needs.
 */
export function convert(from: Value, unit: string): Value {
  if ('absent' in from) return { absent: from.absent, unit }
  if (from.unit === unit) return from
  const conversion = CONVERSIONS[`${from.unit}>${unit}`]
  if (conversion === undefined) throw new PreCareError('packet-malformed', `no conversion from ${from.unit} to ${unit}`)
  const { zero = 0, factor } = conversion
  const decimals = Math.min(6, Math.max(0, Math.round(from.decimals - Math.log10(factor))))
  return { value: rounded((from.value - zero) * factor, decimals), unit, decimals }
}
