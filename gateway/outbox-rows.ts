import { completeReading, type ReadingDraft, readingDraftSchema, type TimeKnown } from './make-reading.ts'
import type { Sql } from './outbox-sql.ts'

/**
 * The rows of the outbox, read with the suspicion that a worn card deserves. What writes does so within a transaction of
 * the caller's.
 */

export interface Rejected {
  readonly source: string
  readonly reason: string
  readonly bytes: Uint8Array
  readonly bootId: string
  readonly heardAt: number
}

/** Of the newest rejected records; older ones give way (they are diagnostics, the device's own memory aside). */
const MAX_REJECTED_ROWS = 2_000
/** One ATT value has at most 512 bytes (Core, Vol 3, Part F, 3.2.9); serial frames are shorter than this too. */
const MAX_REJECTED_BYTES = 4_096
const MAX_REASON_CHARS = 200
/** Given their times in one transaction: some 100 kB of log, and a few milliseconds in which nothing else is heard. */
export const HELD_PAGE = 100

/** Whether a reading is here, sent or not. */
export function has(sql: Sql, id: string): boolean {
  return sql('SELECT 1 FROM rows WHERE id = ?').get(id) !== undefined
}

export function insertRow(sql: Sql, id: string, state: 'held' | 'queued', body: string): void {
  sql('INSERT INTO rows (id, state, body) VALUES (?, ?, ?)').run(id, state, body)
}

/** Gives the oldest held rows their times, {@link HELD_PAGE} at most. Gives back how many. */
export function completePage(sql: Sql, known: TimeKnown): number {
  const held = sql(`SELECT seq, body FROM rows WHERE state = 'held' ORDER BY seq LIMIT ${HELD_PAGE}`).all()
  for (const { seq, body } of held) {
    const number = Number(seq)
    const draft = readDraft(String(body))
    if (draft === undefined) {
      giveUp(sql, number, String(body))
      continue
    }
    const reading = JSON.stringify(completeReading(draft, known, true))
    sql(`UPDATE rows SET state = 'queued', body = ? WHERE seq = ?`).run(reading, number)
  }
  return held.length
}

/** A row that can't be read must not stop the others. The gap in the numbers shows that something is missing. */
export function giveUp(sql: Sql, seq: number, body: string): void {
  if (sql(`DELETE FROM rows WHERE seq = ? AND state <> 'receipted'`).run(seq).changes === 0) return
  // From one count to the other: what was a reading is only bytes now.
  count(sql, 'decoded', -1)
  const bytes = Buffer.from(body)
  keepRejected(sql, 'unknown', { source: 'outbox', reason: 'store-corrupt', bytes, bootId: '', heardAt: 0 })
}

export function count(sql: Sql, name: 'decoded' | 'duplicate' | 'receipted' | 'rejected', by: number): void {
  if (by === 0) return
  sql(
    'INSERT INTO counters (name, count) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + excluded.count',
  ).run(name, by)
}

/** Undefined when it can't be read. */
function readDraft(body: string): ReadingDraft | undefined {
  return readingDraftSchema.safeParse(parsed(body)).data
}

/** SQLite's check of a file looks at its structure, not at the bytes within a row. */
export function isWhole(body: string, id: string): boolean {
  const reading = parsed(body)
  return typeof reading === 'object' && reading !== null && 'id' in reading && reading.id === id
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Keeps bytes that could not be read, and counts them, for the people who can find out why. */
export function keepRejected(sql: Sql, device: string, rejected: Rejected): void {
  const { source, reason, bytes, bootId, heardAt } = rejected
  const hex = Buffer.from(bytes.subarray(0, MAX_REJECTED_BYTES)).toString('hex')
  const insert = 'INSERT INTO rejected (device, source, reason, hex, boot_id, heard_at) VALUES (?, ?, ?, ?, ?, ?)'
  sql(insert).run(device, source, reason.slice(0, MAX_REASON_CHARS), hex, bootId, heardAt)
  sql('DELETE FROM rejected WHERE number <= (SELECT MAX(number) FROM rejected) - ?').run(MAX_REJECTED_ROWS)
  count(sql, 'rejected', 1)
}
