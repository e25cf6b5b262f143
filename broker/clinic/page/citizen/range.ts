import { DAY_MS, dateText, instantOfText, midnight } from '../shell/local-time.ts'

/** Which stretch of time is looked at. */
export type Range =
  | { readonly days: 7 | 30 | 90 | 365 }
  /** Dates as 2026-08-03, both inclusive. */
  | { readonly first: string; readonly last: string }

export const SPANS = [7, 30, 90, 365] as const
const USUAL_DAYS = 30
/** The broker answers 400 at once; one less, for the hour that a change of clocks may add. */
const MAX_DAYS = 399

export interface Period {
  /** ms since 1970 UTC, a local midnight. */
  readonly from: number
  readonly to: number
}

/**
 * Whole local days up to the end of today, so that the axis stands still while new values come.
 * @param now ms since 1970 UTC
 */
export function periodOf(range: Range, now: number): Period {
  if ('days' in range) return { from: midnight(now, 1 - range.days), to: midnight(now, 1) }
  const from = instantOfText(range.first) ?? midnight(now)
  return { from, to: midnight(instantOfText(range.last) ?? now, 1) }
}

export type RangeProblem = 'order' | 'long' | 'missing'

/** Why two dates make no stretch of time. */
export function problemOf(first: string, last: string): RangeProblem | undefined {
  const from = instantOfText(first)
  const to = instantOfText(last)
  if (from === undefined || to === undefined) return 'missing'
  if (to < from) return 'order'
  return midnight(to, 1) - from > (MAX_DAYS + 0.5) * DAY_MS ? 'long' : undefined
}

/** Dates to begin with when somebody wants others. */
export function datesOf(range: Range, now: number): { readonly first: string; readonly last: string } {
  if ('first' in range) return range
  return { first: dateText(midnight(now, 1 - range.days)), last: dateText(now) }
}

/** As it was looked at last; `kept` is what the browser remembers of how somebody likes the page. */
export const usualRange = (kept: string): Range => ({ days: SPANS.find((span) => String(span) === kept) ?? USUAL_DAYS })
