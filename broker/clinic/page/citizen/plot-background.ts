import type uPlot from 'uplot'
import { BOUNDS, type Bound, type Colour, type Label } from './guides.ts'
import type { Line, Panel } from './panels.ts'
import type { Theme } from './plot-theme.ts'

/** What readings are compared with: the person's limits and normal, and the stretches in which something was wrong. */

const COLOUR_OF: Readonly<Record<Bound, Colour>> = {
  alertHigh: 'red',
  warningHigh: 'yellow',
  warningLow: 'yellow',
  alertLow: 'red',
}
const TINT = { region: 0.09, normal: 0.16, span: 0.13 } as const
const STRIP_PX = 5

interface Paint {
  readonly plot: uPlot
  readonly theme: Theme
  readonly ratio: number
}

function inside({ plot }: Paint, draw: (ctx: CanvasRenderingContext2D, box: uPlot.BBox) => void): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  draw(ctx, bbox)
  ctx.restore()
}

const yAt = (plot: uPlot, value: number): number => plot.valToPos(value, 'y', true)

/** Tints beyond the limits. Only where one quantity is shown: those of two would cover one another. */
function drawRegions(paint: Paint, { limits }: Line): void {
  const { plot, theme } = paint
  const { alertHigh, warningHigh, warningLow, alertLow } = limits
  inside(paint, (ctx, { left, top, width, height }) => {
    const bottom = top + height
    const fill = (colour: Colour, from: number, to: number) => {
      ctx.fillStyle = theme.colours[colour]
      ctx.globalAlpha = TINT.region
      ctx.fillRect(left, Math.min(from, to), width, Math.abs(to - from))
    }
    const highRed = alertHigh === undefined ? top : Math.max(top, yAt(plot, alertHigh))
    const lowRed = alertLow === undefined ? bottom : Math.min(bottom, yAt(plot, alertLow))
    if (alertHigh !== undefined) fill('red', top, highRed)
    if (warningHigh !== undefined) fill('yellow', highRed, Math.max(top, yAt(plot, warningHigh)))
    if (warningLow !== undefined) fill('yellow', lowRed, Math.min(bottom, yAt(plot, warningLow)))
    if (alertLow !== undefined) fill('red', lowRed, bottom)
  })
}

function drawNormal(paint: Paint, { normal }: Line): void {
  if (normal === undefined) return
  const { plot, theme } = paint
  inside(paint, (ctx, { left, width }) => {
    const top = yAt(plot, normal.high)
    ctx.fillStyle = theme.colours.good
    ctx.globalAlpha = TINT.normal
    ctx.fillRect(left, top, width, Math.max(2 * paint.ratio, yAt(plot, normal.low) - top))
  })
}

function drawSpans(paint: Paint, { spans }: Panel, now: number): void {
  const { plot, theme, ratio } = paint
  inside(paint, (ctx, { top, height }) => {
    for (const { from, to, alert } of spans) {
      const left = plot.valToPos(from, 'x', true)
      const width = Math.max(2 * ratio, plot.valToPos(to ?? now, 'x', true) - left)
      ctx.fillStyle = theme.colours[alert.level]
      ctx.globalAlpha = TINT.span
      ctx.fillRect(left, top, width, height)
      ctx.globalAlpha = 1
      ctx.fillRect(left, top, width, STRIP_PX * ratio)
    }
  })
}

/** Below axes and readings. @param now how far an episode reaches that still lasts */
export function drawBackground(plot: uPlot, panel: Panel, theme: Theme, now: number): void {
  const paint = { plot, theme, ratio: devicePixelRatio }
  const [line] = panel.lines
  if (panel.lines.length === 1) drawRegions(paint, line)
  for (const each of panel.lines) drawNormal(paint, each)
  drawSpans(paint, panel, now)
  inside(paint, (ctx, { left, width }) => {
    for (const { limits } of panel.lines) {
      for (const bound of BOUNDS) {
        const limit = limits[bound]
        if (limit === undefined) continue
        const red = COLOUR_OF[bound] === 'red'
        ctx.strokeStyle = theme.colours[COLOUR_OF[bound]]
        ctx.lineWidth = (red ? 1.6 : 1.2) * paint.ratio
        ctx.setLineDash(red ? [] : [6 * paint.ratio, 4 * paint.ratio])
        ctx.beginPath()
        ctx.moveTo(left, yAt(plot, limit))
        ctx.lineTo(left + width, yAt(plot, limit))
        ctx.stroke()
      }
    }
  })
}

const LABEL_PX = 11
/** Between the plot and its words, and as much behind them. */
const LABEL_GAP = 5
/** Also where no plot has a limit: the last day has its word there. */
const LEAST_GUTTER = 40

/** Room for the widest of these words beside a plot, in CSS pixels. */
export function gutterOf(texts: readonly string[], { font }: Theme): number {
  const ctx = document.createElement('canvas').getContext('2d')
  if (ctx === null) return LEAST_GUTTER
  ctx.font = `${LABEL_PX}px ${font}`
  return Math.max(LEAST_GUTTER, ...texts.map((text) => Math.ceil(ctx.measureText(text).width) + 2 * LABEL_GAP))
}

/** Beside the plot, where no reading is; in a narrow one on its right end. Those that would touch move apart a little. */
export function drawLabels(plot: uPlot, labels: readonly Label[], { colours, font }: Theme, beside: boolean): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio
  const height = 13 * ratio
  const right = bbox.left + bbox.width
  ctx.save()
  ctx.font = `${LABEL_PX * ratio}px ${font}`
  ctx.textAlign = beside ? 'left' : 'right'
  ctx.textBaseline = 'middle'
  let free = bbox.top - height / 2
  for (const { text, value, colour } of labels.toSorted((a, b) => b.value - a.value)) {
    const at = yAt(plot, value)
    if (at < bbox.top - 1 || at > bbox.top + bbox.height + 1) continue
    const middle = Math.max(at, free + height / 2)
    // Further away it would name another line; the words above the plot name them all.
    if (middle - at > 2 * height) continue
    if (!beside) {
      const width = ctx.measureText(text).width + 8 * ratio
      ctx.fillStyle = colours.paper
      ctx.globalAlpha = 0.85
      ctx.fillRect(right - width, middle - height / 2, width, height)
      ctx.globalAlpha = 1
    }
    ctx.fillStyle = colours[colour]
    ctx.fillText(text, beside ? right + LABEL_GAP * ratio : right - 4 * ratio, middle)
    free = middle + height / 2
  }
  ctx.restore()
}
