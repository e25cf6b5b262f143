import { type Bound, orderProblem } from '../../../alerts/limits.ts'
import type { LimitValues } from '../../shapes.ts'

/** What somebody types into the four fields of a quantity, and what is wrong with it. */

export const BOUNDS = ['alertLow', 'warningLow', 'warningHigh', 'alertHigh'] as const satisfies readonly Bound[]
export type { Bound }

export type LimitDraft = Readonly<Record<Bound, string>>

/** order: the limit must be above the one named. range: no measured value can reach it. */
export type LimitProblem =
  | { readonly type: 'number' }
  | { readonly type: 'order'; readonly below: Bound }
  | { readonly type: 'range'; readonly from: number; readonly to: number }

/** As valueSchema: six decimals at most. Danish and English decimal mark. */
const NUMBER = /^-?\d{1,6}([.,]\d{1,6})?$/

/** @param number with the decimals of its quantity, and more where it has more */
export function limitText(number: number | undefined, decimals: number, mark: ',' | '.'): string {
  if (number === undefined) return ''
  const own = String(number).split('.')[1]?.length ?? 0
  return number.toFixed(Math.max(decimals, own)).replace('.', mark)
}

export const draftOf = (values: LimitValues, decimals: number, mark: ',' | '.'): LimitDraft => ({
  alertLow: limitText(values.alertLow, decimals, mark),
  warningLow: limitText(values.warningLow, decimals, mark),
  warningHigh: limitText(values.warningHigh, decimals, mark),
  alertHigh: limitText(values.alertHigh, decimals, mark),
})

function numberOf(text: string): number | undefined | 'none' {
  const trimmed = text.trim().replace('−', '-')
  if (trimmed === '') return undefined
  return NUMBER.test(trimmed) ? Number(trimmed.replace(',', '.')) : 'none'
}

/**
 * Problems by field, and the values when there are none. An empty field is no limit; at least one must be given.
 * @param range of plausible values, both ends in it
 */
export function readDraft(
  draft: LimitDraft,
  range?: readonly [number, number],
): { readonly values: LimitValues | undefined; readonly problems: Readonly<Partial<Record<Bound, LimitProblem>>> } {
  const problems: Partial<Record<Bound, LimitProblem>> = {}
  const values: Partial<Record<Bound, number>> = {}
  const [from, to] = range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (const bound of BOUNDS) {
    const number = numberOf(draft[bound])
    if (number === 'none') problems[bound] = { type: 'number' }
    else if (number !== undefined) values[bound] = number
    if (typeof number === 'number' && (number < from || number > to)) problems[bound] = { type: 'range', from, to }
  }
  const order = orderProblem(values)
  if (order !== undefined) problems[order.bound] ??= { type: 'order', below: order.below }
  const fine = Object.keys(problems).length === 0 && Object.keys(values).length > 0
  return { values: fine ? values : undefined, problems }
}

export const isEmpty = (draft: LimitDraft): boolean => BOUNDS.every((bound) => draft[bound].trim() === '')

export const sameLimits = (a: LimitValues, b: LimitValues): boolean => BOUNDS.every((bound) => a[bound] === b[bound])

/** What a dry run is about: these values against the limits as they were seen. */
export const trialKey = (values: LimitValues, seen: string | undefined): string =>
  JSON.stringify([seen, ...BOUNDS.map((bound) => values[bound] ?? null)])
