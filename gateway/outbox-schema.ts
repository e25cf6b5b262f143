import type { DatabaseSync } from 'node:sqlite'
import { PreCareError } from '../device-drivers/errors.ts'

export interface OutboxSchema {
  readonly schema: number
  /** The oldest schema whose code can read and write a file of this one. */
  readonly readableFrom: number
}

/** One step to the next schema. */
export interface Step {
  readonly sql: string
  /**
   * A hub whose update is rolled back must go on with the file as the new release has left it. A step that adds keeps
   * the number of the step before; one that old code can't live with has its own, and no release with an older schema
   * can then be updated to it directly.
   */
  readonly readableFrom: number
}

/** The outbox's tables. Steps are only ever appended: a hub in a home may be updated from any earlier version. */
const STEPS: readonly Step[] = [
  {
    readableFrom: 1,
    sql: `
  -- One reading. body: while 'held' a draft (the hub did not know the time), else the reading as it is sent.
  CREATE TABLE rows (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('held', 'queued', 'receipted')),
    body TEXT NOT NULL,
    receipted_at INTEGER
  ) STRICT;
  CREATE INDEX rows_by_state ON rows (state, seq);

  -- Bytes that could not be read, kept for the people who can find out why.
  CREATE TABLE rejected (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    hex TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    heard_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE device_memory (
    device TEXT NOT NULL,
    key TEXT NOT NULL,
    value ANY NOT NULL,
    PRIMARY KEY (device, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE counters (name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  },
]

const readableFrom = (steps: readonly Step[]): number => steps.at(-1)?.readableFrom ?? 1

/** Of this code. */
export const OUTBOX_SCHEMA: OutboxSchema = { schema: STEPS.length, readableFrom: readableFrom(STEPS) }

/** Name of the note in which a file says who may still go on with it. */
const NOTE = 'schema-readable-from'

/**
 * Brings a file to the present version. One that a newer version has written is gone on with as it is, if that version
 * said that this one may.
 *
 * @param steps by default the outbox's own
 * @throws PreCareError 'store-failed' for a file that this version can't read
 */
export function migrate(db: DatabaseSync, steps: readonly Step[] = STEPS): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  if (version > steps.length) {
    const from = Number(db.prepare('SELECT value FROM notes WHERE name = ?').get(NOTE)?.['value'] ?? version)
    if (from <= steps.length) return
    throw new PreCareError('store-failed', `the outbox was written by a newer version (schema ${version})`)
  }
  steps.slice(version).forEach((step, index) => {
    const note = `INSERT OR REPLACE INTO notes (name, value) VALUES ('${NOTE}', '${step.readableFrom}')`
    db.exec(`BEGIN IMMEDIATE; ${step.sql}; ${note}; PRAGMA user_version = ${version + index + 1}; COMMIT`)
  })
}
