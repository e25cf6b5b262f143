import { DatabaseSync } from 'node:sqlite'
import { sqliteCode } from './outbox-file.ts'

interface SavedRow {
  readonly id: string
  readonly state: 'held' | 'queued'
  readonly body: string
}
export interface Salvage {
  readonly rows: readonly SavedRow[]
  readonly memory: readonly { readonly device: string; readonly key: string; readonly value: string | number }[]
  readonly session: number
}

function readable<T>(db: DatabaseSync, sql: string, take: (row: Record<string, unknown>) => T | undefined): T[] {
  const taken: T[] = []
  try {
    for (const row of db.prepare(sql).iterate()) {
      const value = take(row)
      if (value !== undefined) taken.push(value)
    }
  } catch (error) {
    // The damage begins here; what came before it is what there is.
    if (sqliteCode(error) === undefined) throw error
  }
  return taken
}

const takeRow = ({ id, state, body }: Record<string, unknown>): SavedRow | undefined =>
  typeof id === 'string' && typeof body === 'string' && (state === 'held' || state === 'queued')
    ? { id, state, body }
    : undefined

/** The unsent rows that can still be read in a damaged file, from its beginning and from its end up to the damage. */
export function salvage(path: string): Salvage {
  const nothing: Salvage = { rows: [], memory: [], session: 0 }
  let db: DatabaseSync
  try {
    db = new DatabaseSync(path)
  } catch (error) {
    if (sqliteCode(error) === undefined) throw error
    return nothing
  }
  try {
    const fromStart = readable(db, 'SELECT id, state, body FROM rows NOT INDEXED ORDER BY seq', takeRow)
    const fromEnd = readable(db, 'SELECT id, state, body FROM rows NOT INDEXED ORDER BY seq DESC', takeRow)
    const rows = new Map([...fromStart, ...fromEnd.reverse()].map((row) => [row.id, row]))
    const memory = readable(db, 'SELECT device, key, value FROM device_memory', ({ device, key, value }) =>
      typeof device === 'string' && typeof key === 'string' && (typeof value === 'string' || typeof value === 'number')
        ? { device, key, value }
        : undefined,
    )
    const [session = 0] = readable(db, `SELECT value FROM notes WHERE name = 'session'`, ({ value }) => Number(value))
    return { rows: [...rows.values()], memory, session }
  } finally {
    db.close()
  }
}
