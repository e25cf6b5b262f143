import type uPlot from 'uplot'
import { type Mark, markOf, type Shape } from './flags.ts'
import type { Colour } from './guides.ts'
import type { Columns, Panel } from './panels.ts'
import type { Theme } from './plot-theme.ts'

/** Readings as marks on a plot: what is special about one shows by its shape, at any zoom. Sizes in CSS pixels. */

const PLAIN_RADIUS = { dense: 1.6, loose: 3 } as const
const SPECIAL_RADIUS = 4
/** Closer than this the plain points would run together. */
const LOOSE_PX = 9
const WIDTH = 1.6

/** Colour of each line of a panel. */
export const LINE_COLOURS = ['first', 'second'] as const satisfies readonly Colour[]

/** Lines only: nothing to fill. */
const OPEN: ReadonlySet<Shape> = new Set<Shape>(['cross', 'above', 'below'])

interface Style {
  readonly colour: Colour
  readonly hollow: boolean
  readonly path: Path2D
}

function trace(path: Path2D, { shape }: Mark, x: number, y: number, r: number): void {
  if (shape === 'circle') {
    path.moveTo(x + r, y)
    path.arc(x, y, r, 0, 2 * Math.PI)
  } else if (shape === 'square') path.rect(x - r, y - r, 2 * r, 2 * r)
  else if (shape === 'diamond') polygon(path, [x, y - 1.3 * r], [x + 1.3 * r, y], [x, y + 1.3 * r], [x - 1.3 * r, y])
  else if (shape === 'above') arrow(path, x, y, r)
  else if (shape === 'below') arrow(path, x, y, -r)
  else {
    path.moveTo(x - r, y - r)
    path.lineTo(x + r, y + r)
    path.moveTo(x - r, y + r)
    path.lineTo(x + r, y - r)
  }
}

/** Its point at x, y; a shaft tells it from a triangle. */
function arrow(path: Path2D, x: number, y: number, r: number): void {
  path.moveTo(x - Math.abs(r), y + r)
  path.lineTo(x, y)
  path.lineTo(x + Math.abs(r), y + r)
  path.moveTo(x, y)
  path.lineTo(x, y + 3 * r)
}

type Corner = readonly [x: number, y: number]
function polygon(path: Path2D, [x, y]: Corner, ...others: readonly Corner[]): void {
  path.moveTo(x, y)
  for (const corner of others) path.lineTo(...corner)
  path.closePath()
}

/** Where a point stands, in pixels of the canvas; out of the device's range: at the edge. */
export function yOf(plot: uPlot, value: number | null, { shape }: Mark): number {
  const { top, height } = plot.bbox
  if (shape === 'above') return top + 1
  if (shape === 'below') return top + height - 1
  return value === null ? top + height : plot.valToPos(value, 'y', true)
}

/** @param staff the word beside what staff typed */
export function drawMarks(plot: uPlot, panel: Panel, columns: Columns, { colours, font }: Theme, staff: string): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio
  const { min = 0, max = 0 } = plot.scales['x'] ?? {}
  const [first, last] = [plot.valToIdx(min), plot.valToIdx(max)]
  const loose = bbox.width / ratio / Math.max(1, last - first) >= LOOSE_PX
  const plain = (loose ? PLAIN_RADIUS.loose : PLAIN_RADIUS.dense) * ratio
  const styles = new Map<string, Style>()
  const labels: [text: string, x: number, y: number][] = []
  for (const [index, { series }] of panel.lines.entries()) {
    const colour = LINE_COLOURS[index] ?? 'first'
    for (let row = first; row <= last; row++) {
      const point = columns.points[index]?.[row] ?? -1
      const at = columns.at[row]
      if (point < 0 || at === undefined || at < min || at > max) continue
      const mark = markOf(series.flags[point] ?? 0)
      const value = series.value[point] ?? null
      if (value === null && mark.shape !== 'above' && mark.shape !== 'below') continue
      const special = mark.shape !== 'circle' || mark.hollow || mark.uncertainTime
      const x = plot.valToPos(at, 'x', true)
      const y = yOf(plot, value, mark)
      const key = `${colour}/${mark.shape}/${mark.hollow}`
      let style = styles.get(key)
      if (style === undefined) {
        style = { colour, hollow: mark.hollow || OPEN.has(mark.shape), path: new Path2D() }
        styles.set(key, style)
      }
      trace(style.path, mark, x, y, special ? SPECIAL_RADIUS * ratio : plain)
      if (mark.uncertainTime) labels.push(['?', x, y - 6 * ratio])
      if (mark.shape === 'diamond') labels.push([staff, x, y - 7 * ratio])
    }
  }
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left - 6 * ratio, bbox.top, bbox.width + 12 * ratio, bbox.height)
  ctx.clip()
  ctx.lineWidth = WIDTH * ratio
  for (const { colour, hollow, path } of styles.values()) {
    ctx.strokeStyle = colours[colour]
    ctx.fillStyle = hollow ? colours.paper : colours[colour]
    ctx.fill(path)
    ctx.stroke(path)
  }
  ctx.font = `${11 * ratio}px ${font}`
  ctx.textAlign = 'center'
  ctx.textBaseline = 'bottom'
  ctx.fillStyle = colours.ink
  for (const label of labels) ctx.fillText(...label)
  ctx.restore()
}

/** Slots without a reading, hanging from the time axis: a triangle where the citizen did not measure, a ring where equipment failed. */
export function drawMissing(plot: uPlot, { missing }: Panel, { colours }: Theme): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio
  const { min = 0, max = 0 } = plot.scales['x'] ?? {}
  const y = bbox.top + bbox.height
  ctx.save()
  ctx.strokeStyle = colours.blue
  ctx.fillStyle = colours.blue
  ctx.lineWidth = WIDTH * ratio
  for (const { at, slot } of missing) {
    if (at < min || at > max) continue
    const x = plot.valToPos(at, 'x', true)
    const path = new Path2D()
    if (slot.cause === 'not-measured') {
      polygon(path, [x, y + ratio], [x + 4 * ratio, y + 7 * ratio], [x - 4 * ratio, y + 7 * ratio])
      ctx.fill(path)
    } else {
      path.arc(x, y + 4.5 * ratio, 3.2 * ratio, 0, 2 * Math.PI)
      ctx.fillStyle = colours.paper
      ctx.fill(path)
      ctx.fillStyle = colours.blue
    }
    ctx.stroke(path)
  }
  ctx.restore()
}
