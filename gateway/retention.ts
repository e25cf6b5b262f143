import type { DatabaseSync } from 'node:sqlite'
import type { DiskAlarm } from './disk.ts'

/** While the disk fills, a week is still enough for a broker that is restored from last night's backup. */
const DAYS_WHILE_FILLING = 7

/**
 * How many days a reading is kept after the broker's receipt. That it is kept at all is a favour to a broker that lost
 * its disk; the room belongs to readings that are nowhere else. Unsent readings have no age.
 */
export function daysToKeep(configured: number, alarm: DiskAlarm): number {
  if (alarm === 'none') return configured
  return alarm === 'filling' ? Math.min(configured, DAYS_WHILE_FILLING) : 0
}

/** Deleted in one transaction: some fifty pages of log, which a full disk must have room for. */
const FORGET_ROWS = 200
/** Then the rounds of housekeeping must go on: a second or two of a small computer with a slow card. */
export const FORGET_AT_ONCE = 50 * FORGET_ROWS
const DAY_MS = 86_400_000

/**
 * What was receipted while the time was not known: its days count from now (Unix ms). Some rows, within a transaction of
 * the caller's; gives back whether there may be more.
 */
export function dateSome(db: DatabaseSync, now: number): boolean {
  const undated = `SELECT seq FROM rows WHERE state = 'receipted' AND receipted_at IS NULL LIMIT ${FORGET_ROWS}`
  return db.prepare(`UPDATE rows SET receipted_at = ? WHERE seq IN (${undated})`).run(now).changes === FORGET_ROWS
}

/**
 * Deletes the oldest rows that were receipted `days` before `now` (Unix ms), never an unsent one. Some rows, within a
 * transaction of the caller's; gives back how many, and whether there may be more.
 */
export function forgetSome(
  db: DatabaseSync,
  now: number,
  days: number,
): { readonly count: number; readonly more: boolean } {
  const old = `SELECT seq FROM rows WHERE state = 'receipted' AND receipted_at <= ? ORDER BY seq LIMIT ${FORGET_ROWS}`
  const count = Number(db.prepare(`DELETE FROM rows WHERE seq IN (${old})`).run(now - days * DAY_MS).changes)
  return { count, more: count === FORGET_ROWS }
}
