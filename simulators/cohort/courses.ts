import { parameter } from './parameters.ts'

/** How an exacerbation comes and goes: share of its full strength at a time. Days from its onset, negative before. */

const between = (day: number, from: number, to: number): number => Math.min(1, Math.max(0, (day - from) / (to - from)))

/** Rises evenly to its greatest after the onset, then falls evenly. At the onset 1 by definition of the strength. */
export function copdCourse(day: number): number {
  const prodrome = parameter('copdProdrome')
  const peak = parameter('copdPeak')
  const highest = (prodrome + peak) / prodrome
  return day <= peak
    ? highest * between(day, -prodrome, peak)
    : highest * (1 - between(day, peak, parameter('copdRecovery')))
}

/** Slowly from a month before, steeply in the last week; then treatment. */
export function gainCourse(day: number): number {
  if (day > 0) return 1 - between(day, 0, parameter('gainRecovery'))
  const steep = -parameter('gainSteep')
  const early = parameter('gainEarly')
  return early * between(day, -parameter('gainFrom'), steep) + (1 - early) * between(day, steep, 0)
}

export function feverCourse(day: number): number {
  return day <= 0 ? between(day, -parameter('feverProdrome'), 0) : 1 - between(day, 0, parameter('feverRecovery'))
}
