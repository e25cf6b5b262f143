import { type IPoint, escape as quote } from 'influx'
import type { BrokerClock } from '../broker-clock.ts'
import { type InfluxSettings, openInfluxClient, PointsRefused } from './influx-client.ts'
import {
  byTime,
  checkSpan,
  MAX_RANGE,
  type Point,
  type RefusedPoint,
  type Span,
  sift,
  type TimeSeries,
} from './time-series.ts'

export type { InfluxSettings } from './influx-client.ts'

const MEASUREMENT = 'readings'
/** With so many points the request itself no longer counts; many more would only be lost together. */
const BATCH = 1_000
const NS_PER_MS = 1_000_000

/**
 * InfluxDB knows a point by its tags and time and overwrites it silently, and a tag per reading would make a series of
 * each. So the reading's id picks the nanosecond within its millisecond: two readings of one millisecond are two
 * points, and a repeated one hits its own. (Two ids share a nanosecond once in a million such pairs.)
 */
function nanoseconds({ ts, reading }: Point): string {
  let hash = 0
  for (const char of reading) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0
  return `${ts}${String(hash % NS_PER_MS).padStart(6, '0')}`
}

function lineOf(point: Point): IPoint {
  return {
    measurement: MEASUREMENT,
    // Bounded in number: InfluxDB keeps every combination in memory.
    tags: { citizen: point.citizen, device: point.device, quantity: point.quantity },
    fields: { value: point.value, reading: point.reading },
    timestamp: nanoseconds(point),
  }
}

/** ids and names are checked before; quoting is the second lock on the same door. */
function where({ citizen, quantity, from, to }: Span): string {
  const names = `citizen = ${quote.stringLit(citizen)} AND quantity = ${quote.stringLit(quantity)}`
  return `WHERE ${names} AND time >= ${Math.trunc(from)}ms AND time < ${Math.trunc(to)}ms`
}

interface Row {
  readonly time: Date
  readonly citizen: string
  readonly device: string
  readonly quantity: string
  readonly reading: string
  readonly value: number
}

const pointOf = ({ time, citizen, device, quantity, reading, value }: Row): Point => {
  return { citizen, device, quantity, ts: time.getTime(), reading, value }
}

/**
 * InfluxDB 1.x through the package `influx`. Every call has its own deadline; a batch that the server refuses is parted
 * until the offending point is alone.
 * @param timeoutMs deadline of one call
 */
export function openInflux(settings: InfluxSettings, clock: BrokerClock, timeoutMs?: number): TimeSeries {
  const client = openInfluxClient(settings, clock, timeoutMs)
  let created = false

  /** The database is made at the first call, and again if somebody dropped it. */
  async function ready(signal: AbortSignal): Promise<void> {
    if (created) return
    await client.call('create database', signal, (influx) => influx.createDatabase(settings.database))
    created = true
  }

  async function query<T>(doing: string, text: string, signal: AbortSignal): Promise<readonly T[]> {
    await ready(signal)
    return await client.call(doing, signal, (influx) => influx.query<T>(text, { precision: 'ms', signal }))
  }

  /** @returns refused points; parts the batch in two where the server refuses it, so that all others are written */
  async function send(points: readonly Point[], signal: AbortSignal): Promise<RefusedPoint[]> {
    const [first, ...rest] = points
    if (first === undefined) return []
    try {
      await client.call('write', signal, (influx) => influx.writePoints(points.map(lineOf), { precision: 'n' }))
      return []
    } catch (error) {
      if (!(error instanceof PointsRefused)) {
        created = false
        throw error
      }
      if (rest.length === 0) return [{ point: first, reason: error.message }]
      const half = points.length >> 1
      return [...(await send(points.slice(0, half), signal)), ...(await send(points.slice(half), signal))]
    }
  }

  return {
    name: `influx:${new URL(settings.url).host}/${settings.database}`,
    async write(points, signal) {
      const { good, refused } = sift(points)
      if (good.length === 0) return refused
      await ready(signal)
      for (let i = 0; i < good.length; i += BATCH) refused.push(...(await send(good.slice(i, i + BATCH), signal)))
      return refused
    },
    async range(span, signal) {
      checkSpan(span)
      const text = `SELECT value, reading, citizen, device, quantity FROM ${MEASUREMENT} ${where(span)} LIMIT ${MAX_RANGE}`
      return (await query<Row>('range', text, signal)).map(pointOf).sort(byTime)
    },
    async latest(citizen, signal) {
      checkSpan({ citizen })
      const of = `WHERE citizen = ${quote.stringLit(citizen)} GROUP BY citizen, quantity, device`
      const text = `SELECT value, reading FROM ${MEASUREMENT} ${of} ORDER BY time DESC LIMIT 1`
      const points = (await query<Row>('latest', text, signal)).map(pointOf)
      const series = ({ quantity, device }: Point) => `${quantity}/${device}`
      return points.sort((a, b) => (series(a) < series(b) ? -1 : 1))
    },
    async downsample(span, bucketMs, signal) {
      checkSpan(span)
      const values = 'mean(value) AS mean, min(value) AS low, max(value) AS high, count(value) AS n'
      const text = `SELECT ${values} FROM ${MEASUREMENT} ${where(span)} GROUP BY time(${Math.trunc(bucketMs)}ms) fill(none)`
      const rows = await query<{ time: Date; mean: number; low: number; high: number; n: number }>(
        'downsample',
        text,
        signal,
      )
      return rows.map(({ time, mean, low, high, n }) => ({ ts: time.getTime(), mean, min: low, max: high, count: n }))
    },
    async close() {
      client.close()
    },
  }
}
