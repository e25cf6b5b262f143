import type { Sql } from './outbox-sql.ts'

/** What the outbox says of itself. */

export interface OutboxCounts {
  readonly decoded: number
  readonly duplicate: number
  readonly rejected: number
  readonly receipted: number
  /** Queued, or held until the hub knows the time. */
  readonly unsent: number
  readonly held: number
  readonly lastSequence: number
}

/** Some milliseconds of reading on a small computer, once a minute; a longer backlog is no moment to be certain of anything. */
const LOOKED_THROUGH = 2_000

/** `decoded = receipted + unsent + duplicate`, whenever it is asked. */
export function countsOf(sql: Sql): OutboxCounts {
  const numbers = (text: string, key: string): Map<string, number> =>
    new Map(
      sql(text)
        .all()
        .map((row) => [String(row[key]), Number(row['count'])]),
    )
  const counters = numbers('SELECT name, count FROM counters', 'name')
  const states = numbers(
    `SELECT state, COUNT(*) AS count FROM rows WHERE state IN ('held', 'queued') GROUP BY state`,
    'state',
  )
  const held = states.get('held') ?? 0
  return {
    decoded: counters.get('decoded') ?? 0,
    duplicate: counters.get('duplicate') ?? 0,
    rejected: counters.get('rejected') ?? 0,
    receipted: counters.get('receipted') ?? 0,
    unsent: held + (states.get('queued') ?? 0),
    held,
    lastSequence: lastSequence(sql),
  }
}

/** The highest sequence number ever given; 0 when none was. */
export function lastSequence(sql: Sql): number {
  return Number(sql(`SELECT seq FROM sqlite_sequence WHERE name = 'rows'`).get()?.['seq'] ?? 0)
}

/** Sequence number and time of reception (ISO) of the oldest row that waits to be sent. */
export function oldestUnsent(sql: Sql): { readonly seq: number; readonly receivedAt: string } | undefined {
  const row = sql(`SELECT seq, body ->> 'receivedAt' AS at FROM rows WHERE state = 'queued' ORDER BY seq LIMIT 1`).get()
  return row === undefined ? undefined : { seq: Number(row['seq']), receivedAt: String(row['at']) }
}

/**
 * When the earliest unsent reading was measured: ISO, 'none' when nothing waits, 'unknown' while readings wait for the
 * time or more wait than are worth looking through.
 */
export function earliestUnsent(sql: Sql): string {
  const { held, unsent } = countsOf(sql)
  if (held > 0 || unsent > LOOKED_THROUGH) return 'unknown'
  const row = sql(`SELECT MIN(body ->> 'measuredAt') AS at FROM rows WHERE state = 'queued'`).get()
  return typeof row?.['at'] === 'string' ? row['at'] : 'none'
}
