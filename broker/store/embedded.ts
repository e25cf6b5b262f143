import type { Journal } from './journal.ts'
import { type Bucket, byTime, checkSpan, MAX_RANGE, type Point, sift, type TimeSeries } from './time-series.ts'

/**
 * The time series in the journal's own file: nothing to install, and quicker than InfluxDB on the queries needed here
 * up to 10 million points. Rows lie in the order of (series, time), so a span is one stretch of the file.
 */
export function openEmbedded(journal: Journal): TimeSeries {
  const sql = (text: string) => journal.database.prepare(text)
  const insertSeries = sql('INSERT INTO series (citizen, quantity, device) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
  const selectSeries = sql('SELECT id FROM series WHERE citizen = ? AND quantity = ? AND device = ?')
  const upsertPoint = sql(
    `INSERT INTO points (series, ts, reading, value) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET value = excluded.value WHERE value <> excluded.value`,
  )
  const selectRange = sql(
    `SELECT s.device, p.ts, p.reading, p.value FROM series s JOIN points p ON p.series = s.id
     WHERE s.citizen = ? AND s.quantity = ? AND p.ts >= ? AND p.ts < ? ORDER BY p.ts, p.reading LIMIT ${MAX_RANGE}`,
  )
  const selectLatest = sql(
    `SELECT s.quantity, s.device, p.ts, p.reading, p.value FROM series s JOIN points p ON p.series = s.id
     WHERE s.citizen = ? AND (p.ts, p.reading) =
       (SELECT ts, reading FROM points WHERE series = s.id ORDER BY ts DESC, reading DESC LIMIT 1)
     ORDER BY s.quantity, s.device`,
  )
  const selectBuckets = sql(
    `SELECT p.ts - p.ts % ?1 AS bucket, avg(p.value) AS mean, min(p.value) AS low, max(p.value) AS high, count(*) AS n
     FROM series s JOIN points p ON p.series = s.id
     WHERE s.citizen = ?2 AND s.quantity = ?3 AND p.ts >= ?4 AND p.ts < ?5 GROUP BY bucket ORDER BY bucket`,
  )
  const ids = new Map<string, number>()

  function seriesOf({ citizen, quantity, device }: Point): number {
    const key = `${citizen}/${quantity}/${device}`
    const known = ids.get(key)
    if (known !== undefined) return known
    insertSeries.run(citizen, quantity, device)
    const id = Number(selectSeries.get(citizen, quantity, device)?.['id'])
    ids.set(key, id)
    return id
  }

  return {
    name: 'embedded',
    async write(points, signal) {
      signal.throwIfAborted()
      const { good, refused } = sift(points)
      try {
        journal.transaction(() => {
          for (const point of good) upsertPoint.run(seriesOf(point), point.ts, point.reading, point.value)
        })
      } catch (error) {
        // A series that was made in the transaction is gone with it.
        ids.clear()
        throw error
      }
      return refused
    },
    async range(span, signal) {
      signal.throwIfAborted()
      checkSpan(span)
      const { citizen, quantity } = span
      const rows = selectRange.all(citizen, quantity, span.from, span.to)
      return rows.map((row) => pointOf({ ...row, citizen, quantity })).sort(byTime)
    },
    async latest(citizen, signal) {
      signal.throwIfAborted()
      checkSpan({ citizen })
      return selectLatest.all(citizen).map((row) => pointOf({ ...row, citizen }))
    },
    async downsample(span, bucketMs, signal) {
      signal.throwIfAborted()
      checkSpan(span)
      return selectBuckets.all(bucketMs, span.citizen, span.quantity, span.from, span.to).map(bucketOf)
    },
    async close() {
      ids.clear()
    },
  }
}

function pointOf(row: Readonly<Record<string, unknown>>): Point {
  return {
    citizen: String(row['citizen']),
    device: String(row['device']),
    quantity: String(row['quantity']),
    ts: Number(row['ts']),
    reading: String(row['reading']),
    value: Number(row['value']),
  }
}

function bucketOf(row: Readonly<Record<string, unknown>>): Bucket {
  return {
    ts: Number(row['bucket']),
    mean: Number(row['mean']),
    min: Number(row['low']),
    max: Number(row['high']),
    count: Number(row['n']),
  }
}
