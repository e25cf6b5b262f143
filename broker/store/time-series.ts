import { PreCareError } from '../../device-drivers/errors.ts'
import { idSchema, isNumber, type Reading } from '../../device-drivers/reading.ts'

/** One number of one reading. `ts` is the time of measuring in ms since 1970 UTC. */
export interface Point {
  readonly citizen: string
  readonly device: string
  readonly quantity: string
  readonly ts: number
  /** Reading id: two readings of the same millisecond are two points, the same reading twice is one. */
  readonly reading: string
  readonly value: number
}

export interface RefusedPoint {
  readonly point: Point
  readonly reason: string
}

export interface Span {
  readonly citizen: string
  readonly quantity: string
  /** First ms of the span. */
  readonly from: number
  /** First ms after the span. */
  readonly to: number
}

/** Buckets start at multiples of their width since 1970 UTC; empty ones are left out. */
export interface Bucket {
  readonly ts: number
  readonly mean: number
  readonly min: number
  readonly max: number
  readonly count: number
}

/**
 * The time-series database: a projection of the journal that can be rebuilt at any time, never the place that a receipt
 * stands on. Every call has its own deadline and rejects with 'time-series-unavailable' past it or when `signal` aborts.
 */
export interface TimeSeries {
  /** Names the follower's position, so that another database starts from the beginning. */
  readonly name: string
  /** Idempotent, in any order. Points that the database can never take are returned; all others are written. */
  write(points: readonly Point[], signal: AbortSignal): Promise<readonly RefusedPoint[]>
  /** Points of all devices, oldest first; at most {@link MAX_RANGE}. */
  range(span: Span, signal: AbortSignal): Promise<readonly Point[]>
  /** The newest point of each of the citizen's series, by quantity and device. */
  latest(citizen: string, signal: AbortSignal): Promise<readonly Point[]>
  downsample(span: Span, bucketMs: number, signal: AbortSignal): Promise<readonly Bucket[]>
  close(): Promise<void>
}

/** A week of a wearable that reports every ten seconds. */
export const MAX_RANGE = 65_536

const QUANTITY = /^[a-z][A-Za-z0-9]{1,31}$/
const READING = /^[a-z2-7]{32}$/
/** Nanoseconds since 1970 fit into 64 bits until 2262; ISO years have four digits until 9999. */
const LAST_TS = Date.parse('2262-01-01T00:00:00.000Z')

/**
 * Why no database should be sent this point. Control characters matter most: the line protocol ends a line at a newline
 * and `influx` does not escape one in a tag, so an id could smuggle in a second point.
 */
function pointProblem(point: Point): string | undefined {
  if (!idSchema.safeParse(point.citizen).success) return 'citizen is no valid id'
  if (!idSchema.safeParse(point.device).success) return 'device is no valid id'
  if (!QUANTITY.test(point.quantity)) return 'quantity is no valid name'
  if (!READING.test(point.reading)) return 'reading is no valid id'
  if (!Number.isInteger(point.ts) || point.ts < 0 || point.ts > LAST_TS) return 'time is out of range'
  return Number.isFinite(point.value) ? undefined : 'value is no finite number'
}

/** Parts the points that may be sent from those that may not. */
export function sift(points: readonly Point[]): { readonly good: Point[]; readonly refused: RefusedPoint[] } {
  const good: Point[] = []
  const refused: RefusedPoint[] = []
  for (const point of points) {
    const reason = pointProblem(point)
    if (reason === undefined) good.push(point)
    else refused.push({ point, reason })
  }
  return { good, refused }
}

/** @throws PreCareError 'id-invalid': a query is text for some databases */
export function checkSpan(span: { readonly citizen: string; readonly quantity?: string }): void {
  const quantity = span.quantity === undefined || QUANTITY.test(span.quantity)
  if (!quantity || !idSchema.safeParse(span.citizen).success) {
    throw new PreCareError('id-invalid', 'no valid citizen or quantity in the query')
  }
}

/** The numbers of a reading; an absent value is no point. */
export function pointsOf(citizen: string, reading: Reading): Point[] {
  const ts = Date.parse(reading.measuredAt)
  return Object.entries(reading.values).flatMap(([quantity, value]) =>
    isNumber(value) ? [{ citizen, device: reading.device, quantity, ts, reading: reading.id, value: value.value }] : [],
  )
}

/** Oldest first; points of one millisecond in the order of their readings' ids. */
export function byTime(a: Point, b: Point): number {
  if (a.ts !== b.ts) return a.ts - b.ts
  return a.reading < b.reading ? -1 : 1
}
