import { createHash } from 'node:crypto'
import type { Journal } from './journal.ts'

/**
 * What can't be read is kept as it came, so that a person can look at it: within bounds, since a hub that is at fault
 * or in foreign hands may send it without end.
 */

/**
 * Kept of one hub in one day (UTC). The worst honest day, on which every reading is malformed, has 96 spot checks and a
 * night of 3,600 slips of a finger, a reading of 1 kB each.
 */
export const QUARANTINE_PER_DAY = { entries: 5_000, bytes: 8 * 1024 * 1024 } as const

interface Quarantined {
  readonly hub: string
  readonly epoch?: string
  readonly first?: number
  readonly last?: number
  readonly reason: string
  /** ISO 8601 UTC. */
  readonly at: string
  readonly payload: Uint8Array
}

/**
 * kept: new. known: the same is kept already (a hub repeats until it has a receipt). left-out: beyond the bound of the
 * day, its bytes are gone; counted, and folded into the day's digest. full: the first of the day that was left out.
 */
export type QuarantineFate = 'kept' | 'known' | 'left-out' | 'full'

/** Runs inside the caller's transaction. */
export type Quarantine = (what: Quarantined) => QuarantineFate

const sha256 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

export function openQuarantine(journal: Journal, bounds: { entries: number; bytes: number }): Quarantine {
  const sql = (text: string) => journal.database.prepare(text)
  const isKept = sql('SELECT 1 AS kept FROM quarantine WHERE hub = ? AND digest = ?')
  const insert = sql(
    'INSERT INTO quarantine (hub, epoch, first, last, reason, at, digest, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const selectDay = sql('SELECT entries, bytes, left_out, chain FROM quarantine_days WHERE hub = ? AND day = ?')
  const upsertDay = sql(
    `INSERT INTO quarantine_days (hub, day, entries, bytes, left_out, chain) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET entries = excluded.entries, bytes = excluded.bytes, left_out = excluded.left_out,
       chain = excluded.chain`,
  )

  return ({ hub, epoch, first, last, reason, at, payload }) => {
    const digest = sha256(`${epoch ?? ''}:${first ?? ''}:`, payload)
    if (isKept.get(hub, digest) !== undefined) return 'known'
    const day = at.slice(0, 10)
    const row = selectDay.get(hub, day)
    const [entries, bytes, leftOut] = [
      Number(row?.['entries'] ?? 0),
      Number(row?.['bytes'] ?? 0),
      row?.['left_out'] ?? 0,
    ]
    const chain = String(row?.['chain'] ?? '')
    if (entries < bounds.entries && bytes + payload.length <= bounds.bytes) {
      insert.run(hub, epoch ?? null, first ?? null, last ?? null, reason, at, digest, payload)
      upsertDay.run(hub, day, entries + 1, bytes + payload.length, leftOut, chain)
      return 'kept'
    }
    upsertDay.run(hub, day, entries, bytes, Number(leftOut) + 1, sha256(chain, digest))
    return leftOut === 0 ? 'full' : 'left-out'
  }
}
