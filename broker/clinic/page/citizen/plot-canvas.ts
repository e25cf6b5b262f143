import uPlot from 'uplot'
import { formatNumber } from '../shell/format.ts'
import { DAY_MS } from '../shell/local-time.ts'
import type { Language } from '../shell/said.ts'
import { BITS, markOf } from './flags.ts'
import { labelsOf } from './limit-words.ts'
import type { Columns, Panel } from './panels.ts'
import { drawBackground, drawLabels, gutterOf } from './plot-background.ts'
import type { PlotGroup } from './plot-group.ts'
import { drawMarks, drawMissing, LINE_COLOURS, yOf } from './plot-marks.ts'
import { onThemeChange, themeOf } from './plot-theme.ts'
import type { Stop } from './stops.ts'
import { ticksOf } from './time-axis.ts'
import { yRangeOf } from './y-range.ts'

/** One plot on its canvas. uPlot does scales, axes, lines and the cursor; what is of the house is drawn by its hooks. */

const PLOT_HEIGHT = 190
const LEAST_WIDTH = 200
const AXIS = { y: 46, x: 26 } as const
/** The word of a date needs so much. */
const TICK_PX = 58
/** Words of the limits have room beside a plot of at least this width. */
const GUTTER_FROM = 400
const NO_GUTTER = 8
/** All plots of the page share one cursor. */
const SYNC_KEY = 'citizen'

export interface PlotShown {
  readonly panel: Panel
  readonly columns: Columns
  readonly language: Language
  /** How far an episode reaches that still lasts; ms since 1970 UTC. */
  readonly now: number
  /** The word beside what staff typed. */
  readonly staff: string
}

export interface Plot {
  show(shown: PlotShown): void
  /** The cross hair of all plots goes to the stop. */
  point(stop: Stop | undefined): void
  close(): void
}

/** Values of the lines. Doubtful ones are marks beside the line: it goes past them. */
function dataOf({ panel, columns }: PlotShown): uPlot.AlignedData {
  const values = panel.lines.map(({ series }, index) =>
    (columns.points[index] ?? []).map((point) => {
      if (point < 0 || ((series.flags[point] ?? 0) & BITS.doubtful) !== 0) return undefined
      return series.value[point]
    }),
  )
  return [columns.at as number[], ...values]
}

function incrementsOf({ lines }: Panel): number[] {
  const finest = -Math.max(...lines.map(({ series }) => series.decimals))
  const powers = Array.from({ length: 8 }, (_, index) => finest + index)
  return powers.flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)))
}

/** Longer than this without a reading the line is broken: it would tell of days that nobody knows. */
function breakOf({ columns }: PlotShown): number {
  const apart = columns.at.slice(1).map((at, index) => at - (columns.at[index] ?? at))
  const middle = apart.sort((a, b) => a - b)[Math.floor(apart.length / 2)] ?? DAY_MS
  return Math.max(2 * DAY_MS, 4 * middle)
}

/**
 * @param told by pointer: the row of the columns under the cursor, of this plot or of one beside it; undefined: nowhere
 */
export function openPlot(
  host: HTMLElement,
  group: PlotGroup,
  first: PlotShown,
  told: (row: number | undefined) => void,
): Plot {
  let shown = first
  let longest = breakOf(first)
  let theme = themeOf(host)
  let pointed: Stop | undefined
  let labels: ReadonlyMap<number, string> = new Map()
  const here = document.createElement('div')
  here.className = 'plot-here'
  here.hidden = true

  /** uPlot calls for it with the indices of what is seen. */
  const gaps: uPlot.Series.GapsRefiner = (plot, line, from, to) => {
    const found: [number, number][] = []
    const [at, values] = [plot.data[0], plot.data[line] ?? []]
    let last: number | undefined
    for (let row = from; row <= to; row++) {
      if (values[row] === undefined || values[row] === null) continue
      const broken = last !== undefined && (at[row] ?? 0) - (at[last] ?? 0) > longest
      const lost = last !== undefined && values.slice(last + 1, row).includes(null as never)
      if (last !== undefined && (broken || lost)) {
        const px = (index: number) => Math.round(plot.valToPos(at[index] ?? 0, 'x', true))
        found.push([px(last), px(row)])
      }
      last = row
    }
    return found
  }

  let width = group.widthOf(host)
  const isWide = () => width >= GUTTER_FROM
  const gutter = () => group.gutter((texts) => gutterOf(texts, theme))
  const ink = () => theme.colours.soft
  const axis = {
    stroke: ink,
    font: `12px ${theme.font}`,
    grid: { stroke: () => theme.colours.grid, width: 1 },
    ticks: { stroke: () => theme.colours.grid, width: 1, size: 4 },
  }
  const options: uPlot.Options = {
    width: Math.max(LEAST_WIDTH, width),
    height: PLOT_HEIGHT,
    ms: 1,
    legend: { show: false },
    padding: [8, () => (isWide() ? gutter() : NO_GUTTER), 0, 0],
    scales: {
      x: { time: false, range: () => [group.view().from, group.view().to] },
      y: { range: () => yRangeOf(shown.panel, shown.columns, group.view()) ?? [0, 1] },
    },
    axes: [
      {
        ...axis,
        size: AXIS.x,
        splits: (plot) => {
          const { from, to } = group.view()
          const most = Math.floor(plot.bbox.width / devicePixelRatio / TICK_PX)
          const ticks = ticksOf(from, to, most, shown.language).filter(({ at }) => at < to)
          labels = new Map(ticks.map(({ at, label }) => [at, label]))
          return [...labels.keys()]
        },
        values: (_plot, splits) => splits.map((split) => labels.get(split) ?? ''),
      },
      {
        ...axis,
        size: AXIS.y,
        // Never finer than the device itself.
        incrs: incrementsOf(first.panel),
        values: (_plot, splits, _index, _space, increment) =>
          splits.map((split) => formatNumber(split, Math.max(0, -Math.floor(Math.log10(increment))), shown.language)),
      },
    ],
    series: [
      {},
      ...first.panel.lines.map((_, index): uPlot.Series => {
        const stroke = () => theme.colours[LINE_COLOURS[index] ?? 'first']
        const dash = index === 0 ? {} : { dash: [5, 3] }
        return { stroke, width: 1.2, points: { show: false }, gaps, ...dash }
      }),
    ],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
      sync: { key: SYNC_KEY, scales: ['x', null] },
      bind: {
        dblclick: () => () => {
          group.zoom(undefined)
          return null
        },
      },
    },
    hooks: {
      // Over the grid, below the readings.
      drawAxes: [(plot) => drawBackground(plot, shown.panel, theme, shown.now)],
      draw: [
        (plot) => {
          drawLabels(plot, labelsOf(shown.panel, shown.language), theme, isWide())
          drawMissing(plot, shown.panel, theme)
          drawMarks(plot, shown.panel, shown.columns, theme, shown.staff)
          place(plot)
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select
          if (width < 4) return
          group.zoom({ from: plot.posToVal(left, 'x'), to: plot.posToVal(left + width, 'x') })
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        },
      ],
      setCursor: [
        (plot) => {
          const { idx, left = -1 } = plot.cursor
          const row = left < 0 || idx === null || idx === undefined ? undefined : idx
          const at = row === undefined ? undefined : shown.columns.at[row]
          pointed = row === undefined || at === undefined ? undefined : { at, row }
          place(plot)
          told(row)
        },
      ],
    },
  }

  /** A ring around what is read. */
  function place(plot: uPlot): void {
    here.hidden = pointed === undefined
    if (pointed === undefined) return
    const { top, height } = plot.bbox
    const ratio = devicePixelRatio
    let y = (top + height) / ratio
    if ('row' in pointed) {
      const { row } = pointed
      const index = shown.columns.points.findIndex((points) => (points[row] ?? -1) >= 0)
      const series = shown.panel.lines[index]?.series
      const point = shown.columns.points[index]?.[row] ?? -1
      if (series !== undefined) y = yOf(plot, series.value[point] ?? null, markOf(series.flags[point] ?? 0)) / ratio
    }
    const x = plot.valToPos(pointed.at, 'x')
    here.style.transform = `translate(${x}px, ${y - top / ratio}px)`
  }

  const plot = new uPlot(options, dataOf(first), host)
  plot.over.append(here)
  const leave = group.join(plot)
  const resizing = new ResizeObserver(([entry]) => {
    const found = Math.floor(entry?.contentRect.width ?? 0)
    if (found === 0 || found === width) return
    width = found
    plot.setSize({ width: Math.max(LEAST_WIDTH, width), height: PLOT_HEIGHT })
  })
  resizing.observe(host)
  const ended = onThemeChange(() => {
    theme = themeOf(host)
    plot.redraw(false, true)
  })
  return {
    show(next) {
      // Readings that came late have moved the rows.
      if (pointed !== undefined && 'row' in pointed) {
        const { at } = pointed
        const row = next.columns.at.indexOf(at)
        pointed = row < 0 ? undefined : { at, row }
      }
      shown = next
      longest = breakOf(next)
      plot.setData(dataOf(next))
    },
    point(stop) {
      group.pointAt(stop?.at)
      pointed = stop
      place(plot)
    },
    close() {
      ended()
      resizing.disconnect()
      leave()
      plot.destroy()
    },
  }
}
