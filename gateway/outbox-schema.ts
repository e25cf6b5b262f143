import type { DatabaseSync } from 'node:sqlite'
import { PreCareError } from '../device-drivers/errors.ts'

/** The outbox's tables. Steps are only ever appended: a hub in a home may be updated from any earlier version. */
const STEPS: readonly string[] = [
  `
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
]

/** Brings a file to the present version; refuses one that a newer version has written. */
export function migrate(db: DatabaseSync): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  if (version > STEPS.length) {
    throw new PreCareError('store-failed', `the outbox was written by a newer version (schema ${version})`)
  }
  STEPS.slice(version).forEach((step, index) => {
    db.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${version + index + 1}; COMMIT`)
  })
}
