import { isPreCareError, messageOf } from '../../device-drivers/errors.ts'
import type { Reading } from '../../device-drivers/reading.ts'
import { isOfTheCitizen } from '../alerts/judged-reading.ts'
import type { BrokerClock } from '../broker-clock.ts'
import type { Log } from '../log.ts'
import { isoTime } from './iso-time.ts'
import type { Journal } from './journal.ts'
import { pointsOf, type RefusedPoint, type TimeSeries } from './time-series.ts'

/** Readings at once: the embedded series writes them in about 5 ms, in which nothing else runs. */
const BATCH = 250
/** Between batches, so that receipts and alerts go first; longer while hubs wait. */
const PAUSE_MS = 5
const PAUSE_BUSY_MS = 100
/** How often the journal is looked at when nothing was there. */
const POLL_MS = 500
/** After a failure, doubled up to the last. */
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30_000

export interface FollowerParts {
  readonly journal: Journal
  readonly series: TimeSeries
  readonly clock: BrokerClock
  readonly log: Log
  /** Hubs wait for receipts: the follower holds back. */
  readonly busy?: () => boolean
}

/** Carries clinical readings from the journal into a time-series database. */
export interface Follower {
  /** Resolves when `signal` has aborted and the batch in hand is done with. Never rejects. */
  readonly done: Promise<void>
  /** Readings that the database does not have yet. */
  lag(): number
  /** Points set aside because the database can never take them. */
  refused(): number
}

interface LogRow {
  readonly position: number
  readonly citizen: string
  readonly reading: Reading
}

/**
 * Follows the journal by position, in batches. The position is written after the batch: what was written twice is
 * there once. The database's absence delays nothing but itself.
 */
export function followJournal(parts: FollowerParts, signal: AbortSignal): Follower {
  const { journal, series, clock, log } = parts
  const sql = (text: string) => journal.database.prepare(text)
  const selectPosition = sql('SELECT position FROM followers WHERE name = ?')
  const upsertPosition = sql(
    'INSERT INTO followers (name, position) VALUES (?, ?) ON CONFLICT DO UPDATE SET position = excluded.position',
  )
  const selectRows = sql(
    `SELECT l.position, r.citizen, r.payload FROM clinical_log l JOIN readings r ON r.cursor = l.reading
     WHERE l.position > ? ORDER BY l.position LIMIT ${BATCH}`,
  )
  const selectLast = sql('SELECT max(position) AS last FROM clinical_log')
  const insertRefused = sql(
    `INSERT INTO points_refused (follower, reading, quantity, reason, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const countRefused = sql('SELECT count(*) AS n FROM points_refused WHERE follower = ?')

  let position = Number(selectPosition.get(series.name)?.['position'] ?? 0)

  function nextRows(): LogRow[] {
    return selectRows.all(position).map((row) => ({
      position: Number(row['position']),
      citizen: String(row['citizen']),
      reading: JSON.parse(String(row['payload'])) as Reading,
    }))
  }

  function save(reached: number, refused: readonly RefusedPoint[]): void {
    journal.transaction(() => {
      upsertPosition.run(series.name, reached)
      for (const { point, reason } of refused) {
        insertRefused.run(series.name, point.reading, point.quantity, reason, isoTime(clock.now()))
      }
    })
    position = reached
    for (const { point } of refused) log.warn('point-refused', { reading: point.reading, reason: point.quantity })
  }

  /** @returns false when there was nothing to do */
  async function step(): Promise<boolean> {
    const rows = nextRows()
    const last = rows.at(-1)
    if (last === undefined) return false
    const points = rows
      .filter(({ reading }) => isOfTheCitizen(reading))
      .flatMap((row) => pointsOf(row.citizen, row.reading))
    save(last.position, await series.write(points, signal))
    return true
  }

  async function run(): Promise<void> {
    let retryMs = 0
    while (!signal.aborted) {
      let pause: number
      try {
        const moved = await step()
        if (retryMs > 0) log.info('time-series-back')
        retryMs = 0
        pause = moved ? (parts.busy?.() === true ? PAUSE_BUSY_MS : PAUSE_MS) : POLL_MS
      } catch (error) {
        if (signal.aborted) return
        const code = isPreCareError(error) ? error.code : 'time-series-unavailable'
        if (retryMs === 0) log.warn('time-series-behind', { code, reason: messageOf(error) })
        retryMs = Math.min(LAST_RETRY_MS, Math.max(FIRST_RETRY_MS, retryMs * 2))
        pause = retryMs
      }
      await clock.sleep(pause, signal).catch((error: unknown) => {
        if (!signal.aborted) log.error('follower-clock', { reason: messageOf(error) })
      })
    }
  }

  return {
    done: run(),
    lag: () => Number(selectLast.get()?.['last'] ?? 0) - position,
    refused: () => Number(countRefused.get(series.name)?.['n'] ?? 0),
  }
}
