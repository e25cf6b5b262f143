import type { PreCareError } from '../device-drivers/errors.ts'
import type { GroupCommit } from './group-commit.ts'
import { giveUp, isWhole } from './outbox-rows.ts'
import type { Sql } from './outbox-sql.ts'

/** Readings that wait for the broker, in the order of their numbers. */

/** Consecutive unsent readings; the i-th has sequence number `first + i`. */
export interface Run {
  readonly first: number
  /** JSON texts. */
  readonly bodies: readonly string[]
}

export interface RunLimit {
  readonly rows: number
  readonly bytes: number
}

export class OutboxQueue {
  readonly #sql: Sql
  readonly #commits: GroupCommit
  readonly #onBroken: (error: PreCareError) => void
  /** From this number on no row waited, after so many commits: an idle hub asks every two seconds, day and night. */
  #none = { from: Number.POSITIVE_INFINITY, commits: 0 }

  constructor(sql: Sql, commits: GroupCommit, onBroken: (error: PreCareError) => void) {
    this.#sql = sql
    this.#commits = commits
    this.#onBroken = onBroken
  }

  /** The first consecutive unsent rows within from..to; undefined when there is none. Always at least one row. */
  run(from: number, to: number, limit: RunLimit): Run | undefined {
    const commits = this.#commits.made
    if (commits === this.#none.commits && from >= this.#none.from) return undefined
    const select = this.#sql(
      `SELECT seq, id, body FROM rows WHERE state = 'queued' AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?`,
    )
    const rows = select.all(from, to, limit.rows)
    if (rows.length === 0 && to === Number.MAX_SAFE_INTEGER) this.#none = { from, commits }
    const bodies: string[] = []
    let first = 0
    let bytes = 0
    for (const row of rows) {
      const seq = Number(row['seq'])
      const body = String(row['body'])
      if (!isWhole(body, String(row['id']))) {
        this.#setApart(seq, body)
        if (bodies.length > 0) break
        continue
      }
      bytes += Buffer.byteLength(body)
      if (bodies.length === 0) first = seq
      else if (seq !== first + bodies.length || bytes > limit.bytes) break
      bodies.push(body)
    }
    return bodies.length === 0 ? undefined : { first, bodies }
  }

  /** Bytes turned over on the card: sent along, the row would spoil the message of the others. */
  #setApart(seq: number, body: string): void {
    this.#commits.run('drain', () => giveUp(this.#sql, seq, body)).catch(this.#onBroken)
  }
}
