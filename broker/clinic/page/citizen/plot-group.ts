import type uPlot from 'uplot'
import type { Period } from './range.ts'

/** The plots of one citizen: all show the same stretch of time. */
export interface PlotGroup {
  /** Part of the period that somebody zoomed to; all of it otherwise. */
  readonly view: () => Period
  readonly zoomed: () => boolean
  /** Another period was fetched: what was zoomed to stays when it is within. */
  readonly setPeriod: (period: Period) => void
  /** @param view undefined: everything */
  readonly zoom: (view: Period | undefined) => void
  /** The cross hair of all plots. @param at ms since 1970 UTC; undefined: nowhere */
  readonly pointAt: (at: number | undefined) => void
  readonly join: (plot: uPlot) => () => void
  /** Width of the first one: the others have the same, and need not make the browser lay out the page to learn it. */
  readonly widthOf: (host: HTMLElement) => number
  /** Words of the limits of all plots. */
  readonly setLabels: (texts: readonly string[]) => void
  /** Room beside a plot for the widest of them; the same for all, so that the days stay below one another. */
  readonly gutter: (widest: (texts: readonly string[]) => number) => number
}

/** Closer than this nothing more is to be seen: a quarter of an hour. */
const LEAST_MS = 15 * 60_000

/** @param told whether somebody has zoomed */
export function plotGroup(first: Period, told: (zoomed: boolean) => void): PlotGroup {
  const plots = new Set<uPlot>()
  let period = first
  let chosen: Period | undefined
  let width: number | undefined
  let labels: readonly string[] = []
  let gutter: number | undefined

  const show = () => {
    const { from, to } = chosen ?? period
    for (const plot of plots) plot.setScale('x', { min: from, max: to })
  }
  const zoom = (view: Period | undefined) => {
    const from = view === undefined ? period.from : Math.max(period.from, view.from)
    const to = view === undefined ? period.to : Math.min(period.to, view.to)
    if (view !== undefined && to - from < LEAST_MS) return
    chosen = from === period.from && to === period.to ? undefined : { from, to }
    show()
    told(chosen !== undefined)
  }
  return {
    view: () => chosen ?? period,
    zoomed: () => chosen !== undefined,
    setPeriod(next) {
      if (next.from === period.from && next.to === period.to) return
      const still = chosen !== undefined && chosen.from >= next.from && chosen.to <= next.to
      period = next
      zoom(still ? chosen : undefined)
    },
    zoom,
    pointAt(at) {
      for (const plot of plots) plot.setCursor({ left: at === undefined ? -10 : plot.valToPos(at, 'x'), top: 0 })
    },
    widthOf(host) {
      width ??= host.clientWidth
      return width
    },
    setLabels(texts) {
      labels = texts
      gutter = undefined
    },
    gutter(widest) {
      gutter ??= widest(labels)
      return gutter
    },
    join(plot) {
      plots.add(plot)
      return () => plots.delete(plot)
    },
  }
}

/** @param factor below 1: closer @param around ms since 1970 UTC, stays where it is */
export function scaled({ from, to }: Period, factor: number, around: number): Period {
  return { from: around - (around - from) * factor, to: around + (to - around) * factor }
}
