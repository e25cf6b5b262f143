import type { RadioStep } from './transport.ts'

/**
 * What is tried, in which order and how often, when a radio hears nothing. A step costs more than the one before, so the
 * cheap one comes between the dear ones: most deaf radios need a new scan only (abandonware/noble#191, #136).
 */

/** Over and over; restarting the process and the machine is not the radio's to decide. */
const STEPS: readonly RadioStep[] = ['scan', 'adapter', 'scan', 'power']
/** Longest time between two repairs of a silent radio: an empty house at night is silent too. */
const LONGEST_WINDOW_MS = 15 * 60_000
/** Where nothing advertises but a device in use: a new scan costs nothing, a new adapter comes every six hours. */
const SCANS_IN_A_QUIET_HOUSE = 24

/** @param repairs tried since the last sign of life, from 0 */
export function stepAfter(repairs: number): RadioStep {
  return STEPS[repairs % STEPS.length] ?? 'scan'
}

/** The same where silence is no evidence of anything. */
export function precautionAfter(repairs: number): RadioStep {
  return repairs % SCANS_IN_A_QUIET_HOUSE === SCANS_IN_A_QUIET_HOUSE - 1 ? 'adapter' : 'scan'
}

/** Silence before the next repair, ms: each step gets the first window to show what it brings, each round the double. */
export function windowAfter(repairs: number, firstMs: number): number {
  return Math.min(Math.max(LONGEST_WINDOW_MS, firstMs), firstMs * 2 ** Math.min(30, Math.floor(repairs / 2)))
}
