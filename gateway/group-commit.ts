import type { DatabaseSync } from 'node:sqlite'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import type { HubClock } from './hub-clock.ts'
import { isBeyondRetry, isFull, settleLog } from './outbox-file.ts'
import type { OutboxRoom } from './outbox-room.ts'

/** intake: brings something new. drain: marks or deletes, so that a full disk can empty itself. */
export type Purpose = 'intake' | 'drain'

/** Work that may wait to share a commit with what comes. */
export interface Patience {
  /** Whose work it is: each has its first commit at once. */
  readonly of: string
  readonly ms: number
}

interface Job {
  readonly purpose: Purpose
  readonly patience: Patience | undefined
  readonly run: () => () => void
  readonly reject: (error: unknown) => void
}

type WaitingClock = Pick<HubClock, 'now' | 'setTimeout'>

/** So many that wait are committed without waiting longer: what is in memory only must stay little. */
const MOST_WAITING = 64

/**
 * Everything that is asked for in one turn of the event loop becomes one transaction and one fsync: a burst of records
 * costs the card one write. Work that may wait is committed at once when none of its kind was within its patience, else
 * at the end of that; something new that can't wait takes along what waits. A mark does not: on a slow line the receipt of
 * each reading would commit and send the next one alone. A promise resolves only when its work is on the disk.
 */
export class GroupCommit {
  readonly #db: DatabaseSync
  readonly #room: OutboxRoom
  readonly #onBroken: (error: PreCareError) => void
  readonly #clock: WaitingClock | undefined
  #settled: boolean
  #jobs: Job[] = []
  #scheduled: 'no' | 'marks' | 'all' = 'no'
  #waiting: { cancel(): void } | undefined
  readonly #patientAt = new Map<string, number>()
  #made = 0

  /**
   * @param onBroken called when the file can't be trusted any more and must be opened anew
   * @param parts `settled`: false when the last process's log could not be carried into the database yet, and nothing
   *   new is taken; `clock`: without one nothing waits
   */
  constructor(
    db: DatabaseSync,
    room: OutboxRoom,
    onBroken: (error: PreCareError) => void,
    { settled = true, clock }: { readonly settled?: boolean; readonly clock?: WaitingClock | undefined } = {},
  ) {
    this.#db = db
    this.#room = room
    this.#onBroken = onBroken
    this.#clock = clock
    this.#settled = settled
  }

  /**
   * Rejects with PreCareError 'store-failed' when the transaction failed: nothing of it has happened.
   *
   * @param patience absent for work that is committed at once
   */
  run<T>(purpose: Purpose, work: () => T, patience?: Patience): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const run = () => {
        const result = work()
        return () => resolve(result)
      }
      this.#jobs.push({ purpose, patience, run, reject })
      const waitMs = this.#jobs.length < MOST_WAITING ? this.#mayWait(patience) : 0
      if (waitMs > 0) {
        this.#waiting ??= this.#clock?.setTimeout(() => this.flush(), waitMs)
        return
      }
      if (this.#scheduled === 'no')
        setImmediate(() => (this.#scheduled === 'marks' ? this.#flushMarks() : this.flush()))
      if (this.#scheduled !== 'all') this.#scheduled = purpose === 'intake' ? 'all' : 'marks'
    })
  }

  /** Commits so far: what was read from the file stands while it is the same, as nobody else writes there. */
  get made(): number {
    return this.#made
  }

  #flushMarks(): void {
    this.#scheduled = 'no'
    const marks = this.#jobs.filter(({ purpose }) => purpose === 'drain')
    this.#jobs = this.#jobs.filter(({ purpose }) => purpose === 'intake')
    this.#drain(marks)
  }

  #mayWait(patience: Patience | undefined): number {
    if (patience === undefined || this.#clock === undefined) return 0
    const last = this.#patientAt.get(patience.of) ?? Number.NEGATIVE_INFINITY
    return last + patience.ms - this.#clock.now()
  }

  /** Commits now what is waiting. */
  flush(): void {
    this.#scheduled = 'no'
    this.#waiting?.cancel()
    this.#waiting = undefined
    const jobs = this.#jobs
    this.#jobs = []
    for (const { patience } of jobs) {
      if (patience !== undefined && this.#clock !== undefined) this.#patientAt.set(patience.of, this.#clock.now())
    }
    const intake = jobs.filter(({ purpose }) => purpose === 'intake')
    const drain = jobs.filter(({ purpose }) => purpose === 'drain')
    if (intake.length > 0 && !this.#room.mayTake()) this.#refuse(intake, noRoom())
    else if (intake.length > 0) {
      const failure = this.#commit(jobs, !this.#settled)
      if (failure === undefined) this.#room.noteTaken()
      else this.#refuse(maySend(failure) ? intake : jobs, failure)
      if (failure === undefined || !maySend(failure)) return
    }
    if (drain.length > 0) this.#drain(drain)
  }

  #drain(jobs: readonly Job[]): void {
    const failure = this.#commit(jobs)
    if (failure === undefined) return
    const second = isFull(failure.cause) ? this.#room.withReserve((first) => this.#commit(jobs, first)) : failure
    if (second !== undefined) this.#refuse(jobs, second)
  }

  #refuse(jobs: readonly Job[], failure: PreCareError): void {
    if (jobs.some(({ purpose }) => purpose === 'intake') && isNoRoom(failure)) this.#room.noteRefused()
    for (const job of jobs) job.reject(failure)
  }

  /**
   * The log that the last process left may be as long as it gets and the disk full: the database has then no room to
   * grow by it, and draining, which fits into the log, never asks for the reserve. So it is asked for here.
   */
  #settle(): boolean {
    try {
      return settleLog(this.#db, this.#settled)
    } catch (error) {
      const settled = isFull(error) && !this.#settled ? this.#room.borrow(() => settleLog(this.#db, false)) : undefined
      if (settled === undefined) throw error
      return settled
    }
  }

  /** Undefined when it is on the disk. @param emptyLog moves the log into the database first, to cut it to nothing */
  #commit(jobs: readonly Job[], emptyLog = false): PreCareError | undefined {
    try {
      if (emptyLog && this.#settle()) this.#settled = true
      if (!this.#settled && jobs.some(({ purpose }) => purpose === 'intake')) throw new Error(UNSETTLED)
      this.#db.exec('BEGIN IMMEDIATE')
      const settle = jobs.map((job) => job.run())
      this.#db.exec('COMMIT')
      this.#made += 1
      for (const resolve of settle) resolve()
      return undefined
    } catch (error) {
      const failure = new PreCareError('store-failed', messageOf(error), { cause: error })
      try {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      } catch (second) {
        this.#onBroken(new PreCareError('store-failed', `rollback failed: ${messageOf(second)}`, { cause: second }))
      }
      if (isBeyondRetry(error)) this.#onBroken(failure)
      return failure
    }
  }
}

const UNSETTLED = 'another process holds the outbox, and its log may hold what is not on the disk'
/** What was new is refused; what the broker has can be marked all the same. */
const maySend = (failure: PreCareError): boolean => isFull(failure.cause) || failure.message === UNSETTLED
const NO_ROOM = 'the disk is full; what room is left serves to empty it'
const noRoom = (): PreCareError => new PreCareError('store-failed', NO_ROOM)
const isNoRoom = (failure: PreCareError): boolean => failure.message === NO_ROOM || isFull(failure.cause)
