import { createHash } from 'node:crypto'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { base32 } from '../base32.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import type { Audit, AuditEntry } from './entry.ts'

/**
 * The audit as kept: table `audit` of the journal, each row bound to the one before by
 * `hash = SHA-256(previous hash | row)`, so that no row can be changed, taken out or put in without a trace (Crosby and
 * Wallach, Efficient Data Structures for Tamper-Evident Logging, 2009, 2).
 */

/** What MinLog2 calls the system that logs. */
const SYSTEM = 'precare-broker'
/** Before the first row. */
export const GENESIS = 'a'.repeat(52)

/** In the order in which they are hashed. `position` is not: a row is bound to its neighbour, not to its number. */
export const COLUMNS = [
  'at',
  'system',
  'actor_type',
  'actor',
  'role',
  'organisation',
  'on_behalf_of',
  'action',
  'criticality',
  'citizen',
  'subject',
  'kinds',
  'from_at',
  'to_at',
  'first_cursor',
  'last_cursor',
  'count',
  'purpose',
  'correlation',
] as const
export type Cell = string | number | null

/** SHA-256 over the previous hash and the row's cells as JSON, in base32 (52 characters). */
export function chained(previous: string, cells: readonly Cell[]): string {
  const digest = createHash('sha256')
    .update(`${previous}|${JSON.stringify(cells)}`)
    .digest()
  return base32(digest)
}

function cellsOf(entry: AuditEntry, at: string): Cell[] {
  const { actor, cursors } = entry
  return [
    at,
    SYSTEM,
    actor.type,
    actor.id,
    actor.role ?? null,
    actor.organisation ?? null,
    entry.onBehalfOf ?? null,
    entry.action,
    entry.criticality ?? 'routine',
    entry.citizen ?? null,
    entry.subject ?? null,
    // Of a list without one nothing was seen.
    entry.kinds?.join(',') || null,
    entry.from ?? null,
    entry.to ?? null,
    cursors?.[0] ?? null,
    cursors?.[1] ?? null,
    entry.count ?? null,
    entry.purpose ?? null,
    entry.correlation ?? null,
  ]
}

/** Longer is no id and no word of the house; all ten kinds are 119 characters. */
const MAX_CELL = 256
/** Ids, words, times, lists with commas: no blank, nothing but ASCII. A full name or a sentence does not fit. */
const CELL = /^[A-Za-z0-9][A-Za-z0-9.:_,/=+-]*$/

/**
 * @param clock wall time, ms since 1970 UTC
 * @returns appends a row, in the caller's transaction or one of its own; throws 'audit-failed' for an entry with
 *   something else than ids and words, and when the row cannot be written: then nothing may leave
 */
export function openTrail(journal: Journal, clock: { now(): number }): Audit {
  const head = journal.database.prepare('SELECT position, hash FROM audit ORDER BY position DESC LIMIT 1')
  const insert = journal.database.prepare(
    `INSERT INTO audit (position, ${COLUMNS.join(', ')}, hash) VALUES (?, ${COLUMNS.map(() => '?').join(', ')}, ?)`,
  )
  return (entry) => {
    const cells = cellsOf(entry, isoTime(clock.now()))
    for (const [index, cell] of cells.entries()) {
      if (typeof cell !== 'string' || (cell.length <= MAX_CELL && CELL.test(cell))) continue
      throw new PreCareError('audit-failed', `${COLUMNS[index]} holds something else than an id or a word`)
    }
    const append = () => {
      // Read anew each time: the command line writes to the same chain.
      const last = head.get()
      const hash = chained(String(last?.['hash'] ?? GENESIS), cells)
      try {
        insert.run(Number(last?.['position'] ?? 0) + 1, ...cells, hash)
      } catch (error) {
        throw new PreCareError('audit-failed', messageOf(error), { cause: error })
      }
    }
    if (journal.database.isTransaction) append()
    else journal.transaction(append)
  }
}
