import { isQuantity, KIND_CODES, QUANTITIES } from '../../../../device-drivers/quantities.ts'
import type { AlertMessage } from '../../../contract/alert.ts'
import type { LimitValues, MissedSlot, NormalBand, Overview, Series, SeriesAnswer } from '../../shapes.ts'

/** What stands in which plot: pure, from what the broker answered. Times are ms since 1970 UTC. */

/** One quantity in a plot. */
export interface Line {
  readonly series: Series
  readonly limits: LimitValues
  readonly normal: NormalBand | undefined
}

/** A stretch in which a rule about the quantity was broken. */
export interface Span {
  readonly alert: AlertMessage
  readonly from: number
  /** Absent while it lasts. */
  readonly to: number | undefined
}

export interface Missing {
  readonly at: number
  readonly slot: MissedSlot
}

export interface Panel {
  readonly id: string
  /** One, or systolic and diastolic. */
  readonly lines: readonly [Line, ...Line[]]
  /** The same quantity is also measured with another kind, and has a plot of its own there. */
  readonly shared: boolean
  readonly spans: readonly Span[]
  readonly missing: readonly Missing[]
}

/** Shown in one plot, upper one first. */
const TOGETHER: Readonly<Record<string, string>> = { systolic: 'diastolic' }

/** The unit in which the house keeps a quantity: limits and normals are in it. */
const isUsual = ({ quantity, unit }: Series): boolean => isQuantity(quantity) && QUANTITIES[quantity].unit === unit

/** Values in two units are two series. */
const idOf = (series: Series): string =>
  `${series.kind}-${series.quantity}${isUsual(series) ? '' : `-${series.unit.replace(/[^A-Za-z0-9]/g, '')}`}`

const isPartner = (upper: Series, lower: Series): boolean =>
  lower.kind === upper.kind && lower.unit === upper.unit && lower.quantity === TOGETHER[upper.quantity]

/** Two rules with limits for one quantity: what a person would be told of first counts. */
function strictest(a: LimitValues, b: LimitValues): LimitValues {
  const merged: { -readonly [bound in keyof LimitValues]: number } = {}
  for (const bound of ['alertLow', 'warningLow', 'warningHigh', 'alertHigh'] as const) {
    const both = [a[bound], b[bound]].filter((limit) => limit !== undefined)
    if (both.length > 0) merged[bound] = bound.endsWith('Low') ? Math.max(...both) : Math.min(...both)
  }
  return merged
}

function limitsFor(rules: Overview['rules'], quantity: string): LimitValues {
  return rules
    .filter((rule) => rule.type === 'limits' && rule.problem === undefined && rule.quantities.includes(quantity))
    .map(({ limits = {} }) => limits)
    .reduce(strictest, {})
}

/** An episode belongs to the quantities that speak for it. */
function spansOf(alerts: readonly AlertMessage[], series: readonly Series[]): Span[] {
  const names = new Set(series.map(({ quantity }) => quantity))
  return alerts
    .filter(({ category, state }) => (category === 'clinical' || category === 'digest') && state !== 'withdrawn')
    .filter(({ kinds, evidence }) => {
      const ofKind = kinds.length === 0 || series.some(({ kind }) => kinds.includes(kind))
      return ofKind && evidence.some(({ quantity }) => names.has(quantity))
    })
    .map((alert) => {
      const end = alert.normalSince ?? alert.closedAt
      return { alert, from: Date.parse(alert.openedAt), to: end === undefined ? undefined : Date.parse(end) }
    })
}

export function panelsOf(overview: Overview, answer: SeriesAnswer): Panel[] {
  const lineOf = (series: Series): Line => ({
    series,
    limits: isUsual(series) ? limitsFor(overview.rules, series.quantity) : {},
    normal: isUsual(series) ? overview.normals.find(({ quantity }) => quantity === series.quantity) : undefined,
  })
  const taken = new Set<Series>()
  const measured = answer.series.filter(({ at }) => at.length > 0)
  return inReadingOrder(overview, measured).flatMap((series) => {
    if (taken.has(series)) return []
    const partner = measured.find((s) => isPartner(series, s))
    if (partner !== undefined) taken.add(partner)
    const parts = partner === undefined ? [series] : [series, partner]
    const panel: Panel = {
      id: idOf(series),
      lines: [lineOf(series), ...(partner === undefined ? [] : [lineOf(partner)])],
      shared: measured.some((other) => other !== series && other.quantity === series.quantity),
      spans: spansOf(overview.alerts, parts),
      missing: overview.missed
        .filter(({ kind }) => kind === series.kind)
        .map((slot) => ({ at: Date.parse(slot.due), slot }))
        .sort((a, b) => a.at - b.at),
    }
    return [panel]
  })
}

/** Newest values of what was not measured in the time that is shown, so that nobody takes it for never measured. */
export const elsewhere = ({ latest }: Overview, { series }: SeriesAnswer): Overview['latest'] =>
  latest.filter(
    ({ quantity, kind }) => !series.some((s) => s.quantity === quantity && s.kind === kind && s.at.length > 0),
  )

/** Always the same places, in whatever order the broker names them: kinds as in the overview, what is watched first. */
function inReadingOrder({ kinds, rules }: Overview, series: readonly Series[]): Series[] {
  const watched = new Set(rules.flatMap(({ quantities }) => quantities))
  const group = ({ kind, quantity }: Series): number =>
    kinds.indexOf(kind) + (watched.has(quantity) || TOGETHER[quantity] !== undefined ? 0 : kinds.length)
  const place = ({ kind, quantity }: Series): number =>
    (KIND_CODES[kind].quantities as readonly string[]).indexOf(quantity)
  return series.toSorted((a, b) => group(a) - group(b) || place(a) - place(b))
}

/** Points of all lines of a panel by one time axis, as uPlot takes them. */
export interface Columns {
  readonly at: readonly number[]
  /** Per line and time: index of the point in the line's series; -1: none. */
  readonly points: readonly (readonly number[])[]
}

/** Systolic and diastolic of one reading share their time; where one is alone, the other has nothing there. */
export function columnsOf(lines: Panel['lines']): Columns {
  const [upper, lower] = lines
  const own = upper.series.at
  if (lower === undefined) return { at: own, points: [own.map((_, index) => index)] }
  const other = lower.series.at
  const at: number[] = []
  const points: [number[], number[]] = [[], []]
  for (let i = 0, j = 0; i < own.length || j < other.length; ) {
    const a = own[i] ?? Number.POSITIVE_INFINITY
    const b = other[j] ?? Number.POSITIVE_INFINITY
    at.push(Math.min(a, b))
    points[0].push(a <= b ? i++ : -1)
    points[1].push(b <= a ? j++ : -1)
  }
  return { at, points }
}
