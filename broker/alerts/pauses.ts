import type { Level } from '../contract/alert.ts'
import type { Journal } from '../store/journal.ts'

/** Nobody is called for a citizen for a while: admitted, away, a device on its way. It always ends. */

export const PAUSE_REASONS = ['admission', 'travel', 'device-swap', 'other'] as const
export type PauseReason = (typeof PAUSE_REASONS)[number]

/** Longer than this nobody remembers why (an end is mandatory in every system that was compared). */
export const MAX_PAUSE_DAYS = 30

export interface Pause {
  readonly id: string
  readonly citizen: string
  readonly reason: PauseReason
  readonly from: string
  /** First moment without. */
  readonly to: string
  /** Also red is paused: confirmed a second time by whoever set it. */
  readonly includeRed: boolean
  readonly by: string
}

export interface Pauses {
  put(pause: Pause, createdAt: string): void
  /** Ends a pause early. */
  end(id: string, at: string): void
  get(id: string): Pause | undefined
  of(citizen: string): readonly Pause[]
  /**
   * The pause under which an alert raised at that time is quiet now.
   * @param at now, ISO 8601
   */
  covering(citizen: string, level: Level, raisedAt: string, at: string): string | undefined
}

function pauseOf(row: Record<string, unknown>): Pause {
  return {
    id: String(row['id']),
    citizen: String(row['citizen']),
    reason: String(row['reason']) as PauseReason,
    from: String(row['from_at']),
    to: String(row['to_at']),
    includeRed: row['include_red'] === 1,
    by: String(row['author']),
  }
}

export function openPauses(journal: Journal): Pauses {
  const sql = (text: string) => journal.database.prepare(text)
  const insert = sql(
    `INSERT INTO pauses (id, citizen, reason, from_at, to_at, include_red, author, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const update = sql('UPDATE pauses SET to_at = ? WHERE id = ? AND to_at > ?')
  const select = sql('SELECT * FROM pauses WHERE id = ?')
  const selectOf = sql('SELECT * FROM pauses WHERE citizen = ? ORDER BY from_at, id')
  const selectNow = sql('SELECT * FROM pauses WHERE citizen = ? AND from_at <= ? AND to_at > ? ORDER BY from_at, id')
  return {
    put({ id, citizen, reason, from, to, includeRed, by }, createdAt) {
      insert.run(id, citizen, reason, from, to, includeRed ? 1 : 0, by, createdAt)
    },
    end: (id, at) => void update.run(at, id, at),
    get(id) {
      const row = select.get(id)
      return row === undefined ? undefined : pauseOf(row)
    },
    of: (citizen) => selectOf.all(citizen).map(pauseOf),
    covering(citizen, level, raisedAt, at) {
      const pauses = selectNow.all(citizen, at, at).map(pauseOf)
      return pauses.find(({ from, includeRed }) => from <= raisedAt && (level !== 'red' || includeRed))?.id
    },
  }
}
