import type { DatabaseSync } from 'node:sqlite'
import type { Receipt } from '../broker/contract/messages.ts'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import type { Ballast } from './ballast.ts'
import { GroupCommit } from './group-commit.ts'
import type { HubClock } from './hub-clock.ts'
import { completeReading, type ReadingDraft, type TimeKnown } from './make-reading.ts'
import type { AsideReason } from './outbox-aside.ts'
import { countsOf, earliestUnsent, lastSequence, type OutboxCounts, oldestUnsent } from './outbox-figures.ts'
import { isFull, openOutboxFile } from './outbox-file.ts'
import { OutboxNotes, type SavedFacts, takeFacts } from './outbox-notes.ts'
import { OutboxQueue, type Run, type RunLimit } from './outbox-queue.ts'
import { MAX_PAGES, OutboxRoom } from './outbox-room.ts'
import { completePage, count, has, insertRow, keepRejected, type Rejected } from './outbox-rows.ts'
import type { SavedRow } from './outbox-salvage.ts'
import { preparedOnce, type Sql } from './outbox-sql.ts'
import { renewStamp } from './outbox-stamp.ts'
import { Takeover } from './outbox-takeover.ts'
import { dateSome, FORGET_AT_ONCE, forgetSome } from './retention.ts'

/**
 * What the hub has heard and the broker has not yet confirmed, on disk. A row is forgotten only on the broker's receipt,
 * and even then kept for a while. `decoded = receipted + unsent + duplicate` holds at every moment.
 */

export type { Run } from './outbox-queue.ts'
export type { Rejected } from './outbox-rows.ts'

/**
 * Readings of a live stream share a commit with those of the next two minutes. On a night with a reading every ten
 * seconds each commit costs the card some 27 kB and each reading another 10 kB (`npm run bench -- wear`: 123 MB without
 * sharing, 67 MB at 30 s, 54 MB at 60 s, from an empty outbox with ids in no order; the budget is 50). The price: at a
 * power cut up to two minutes of a live stream are lost, and a second reading of the device within two minutes reaches the
 * broker up to two minutes later; the first one is stored and sent at once. Nothing that a device was told "received"
 * about waits.
 */
const LIVE_WAITS_MS = 120_000
/** A second or two of a small computer with a slow card; the rounds of housekeeping must go on in between. */
const HELD_PAGES_AT_ONCE = 20

/** What one record of a device brings: stored in one transaction, or not at all. */
export interface Arrival {
  readonly device: string
  readonly drafts: readonly ReadingDraft[]
  readonly rejected?: readonly Rejected[]
  readonly remember?: Readonly<Record<string, number | string>>
  /** Nothing of it is confirmed to a device: it may wait {@link LIVE_WAITS_MS} for its commit. */
  readonly live?: boolean
}
export interface Appended {
  readonly stored: number
  readonly duplicate: number
}

export interface OutboxOptions {
  /** What the hub knows of the time now; undefined while it knows nothing. */
  readonly time: () => TimeKnown | undefined
  readonly randomHex: (bytes: number) => string
  /** The file can't be trusted any more: restart the process. */
  readonly onBroken?: (error: PreCareError) => void
  /** Room kept free on the disk, for emptying it. */
  readonly ballast?: Ballast
  /** Of 4 KiB. */
  readonly maxPages?: number
  /** The machine's own number, where it has one. */
  readonly machine?: string
  /** A file that can't be read is set aside; else, by default, it is tried again by the next process. */
  readonly giveUpUnreadable?: boolean
  /** Without one every commit is made at once. */
  readonly clock?: Pick<HubClock, 'now' | 'setTimeout'>
}

export interface OpenedOutbox {
  readonly outbox: Outbox
  /** Present when the file could not be gone on with: where it was put. Its unsent rows are still to be taken over. */
  readonly damaged?: { readonly setAside: string; readonly why: AsideReason }
}

/** @throws PreCareError 'store-failed' */
export function openOutbox(path: string, options: OutboxOptions): OpenedOutbox {
  const { ballast, machine } = options
  const { db, settled, setAside } = openOutboxFile(path, {
    tag: options.randomHex(4),
    ...(machine === undefined ? {} : { machine }),
    ...(ballast === undefined ? {} : { makeRoom: () => ballast.release() }),
    ...(options.giveUpUnreadable === true ? { giveUpUnreadable: true } : {}),
  })
  const outbox = new Outbox(db, settled, path, options)
  if (setAside === undefined) return { outbox }
  return { outbox, damaged: { setAside: setAside.path, why: setAside.why } }
}

export class Outbox {
  readonly epoch: string
  readonly #db: DatabaseSync
  readonly #path: string
  readonly #options: OutboxOptions
  readonly #commits: GroupCommit
  readonly room: OutboxRoom
  readonly notes: OutboxNotes
  /** Of readings in files that were set aside. */
  readonly takeover: Takeover
  readonly #sql: Sql
  readonly #queue: OutboxQueue
  /** Commits after which no row was held. */
  #noneHeld: number | undefined

  constructor(db: DatabaseSync, settled: boolean, path: string, options: OutboxOptions) {
    this.#db = db
    this.#path = path
    this.#options = options
    this.#sql = preparedOnce(db, (error) => options.onBroken?.(error))
    this.room = new OutboxRoom(db, options.ballast, options.maxPages ?? MAX_PAGES)
    this.#commits = new GroupCommit(db, this.room, (error) => options.onBroken?.(error), {
      settled,
      clock: options.clock,
    })
    this.#queue = new OutboxQueue(this.#sql, this.#commits, (error) => options.onBroken?.(error))
    this.notes = new OutboxNotes(this.#sql, this.#commits, () => options.time()?.now)
    const known = this.notes.get('epoch')
    this.epoch = known ?? options.randomHex(8)
    if (known === undefined) this.notes.write('epoch', this.epoch)
    this.takeover = new Takeover(path, this.#sql, this.#commits, this.notes)
    if (this.takeover.pending) this.#takeFacts()
  }

  /** Makes what is on the disk now the only state to go on from: an earlier copy put back later is then noticed. */
  renewStamp(): void {
    renewStamp(this.#db, this.#path, this.#options.machine, this.#options.randomHex(4))
  }

  /** Resolves when everything of it is on the disk; then, and not before, may the device be told. */
  append(arrival: Arrival): Promise<Appended> {
    return this.#commits.run(
      'intake',
      () => this.#take(arrival),
      arrival.live === true ? { of: arrival.device, ms: LIVE_WAITS_MS } : undefined,
    )
  }

  /** Commits at once what waits to share a commit. */
  commitNow(): void {
    this.#commits.flush()
  }

  #take(arrival: Arrival): Appended {
    const known = this.#options.time()
    // Rows without time first: few enough of them are then queued in the order of their numbers.
    if (known !== undefined) completePage(this.#sql, known)
    let duplicate = 0
    for (const draft of arrival.drafts) {
      // Asked first: a conflicting INSERT would use up a sequence number, and a gap is an alarm.
      if (has(this.#sql, draft.reading.id)) duplicate += 1
      else if (known === undefined) insertRow(this.#sql, draft.reading.id, 'held', JSON.stringify(draft))
      else insertRow(this.#sql, draft.reading.id, 'queued', JSON.stringify(completeReading(draft, known, false)))
    }
    for (const rejected of arrival.rejected ?? []) keepRejected(this.#sql, arrival.device, rejected)
    for (const [key, value] of Object.entries(arrival.remember ?? {})) {
      this.#sql('INSERT OR REPLACE INTO device_memory (device, key, value) VALUES (?, ?, ?)').run(
        arrival.device,
        key,
        value,
      )
    }
    count(this.#sql, 'decoded', arrival.drafts.length)
    count(this.#sql, 'duplicate', duplicate)
    if (known !== undefined) this.notes.write('wall', String(known.now))
    return { stored: arrival.drafts.length - duplicate, duplicate }
  }

  /** Gives held rows their times, once the hub knows the time. Resolves with how many: call again until there are none. */
  async completeHeld(): Promise<number> {
    let total = 0
    for (let page = 0; page < HELD_PAGES_AT_ONCE && this.#holds(); page += 1) {
      const known = this.#options.time()
      if (known === undefined) break
      total += await this.#commits.run('drain', () => completePage(this.#sql, known))
    }
    return total
  }

  /** Asked every second, day and night: read again only after a commit. */
  #holds(): boolean {
    const { made } = this.#commits
    if (this.#noneHeld === made) return false
    const held = this.#sql(`SELECT 1 FROM rows WHERE state = 'held' LIMIT 1`).get() !== undefined
    if (!held) this.#noneHeld = made
    return held
  }

  /** The first consecutive unsent rows within from..to; undefined when there is none. Always at least one row. */
  run(from: number, to: number, limit: RunLimit): Run | undefined {
    return this.#queue.run(from, to, limit)
  }

  /** Marks first..last as stored by the broker. Resolves with the number of rows that were waiting for it. */
  receipt({ epoch, first, last }: Receipt): Promise<number> {
    if (epoch !== this.epoch) return Promise.resolve(0)
    return this.#commits.run('drain', () => {
      const { changes } = this.#sql(
        `UPDATE rows SET state = 'receipted', receipted_at = ? WHERE state = 'queued' AND seq BETWEEN ? AND ?`,
      ).run(this.#options.time()?.now ?? null, first, last)
      count(this.#sql, 'receipted', Number(changes))
      return Number(changes)
    })
  }

  /** What earlier visits asked to remember about a device. */
  memory(device: string): Record<string, number | string> {
    const rows = this.#sql('SELECT key, value FROM device_memory WHERE device = ?').all(device)
    return Object.fromEntries(
      rows.map(({ key, value }) => [String(key), typeof value === 'number' ? value : String(value)]),
    )
  }

  counts(): OutboxCounts {
    return countsOf(this.#sql)
  }

  lastSequence(): number {
    return lastSequence(this.#sql)
  }

  oldestUnsent(): ReturnType<typeof oldestUnsent> {
    return oldestUnsent(this.#sql)
  }

  earliestUnsent(): string {
    return this.takeover.pending ? 'unknown' : earliestUnsent(this.#sql)
  }

  /** One reading; undefined when it is not (or no longer) here. `body` is a draft while it is held. Times in unix ms. */
  find(id: string): { readonly held: boolean; readonly body: string; readonly receiptedAt?: number } | undefined {
    const row = this.#sql('SELECT state, body, receipted_at FROM rows WHERE id = ?').get(id)
    if (row === undefined) return undefined
    const receiptedAt = row['receipted_at']
    const receipt = typeof receiptedAt === 'number' ? { receiptedAt } : {}
    return { held: row['state'] === 'held', body: String(row['body']), ...receipt }
  }

  /** Writes to the disk. A full one is no failure: the health says that, and no restart would help. */
  async prove(): Promise<void> {
    try {
      await this.#commits.run('drain', () => this.notes.write('proven', String(this.#options.time()?.now ?? 0)))
    } catch (error) {
      if (!(error instanceof Error && isFull(error.cause))) throw error
    }
  }

  /**
   * Deletes receipted rows older than `days`; none while the time is not known. Resolves with how many: with
   * {@link FORGET_AT_ONCE} there may be more.
   */
  async prune(days: number): Promise<number> {
    const now = this.#options.time()?.now
    if (now === undefined) return 0
    while (await this.#commits.run('drain', () => dateSome(this.#db, now)));
    for (let total = 0; ; ) {
      const { count: forgotten, more } = await this.#commits.run('drain', () => forgetSome(this.#db, now, days))
      total += forgotten
      if (!more || total >= FORGET_AT_ONCE) return total
    }
  }

  /** Fills a new outbox with what a backup holds. */
  restore({ rows, ...facts }: { readonly rows: readonly Omit<SavedRow, 'seq'>[] } & SavedFacts): Promise<void> {
    return this.#commits.run('intake', () => {
      for (const { id, state, body } of rows) insertRow(this.#sql, id, state, body)
      count(this.#sql, 'decoded', rows.length)
      takeFacts(this.#sql, facts)
    })
  }

  /** Commits what waits and closes the file. */
  close(): void {
    this.#commits.flush()
    this.takeover.close()
    this.#db.close()
  }

  /** Before anything new is known. A disk without room lets the hub up all the same. */
  #takeFacts(): void {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      this.takeover.takeFacts()
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      if (!isFull(error)) throw new PreCareError('store-failed', messageOf(error), { cause: error })
    }
  }
}
