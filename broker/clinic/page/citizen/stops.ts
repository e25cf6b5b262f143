import type { Columns, Missing, Panel } from './panels.ts'

/** What somebody meets who walks through a plot by keyboard: readings, and slots in which one is missing, by time. */
export type Stop =
  /** `row` of the panel's columns. */
  { readonly at: number; readonly row: number } | { readonly at: number; readonly missing: Missing }

/** @param from,to what is seen of the plot */
export function stopsOf(columns: Columns, { missing }: Panel, from: number, to: number): Stop[] {
  const stops: Stop[] = columns.at.map((at, row) => ({ at, row }))
  for (const one of missing) stops.push({ at: one.at, missing: one })
  return stops.filter(({ at }) => at >= from && at <= to).sort((a, b) => a.at - b.at)
}

const isSame = (a: Stop, b: Stop): boolean =>
  'row' in a ? 'row' in b && a.row === b.row : 'missing' in b && a.missing.slot.kind === b.missing.slot.kind

/** Where somebody stands; by time alone when readings that came meanwhile have moved the rows. */
export function indexOf(stops: readonly Stop[], stop: Stop | undefined): number | undefined {
  if (stop === undefined) return undefined
  const there = stops.map((one, index) => ({ one, index })).filter(({ one }) => one.at === stop.at)
  return (there.find(({ one }) => isSame(one, stop)) ?? there[0])?.index
}

export type Move = 'earlier' | 'later' | 'much-earlier' | 'much-later' | 'first' | 'last'

const STRIDE = 10
const BY: Readonly<Record<Move, number>> = {
  earlier: -1,
  later: 1,
  'much-earlier': -STRIDE,
  'much-later': STRIDE,
  first: Number.NEGATIVE_INFINITY,
  last: Number.POSITIVE_INFINITY,
}

/** @param index where somebody is; undefined: nowhere yet, and begins with the newest @returns -1 when there is nothing */
export function moved(index: number | undefined, move: Move, count: number): number {
  if (index === undefined) return move === 'first' ? Math.min(0, count - 1) : count - 1
  return Math.max(Math.min(count - 1, 0), Math.min(count - 1, index + BY[move]))
}
