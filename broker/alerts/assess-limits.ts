import { isNumber, type Value } from '../../device-drivers/reading.ts'
import type { Assessment } from './assessment.ts'
import type { JudgedReading } from './judged-reading.ts'
import { breachOf, compare, isAlertBound, type Limits, outOfRangeSide } from './limits.ts'
import type { LimitsRule } from './rule.ts'

/** Inside the nearest limits of both sides by the margin; HI and LO are never inside. */
function isClear(value: Value, { warningLow, alertLow, warningHigh, alertHigh }: Limits, margin: number): boolean {
  if (!isNumber(value)) return false
  const low = warningLow ?? alertLow
  const high = warningHigh ?? alertHigh
  return (
    (low === undefined || compare(value, low + margin) >= 0) &&
    (high === undefined || compare(value, high - margin) <= 0)
  )
}

/** Strictly beyond a warning limit is yellow, beyond an alert limit red; at the limit is within it. */
export function assessLimits(rule: LimitsRule, reading: JudgedReading): Assessment | undefined {
  const value = reading.values[rule.quantity]
  if (value === undefined || (!isNumber(value) && outOfRangeSide(value) === undefined)) return undefined
  const breach = breachOf(rule.quantity, value, rule.limits)
  return {
    severity: breach === undefined ? 0 : isAlertBound(breach.bound) ? 2 : 1,
    evidence: breach === undefined ? [] : [{ ...breach, at: reading.at, reading: reading.id }],
    trusted: reading.trusted,
    clear: breach === undefined && isClear(value, rule.limits, rule.clear.margin),
    kinds: [reading.kind],
  }
}
