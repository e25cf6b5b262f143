import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { migrate } from './outbox-schema.ts'

/** Opening the outbox's file, and what is done when it is damaged: set aside, never deleted, and what is left is saved. */

/** Only the hub's own user may read readings. */
const OWNER_ONLY = 0o600
const OWNER_ONLY_FOLDER = 0o700
/** Another process (a backup, doctor) holds the file for moments only. */
const BUSY_TIMEOUT_MS = 5_000
/** 1 GiB of 4 KiB pages: years of spot checks, months of continuous oximetry; past it the hub refuses, loudly. */
const MAX_PAGES = 262_144

const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

/** SQLite's primary result code of an error that `node:sqlite` threw. */
function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}

/**
 * After EIO from fsync nobody knows which pages reached the disk, and a second fsync would not tell ("fsyncgate", 2018):
 * the file must be opened anew. A damaged file likewise.
 */
export function isBeyondRetry(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === SQLITE_IOERR || code === SQLITE_CORRUPT || code === SQLITE_NOTADB
}

function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB
}

function openChecked(path: string): DatabaseSync | 'damaged' {
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
  try {
    const verdict = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (verdict !== 'ok') {
      db.close()
      return 'damaged'
    }
    // FULL: with NORMAL a power cut takes the last commits along, which a device was already told are safe.
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA max_page_count = ${MAX_PAGES}`)
    migrate(db)
    return db
  } catch (error) {
    db.close()
    if (isDamage(error)) return 'damaged'
    throw error
  }
}

export interface OpenedFile {
  readonly db: DatabaseSync
  /** Where the damaged file was put, when it was damaged. */
  readonly setAside?: string
}

/**
 * @param tag makes the name of a file set aside unique
 * @throws PreCareError 'store-failed'
 */
export function openOutboxFile(path: string, tag: string): OpenedFile {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER })
    closeSync(openSync(path, 'a', OWNER_ONLY))
    chmodSync(path, OWNER_ONLY)
    const opened = openChecked(path)
    if (opened !== 'damaged') return { db: opened }
    const setAside = `${path}.damaged-${tag}`
    // The write-ahead log goes along under the matching name: its last commits belong to the damaged file.
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, setAside + suffix)
    }
    closeSync(openSync(path, 'a', OWNER_ONLY))
    const fresh = openChecked(path)
    if (fresh === 'damaged')
      throw new PreCareError('store-failed', 'a new outbox is damaged at once: the disk is at fault')
    return { db: fresh, setAside }
  } catch (error) {
    if (error instanceof PreCareError) throw error
    throw new PreCareError('store-failed', `the outbox cannot be opened: ${messageOf(error)}`, { cause: error })
  }
}

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
