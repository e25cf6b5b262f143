import { readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { writeDurably } from './durable-file.ts'

/**
 * Tells an outbox that went on from one that was put back: a file restored from a backup or a card's image counts its
 * sequence numbers a second time, and must do so under a new epoch.
 *
 * A random stamp stands in a file beside the database and in the database, and is renewed at each opening and every few
 * hours. The new stamp is written to the database first ('stamp-next'), then to the file, so that after a power cut at
 * any point the file holds one of the database's two. An older database holds neither of them. The machine's own number
 * tells a whole card that went to another machine. A whole card put back into the same machine leaves no trace on it.
 */

/** Of the outbox at `path`. */
export const stampPath = (path: string): string => `${path}.stamp`

function note(db: DatabaseSync, name: string): string | undefined {
  const value = db.prepare('SELECT value FROM notes WHERE name = ?').get(name)?.['value']
  return typeof value === 'string' ? value : undefined
}

function fileStamp(path: string): string | undefined {
  try {
    return readFileSync(stampPath(path), 'utf8').trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** @param machine the machine's own number, where it has one */
export function wasPutBack(db: DatabaseSync, path: string, machine: string | undefined): boolean {
  const known = note(db, 'machine')
  if (machine !== undefined && known !== undefined && known !== machine) return true
  const stamp = fileStamp(path)
  // `stamp` is undefined also in a database that was never closed since it was made: its first file was never written.
  return stamp !== note(db, 'stamp') && stamp !== note(db, 'stamp-next')
}

/** Throws what SQLite and the file system throw; the stamps then still agree. */
export function renewStamp(db: DatabaseSync, path: string, machine: string | undefined, next: string): void {
  const present = fileStamp(path)
  db.exec('BEGIN IMMEDIATE')
  try {
    const set = db.prepare('INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)')
    if (present === undefined) db.exec(`DELETE FROM notes WHERE name = 'stamp'`)
    else set.run('stamp', present)
    set.run('stamp-next', next)
    if (machine !== undefined) set.run('machine', machine)
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
  writeDurably(stampPath(path), next)
  // The first one: from here on a database without its file beside it is one that was carried off.
  if (present === undefined) db.prepare(`INSERT OR REPLACE INTO notes (name, value) VALUES ('stamp', ?)`).run(next)
}
