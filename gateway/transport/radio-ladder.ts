import type { RadioStep } from './transport.ts'

/**
 * What is tried, in which order and how often, when a radio hears nothing. A step costs more than the one before, so the
 * cheap one comes between the dear ones: most deaf radios need a new scan only (abandonware/noble#191, #136).
 */

/** Over and over; restarting the process and the machine is not the radio's to decide. */
const STEPS: readonly RadioStep[] = ['scan', 'adapter', 'scan', 'power']
/** Longest time between two repairs of a silent radio: an empty house at night is silent too. */
const LONGEST_WINDOW_MS = 15 * 60_000

/** @param repairs tried since the last sign of life, from 0 */
export function stepAfter(repairs: number): RadioStep {
  return STEPS[repairs % STEPS.length] ?? 'scan'
}

/** Silence before the next repair, ms: each step gets the first window to show what it brings, each round the double. */
export function windowAfter(repairs: number, firstMs: number): number {
  return Math.min(LONGEST_WINDOW_MS, firstMs * 2 ** Math.min(30, Math.floor(repairs / 2)))
}
