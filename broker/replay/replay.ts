import type { Kind, Reading } from '../../device-drivers/reading.ts'
import type { FeedReading } from '../contract/messages.ts'
import { organisationsFor } from '../grants.ts'
import type { Registry } from '../registry.ts'
import { disguiseReading } from '../rights/pseudonyms.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'

/** What a subscriber missed: its organisation's feed read again from a cursor. */

export interface ReplayFilter {
  /** By the journal's own id, also for research. */
  readonly citizen?: string | undefined
  readonly kinds?: readonly Kind[] | undefined
  /** Measured at or after, ISO 8601 UTC with milliseconds. */
  readonly from?: string | undefined
  /** Measured before. */
  readonly to?: string | undefined
}

/**
 * A page of a feed. Cursors count up by one, so of the `next - since` entries that were looked at, those that are neither
 * here nor `withheld` did not fit the filter; without a filter there are none, and a subscriber can prove that it has all.
 */
export interface ReplayPage<T> {
  readonly items: readonly T[]
  /** Where to read on, also when everything on the page was withheld or did not fit. */
  readonly next: number
  /** Entries that fit and whose grant has ended since they were written. */
  readonly withheld: number
  /** The newest cursor of the feed: there is more while `next` is below it. Below `since`, the cursor is not of this feed. */
  readonly newest: number
}

export interface Replay {
  /** Entries after a cursor, oldest first, at most `limit` of them. */
  readings(organisation: string, cursor: number, limit: number, filter?: ReplayFilter): ReplayPage<FeedReading>
  /** One reading of the feed by its id; undefined when the organisation never had it, has no grant any more, or does research. */
  reading(organisation: string, id: string): FeedReading | undefined
}

/** Bound of one page. */
export const MAX_PAGE = 1_000
/** Entries looked at for one page of a filtered feed, 20 ms on two slow cores: a look must not hold up an alert. */
export const MAX_EXAMINED = 5_000

const COLUMNS = 'f.cursor AS position, r.citizen, r.kind, r.hub, r.stored_at, r.payload'

type Row = Record<string, unknown>

const entryOf = (row: Row): FeedReading => ({
  cursor: Number(row['position']),
  citizen: String(row['citizen']),
  hub: String(row['hub']),
  storedAt: String(row['stored_at']),
  reading: JSON.parse(String(row['payload'])) as Reading,
})

export function openReplay(
  journal: Journal,
  registry: Pick<Registry, 'grantsOf' | 'pseudonymsOf'>,
  clock: { now(): number },
): Replay {
  const sql = (text: string) => journal.database.prepare(text)
  const statements = new Map<string, ReturnType<typeof sql>>()
  const prepared = (text: string) => {
    const statement = statements.get(text) ?? sql(text)
    statements.set(text, statement)
    return statement
  }
  const selectNewest = sql('SELECT last FROM feed_positions WHERE organisation = ?')
  const selectById = sql(
    `SELECT ${COLUMNS} FROM readings r JOIN feeds f
       ON f.organisation = ? AND f.citizen = r.citizen AND f.reading = r.cursor
     WHERE r.id = ?`,
  )

  function isGranted(organisation: string, row: Row, now: string): boolean {
    const citizen = String(row['citizen'])
    return organisationsFor(registry.grantsOf(citizen), citizen, String(row['kind']) as Kind, now).includes(
      organisation,
    )
  }

  /** As the organisation may see it: research under pseudonyms. */
  function shownTo(organisation: string, row: Row): FeedReading {
    const pseudonym = registry.pseudonymsOf(organisation)
    return pseudonym === undefined ? entryOf(row) : disguiseReading(entryOf(row), pseudonym)
  }

  return {
    readings(organisation, cursor, limit, filter = {}) {
      const { citizen, kinds, from, to } = filter
      const wanted = Math.min(Math.max(1, limit), MAX_PAGE)
      const narrowed = kinds !== undefined || from !== undefined || to !== undefined
      const examined = narrowed ? MAX_EXAMINED : wanted
      const window = `SELECT cursor, reading FROM feeds WHERE organisation = ? AND cursor > ?
        ${citizen === undefined ? '' : 'AND citizen = ?'} ORDER BY cursor LIMIT ${examined}`
      const inWindow = [organisation, cursor, ...(citizen === undefined ? [] : [citizen])]
      const conditions = [
        ...(kinds === undefined ? [] : [`r.kind IN (${kinds.map(() => '?').join()})`]),
        ...(from === undefined ? [] : ['r.measured_at >= ?']),
        ...(to === undefined ? [] : ['r.measured_at < ?']),
      ]
      const fitting = [...(kinds ?? []), ...(from === undefined ? [] : [from]), ...(to === undefined ? [] : [to])]
      const rows = prepared(
        `SELECT ${COLUMNS} FROM (${window}) f JOIN readings r ON r.cursor = f.reading
         ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`} ORDER BY f.cursor LIMIT ${wanted}`,
      ).all(...inWindow, ...fitting)
      const newest = Number(selectNewest.get(organisation)?.['last'] ?? 0)
      const end = prepared(`SELECT count(*) AS n, max(cursor) AS last FROM (${window})`).get(...inWindow)
      // A window that is not full reached the end of the feed; a full page may have left some of it unread.
      const seen = Number(end?.['n']) < examined ? Math.max(cursor, newest) : Number(end?.['last'])
      const next = rows.length < wanted ? seen : Number(rows.at(-1)?.['position'])
      const now = isoTime(clock.now())
      const items = rows.filter((row) => isGranted(organisation, row, now)).map((row) => shownTo(organisation, row))
      return { items, next, withheld: rows.length - items.length, newest }
    },
    reading(organisation, id) {
      // Research knows no reading by an id of ours, and a pseudonym leads nowhere back without trying all.
      if (registry.pseudonymsOf(organisation) !== undefined) return undefined
      const row = selectById.get(organisation, id)
      return row !== undefined && isGranted(organisation, row, isoTime(clock.now())) ? entryOf(row) : undefined
    },
  }
}
