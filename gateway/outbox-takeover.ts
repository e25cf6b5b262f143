import { basename } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { isPreCareError, messageOf, PreCareError } from '../device-drivers/errors.ts'
import type { GroupCommit } from './group-commit.ts'
import { noLongerPending, pendingFiles } from './outbox-aside.ts'
import { type OutboxNotes, type SavedFacts, takeFacts } from './outbox-notes.ts'
import { count, has, insertRow } from './outbox-rows.ts'
import { type SavedRow, savedFacts, savedRows } from './outbox-salvage.ts'
import type { Sql } from './outbox-sql.ts'

/** Taken over in one transaction, and looked at before the event loop turns. */
const PAGE = 100
const LOOKED_AT = 2_000
/**
 * As many as are on their way at once (send-window.ts). More would stand between a reading measured now and the broker,
 * and would take the room of new ones on a disk that is nearly full; where they are they are as safe.
 */
const ENOUGH_UNSENT = 200
/** Of rows that need no saving: the rounds of housekeeping must go on in between. */
const PAGES_AT_ONCE = 10

const progressSchema = z.object({ after: z.int(), saved: z.int() })
type Progress = z.infer<typeof progressSchema>

/** A file that was gone through to its end. */
export interface TakenOver {
  readonly file: string
  readonly saved: number
}

interface Source {
  readonly file: string
  readonly rows: Generator<SavedRow | undefined>
  progress: Progress
}

/**
 * The unsent readings of files set aside, taken over little by little under new sequence numbers. How far it is stands
 * in the same transaction as the readings themselves, so that it goes on after a power cut as if there had been none.
 */
export class Takeover {
  readonly #sql: Sql
  readonly #commits: GroupCommit
  readonly #notes: OutboxNotes
  readonly #files: string[]
  #source: Source | undefined

  /** @param path of the outbox */
  constructor(path: string, sql: Sql, commits: GroupCommit, notes: OutboxNotes) {
    this.#files = pendingFiles(path)
    this.#sql = sql
    this.#commits = commits
    this.#notes = notes
  }

  /** Readings wait in a file that was set aside. */
  get pending(): boolean {
    return this.#files.length > 0
  }

  /**
   * What is known of devices and of the hub, before anything new is. Within a transaction of the caller's; what is known
   * already stays. A file that can't be looked at now has no say.
   */
  takeFacts(): void {
    for (const file of this.#files) takeFacts(this.#sql, factsOf(file))
  }

  /**
   * Takes over more, while few readings wait to be sent. Call again and again.
   *
   * @returns how many, and the file that is done with by it
   * @throws PreCareError 'store-failed' when there is no room, or the file can't be looked at now: nothing is lost by it
   */
  async some(): Promise<{ readonly taken: number; readonly done?: TakenOver }> {
    let taken = 0
    try {
      for (let page = 0; page < PAGES_AT_ONCE && this.#unsent() < ENOUGH_UNSENT; page += 1) {
        const [file] = this.#files
        if (file === undefined) break
        this.#source ??= this.#open(file)
        const rows = nextPage(this.#source.rows)
        if (rows === undefined) return { taken, done: await this.#finish(this.#source) }
        if (rows.length > 0) taken += await this.#take(this.#source, rows)
      }
      return { taken }
    } catch (error) {
      // What was read and not stored is read again.
      this.close()
      throw isPreCareError(error) ? error : new PreCareError('store-failed', messageOf(error), { cause: error })
    }
  }

  close(): void {
    this.#source?.rows.return(undefined)
    this.#source = undefined
  }

  #open(file: string): Source {
    const noted = this.#notes.get(noteOf(file))
    const progress = noted === undefined ? { after: 0, saved: 0 } : progressSchema.parse(JSON.parse(noted))
    return { file, progress, rows: savedRows(file, progress.after) }
  }

  #take(source: Source, rows: readonly SavedRow[]): Promise<number> {
    return this.#commits.run('intake', () => {
      let fresh = 0
      for (const { id, state, body } of rows) {
        if (has(this.#sql, id)) continue
        insertRow(this.#sql, id, state, body)
        fresh += 1
      }
      count(this.#sql, 'decoded', fresh)
      const { after, saved } = source.progress
      source.progress = { after: rows.at(-1)?.seq ?? after, saved: saved + fresh }
      this.#notes.write(noteOf(source.file), JSON.stringify(source.progress))
      return fresh
    })
  }

  async #finish({ file, progress }: Source): Promise<TakenOver> {
    this.close()
    const done = noLongerPending(file)
    this.#files.shift()
    await this.#commits.run('drain', () => this.#notes.forget(noteOf(file)))
    return { file: done, saved: progress.saved }
  }

  #unsent(): number {
    const some = `SELECT 1 FROM rows WHERE state IN ('held', 'queued') LIMIT ${ENOUGH_UNSENT}`
    return Number(this.#sql(`SELECT COUNT(*) AS count FROM (${some})`).get()?.['count'])
  }
}

/** For a look from outside: what files beside the outbox at `path` hold that `db`, the outbox, does not have yet. */
export function* waitingRows(path: string, db: DatabaseSync): Generator<SavedRow> {
  const known = db.prepare('SELECT 1 FROM rows WHERE id = ?')
  for (const file of pendingFiles(path)) {
    for (const row of savedRows(file)) if (row !== undefined && known.get(row.id) === undefined) yield row
  }
}

const noteOf = (file: string): string => `taken-over/${basename(file)}`

/** Undefined at the end. */
function nextPage(rows: Generator<SavedRow | undefined>): SavedRow[] | undefined {
  const page: SavedRow[] = []
  for (let looked = 0; looked < LOOKED_AT && page.length < PAGE; looked += 1) {
    const { done, value } = rows.next()
    if (done === true) return looked === 0 ? undefined : page
    if (value !== undefined) page.push(value)
  }
  return page
}

function factsOf(file: string): SavedFacts {
  try {
    return savedFacts(file)
  } catch (error) {
    // Of SQLite's: its readings are still pending, and taking them over says why it can't be looked at.
    if (error instanceof Error && 'errcode' in error) return { memory: [], notes: [] }
    throw error
  }
}
