import { type ReadingDraft, readingDraftSchema } from './make-reading.ts'
import type { Sql } from './outbox-sql.ts'

/** What a row of the outbox holds, read with the suspicion that a worn card deserves. */

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

/** The draft of a held row; undefined when it can't be read. */
export function readDraft(body: string): ReadingDraft | undefined {
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

/** Keeps bytes that could not be read, for the people who can find out why; within a transaction of the caller's. */
export function keepRejected(sql: Sql, device: string, rejected: Rejected): void {
  const { source, reason, bytes, bootId, heardAt } = rejected
  const hex = Buffer.from(bytes.subarray(0, MAX_REJECTED_BYTES)).toString('hex')
  const insert = 'INSERT INTO rejected (device, source, reason, hex, boot_id, heard_at) VALUES (?, ?, ?, ?, ?, ?)'
  sql(insert).run(device, source, reason.slice(0, MAX_REASON_CHARS), hex, bootId, heardAt)
  sql('DELETE FROM rejected WHERE number <= (SELECT MAX(number) FROM rejected) - ?').run(MAX_REJECTED_ROWS)
}
