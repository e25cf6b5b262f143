import type { DatabaseSync } from 'node:sqlite'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { isBeyondRetry } from './outbox-file.ts'

interface Job {
  readonly run: () => () => void
  readonly reject: (error: unknown) => void
}

/**
 * Everything that is asked for in one turn of the event loop becomes one transaction and one fsync: a burst of records
 * costs the card one write. A promise resolves only when its work is on the disk.
 */
export class GroupCommit {
  readonly #db: DatabaseSync
  readonly #onBroken: (error: PreCareError) => void
  #jobs: Job[] = []
  #scheduled = false

  /** @param onBroken called when the file can't be trusted any more and must be opened anew */
  constructor(db: DatabaseSync, onBroken: (error: PreCareError) => void) {
    this.#db = db
    this.#onBroken = onBroken
  }

  /** Rejects with PreCareError 'store-failed' when the transaction failed: nothing of it has happened. */
  run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const run = () => {
        const result = work()
        return () => resolve(result)
      }
      this.#jobs.push({ run, reject })
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(() => this.flush())
    })
  }

  /** Commits now what is waiting. */
  flush(): void {
    this.#scheduled = false
    const jobs = this.#jobs
    if (jobs.length === 0) return
    this.#jobs = []
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      const settle = jobs.map((job) => job.run())
      this.#db.exec('COMMIT')
      for (const resolve of settle) resolve()
    } catch (error) {
      const failure = new PreCareError('store-failed', messageOf(error), { cause: error })
      try {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      } catch (second) {
        this.#onBroken(new PreCareError('store-failed', `rollback failed: ${messageOf(second)}`, { cause: second }))
      }
      for (const job of jobs) job.reject(failure)
      if (isBeyondRetry(error)) this.#onBroken(failure)
    }
  }
}
