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
export const FORGET_ROWS = 200
const DAY_MS = 86_400_000

/**
 * Deletes the oldest receipted rows, {@link FORGET_ROWS} at most; within a transaction of the caller's. Never an unsent
 * one. Gives back how many; none while the time is not known (`now` in Unix ms).
 */
export function forgetSome(db: DatabaseSync, now: number | undefined, days: number): number {
  if (now === undefined) return 0
  // Receipted while the time was not known: their days count from now.
  const undated = `SELECT seq FROM rows WHERE state = 'receipted' AND receipted_at IS NULL LIMIT ${FORGET_ROWS}`
  db.prepare(`UPDATE rows SET receipted_at = ? WHERE seq IN (${undated})`).run(now)
  const old = `SELECT seq FROM rows WHERE state = 'receipted' AND receipted_at <= ? ORDER BY seq LIMIT ${FORGET_ROWS}`
  return Number(db.prepare(`DELETE FROM rows WHERE seq IN (${old})`).run(now - days * DAY_MS).changes)
}
