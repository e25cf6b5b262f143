import { DatabaseSync } from 'node:sqlite'
import { sqliteCode } from './outbox-file.ts'
import { BELONGS_TO_FILE, type SavedFacts } from './outbox-notes.ts'

/** Reading what can be read of a file that was set aside, row by row: it may hold more than the memory of a hub. */

export interface SavedRow {
  readonly seq: number
  readonly id: string
  readonly state: 'held' | 'queued'
  readonly body: string
}

/** sqlite.org/rescode.html; ERROR: the table is not there. */
const ERROR = 1
const CORRUPT = 11
const NOTADB = 26
/** A sector that the card does not give back: IOERR_READ, IOERR_SHORT_READ, IOERR_CORRUPTFS. */
const READ_CODES: readonly unknown[] = [266, 522, 8458]

/** Of the file, as against a disk without room for the index of its log, which may have some later. */
function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  if (code === ERROR || code === CORRUPT || code === NOTADB) return true
  return error instanceof Error && 'errcode' in error && READ_CODES.includes(error.errcode)
}

const ROWS = `SELECT seq, id, state, iif(state = 'receipted', NULL, body) AS body FROM rows NOT INDEXED
  WHERE seq > ? ORDER BY seq`

function* rowsAfter(db: DatabaseSync, after: number): Generator<Record<string, unknown>> {
  const rows = db.prepare(ROWS)
  // A number that turned over may be too large for a double.
  rows.setReadBigInts(true)
  yield* rows.iterate(after)
}

function canReadAfter(db: DatabaseSync, seq: number): boolean {
  try {
    for (const _ of rowsAfter(db, seq)) break
    return true
  } catch (error) {
    if (!isDamage(error)) throw error
    return false
  }
}

/** The next place behind the damage at `seq` from which rows can be read; undefined when there is none. */
function behindDamage(db: DatabaseSync, seq: number): number | undefined {
  let unreadable = seq
  let readable = seq + 1
  for (let step = 1; !canReadAfter(db, readable); step *= 2) {
    unreadable = readable
    readable += step
    if (readable > Number.MAX_SAFE_INTEGER) return undefined
  }
  while (readable - unreadable > 1) {
    const middle = unreadable + Math.floor((readable - unreadable) / 2)
    if (canReadAfter(db, middle)) readable = middle
    else unreadable = middle
  }
  return readable
}

/**
 * The rows of the file that can be read, in the order of their numbers; undefined for one that needs no saving, so that
 * the caller can rest. Throws what SQLite throws when the file can't be looked at now, and may be later.
 *
 * @param after sequence number to go on behind
 */
export function* savedRows(path: string, after = 0): Generator<SavedRow | undefined> {
  const db = new DatabaseSync(path)
  try {
    for (let from: number | undefined = after; from !== undefined; ) {
      try {
        for (const { seq, id, state, body } of rowsAfter(db, from)) {
          from = Math.max(from, Number(seq))
          const whole = typeof id === 'string' && typeof body === 'string' && (state === 'held' || state === 'queued')
          yield whole ? { seq: from, id, state, body } : undefined
        }
        return
      } catch (error) {
        if (!isDamage(error)) throw error
        from = behindDamage(db, from)
      }
    }
  } finally {
    db.close()
  }
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
    if (!isDamage(error)) throw error
  }
  return taken
}

/** What of devices and of the hub itself can be read. Throws what SQLite throws when the file can't be looked at now. */
export function savedFacts(path: string): SavedFacts {
  const db = new DatabaseSync(path)
  try {
    return {
      memory: readable(db, 'SELECT device, key, value FROM device_memory', ({ device, key, value }) =>
        typeof device === 'string' &&
        typeof key === 'string' &&
        (typeof value === 'string' || typeof value === 'number')
          ? { device, key, value }
          : undefined,
      ),
      notes: readable(db, 'SELECT name, value FROM notes', ({ name, value }) =>
        typeof name === 'string' && typeof value === 'string' && !BELONGS_TO_FILE.has(name)
          ? { name, value }
          : undefined,
      ),
    }
  } finally {
    db.close()
  }
}
