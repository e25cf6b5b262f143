import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'

/**
 * An anchor says, outside the journal, which row the audit ended with at a time: whoever cuts the tail off, or writes
 * the whole chain anew, contradicts it. It goes to a file beside the journal and to the log, which an operator sends to
 * another machine; the copy there is the one that counts.
 */

/** NIST SP 800-92, 4.2: protect logs by digests kept apart; a day is what can be lost unseen at worst. */
export const ANCHOR_EVERY_MS = 24 * 3600_000

const anchorSchema = z.strictObject({
  at: z.string(),
  position: z.int().min(1),
  hash: z.string().regex(/^[a-z2-7]{52}$/),
})
export type Anchor = z.infer<typeof anchorSchema>

export const anchorPath = (dataDir: string): string => join(dataDir, 'audit-anchors.jsonl')

/** Appends an anchor for the newest row; undefined when there is none or it is anchored already. */
export function dropAnchor(journal: Journal, path: string, now: number): Anchor | undefined {
  const row = journal.database.prepare('SELECT position, hash FROM audit ORDER BY position DESC LIMIT 1').get()
  if (row === undefined) return undefined
  const anchor = { at: isoTime(now), position: Number(row['position']), hash: String(row['hash']) }
  if (readAnchors(path).at(-1)?.position === anchor.position) return undefined
  dropTornLine(path)
  appendFileSync(path, `${JSON.stringify(anchor)}\n`, { mode: 0o600, flush: true })
  return anchor
}

/** A line that a power cut left without its end was never an anchor, and must not spoil the next. */
function dropTornLine(path: string): void {
  if (!existsSync(path)) return
  const content = readFileSync(path)
  const whole = content.lastIndexOf(0x0a) + 1
  if (whole < content.length) truncateSync(path, whole)
}

/** @throws PreCareError 'audit-failed' naming the line that is no anchor; none when there is no file yet */
export function readAnchors(path: string): readonly Anchor[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  // Without a newline at its end the last line was cut off by a power cut and never counted.
  return lines.slice(0, -1).map((line, index) => {
    try {
      return anchorSchema.parse(JSON.parse(line))
    } catch (error) {
      throw new PreCareError(
        'audit-failed',
        `${path}: line ${index + 1} is no anchor (${messageOf(error).slice(0, 80)})`,
      )
    }
  })
}
