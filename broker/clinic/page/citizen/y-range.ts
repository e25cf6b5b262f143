import type { Columns, Panel } from './panels.ts'
import type { Period } from './range.ts'

/** Which values a plot reaches from and to. */

/** Of the plot's height, what is measured takes at least this, or limits far away would press it flat. */
const LEAST_SHARE = 0.35
const MARGIN = 0.08

/** @returns undefined when nothing was measured in that time */
export function yRangeOf(
  panel: Panel,
  columns: Columns,
  { from, to }: Period,
): [low: number, high: number] | undefined {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const [row, at] of columns.at.entries()) {
    if (at < from || at > to) continue
    for (const [index, { series }] of panel.lines.entries()) {
      const value = series.value[columns.points[index]?.[row] ?? -1]
      if (value === undefined || value === null) continue
      if (value < low) low = value
      if (value > high) high = value
    }
  }
  const guides = panel.lines.flatMap(({ limits, normal }) => [
    ...Object.values(limits).filter((limit) => limit !== undefined),
    ...(normal === undefined ? [] : [normal.low, normal.high]),
  ])
  if (low > high) {
    if (guides.length === 0) return undefined
    low = Math.min(...guides)
    high = Math.max(...guides)
  }
  // Three steps of the last decimal: a weight that moves by 0.1 kg is no mountain.
  const step = 10 ** -Math.max(...panel.lines.map(({ series }) => series.decimals))
  const measured = Math.max(high - low, 3 * step)
  let [bottom, top] = [low, high]
  for (const guide of guides.toSorted((a, b) => apart(a, low, high) - apart(b, low, high))) {
    const [lower, upper] = [Math.min(bottom, guide), Math.max(top, guide)]
    if (measured / (upper - lower) < LEAST_SHARE) continue
    ;[bottom, top] = [lower, upper]
  }
  const margin = Math.max((top - bottom) * MARGIN, step)
  return [bottom - margin, top + margin]
}

const apart = (guide: number, low: number, high: number): number => Math.max(low - guide, guide - high, 0)
