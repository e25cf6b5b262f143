import type { StatementSync } from 'node:sqlite'
import { isPreCareError, messageOf, PreCareError } from '../device-drivers/errors.ts'
import type { RawReading } from '../device-drivers/reading.ts'
import { type Admitted, admitMessage, admitTyped, quarantineMessage } from './admit.ts'
import type { AlertLog } from './alerts/alert-log.ts'
import type { BrokerClock } from './broker-clock.ts'
import { type ClinicalCommits, type CommitParts, openClinicalCommits } from './clinical-commits.ts'
import type { Feeds } from './feeds.ts'
import { FollowUp } from './follow-up.ts'
import type { Outgoing } from './outgoing.ts'
import { type ParsedMessage, parseReadings } from './parse-readings.ts'
import { receiptsOf } from './receipts.ts'
import type { EpochState, HubCounts } from './store/hub-ledger.ts'

/** Bounds of one commit, about 800 readings: what an alert waits for behind it at worst (40 ms on two slow cores). */
const COMMIT_MESSAGES = 500
const COMMIT_BYTES = 512 * 1024

/**
 * From one commit to the next: the publisher hands out what the last one stored, and what comes meanwhile shares the next
 * fsync. Without it the commits of 500 readings/s fill the event loop, and an alert waits for a second; with it half as
 * many are made (`npm run bench -- alerts`). What comes after a rest is committed at once.
 */
export const REST_MS = 4

/** Speak against the broker's disk, not against the message. */
const KEPT_BY_THE_HUB = ['store-failed', 'store-corrupt', 'audit-failed'] as const

export interface IngestParts extends CommitParts {
  readonly clock: BrokerClock
  /** Takes receipts. Called after the commit they speak of, never before. */
  readonly publish: (messages: readonly Outgoing[]) => void
  /** Says that feeds or alerts may have something to publish. */
  readonly wake?: () => void
  /** Default: {@link REST_MS}. */
  readonly restMs?: number
}

/** For metrics: counts and sizes, no content. */
export interface IngestCounts {
  readonly hubs: ReadonlyMap<string, HubCounts>
  readonly epochs: readonly EpochState[]
  readonly held: number
  readonly unpublished: number
  readonly openAlerts: number
  readonly waiting: number
  readonly journalBytes: number
}

/** A rest is milliseconds long, and what comes after the end finds it closed. */
const NEVER = new AbortController().signal

interface Waiting {
  readonly hub: string
  readonly payload: Uint8Array
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface Done {
  readonly waiting: Waiting
  readonly admitted: Admitted
}

/**
 * Stores what hubs send. Everything that arrived while the last commit ran goes into one transaction: one fsync for
 * many hubs. A message is accepted when it is on the disk; only then receipts go out.
 */
export class Ingest {
  readonly feeds: Feeds
  readonly alerts: AlertLog
  readonly #parts: IngestParts
  readonly #commits: ClinicalCommits
  readonly #followUp: FollowUp
  readonly #probe: StatementSync
  #queue: Waiting[] = []
  #scheduled = false
  /** Monotonic ms. */
  #committedAt = Number.NEGATIVE_INFINITY
  #closed = false
  #storing = true

  constructor(parts: IngestParts) {
    const { journal, log } = parts
    this.#parts = parts
    this.#commits = openClinicalCommits(parts, () => {
      this.#followUp.release()
      this.#followUp.judge()
    })
    this.#followUp = new FollowUp({
      commits: this.#commits,
      log,
      due: () => this.#schedule(),
      stored: () => parts.wake?.(),
    })
    this.feeds = this.#commits.record.feeds
    this.alerts = this.#commits.record.alerts
    this.#probe = journal.database.prepare(
      `INSERT INTO meta VALUES ('written-at', ?) ON CONFLICT DO UPDATE SET value = excluded.value`,
    )
    // A broker that starts has lost what aedes retained, and may have been stopped while it released.
    this.#commits.commit(({ now }) => this.alerts.align(now, true))
    this.#followUp.release()
    this.#followUp.judge()
  }

  /**
   * Resolves when the message is stored, or kept in quarantine: after the fsync.
   * Rejects with 'store-failed' when the disk refused; then nothing was kept and the hub must send it again.
   */
  accept(hub: string, payload: Uint8Array): Promise<void> {
    if (this.#closed) return Promise.reject(new PreCareError('store-failed', 'the broker is stopping'))
    return new Promise((resolve, reject) => {
      this.#queue.push({ hub, payload, resolve, reject })
      this.#schedule()
    })
  }

  /**
   * Notices a registry changed by another process and grants that began or ended, and writes down what was published.
   * Call it every few seconds; what arrives from hubs does the first by itself. Throws as long as the disk refuses.
   */
  refresh(): void {
    if (this.#closed) return
    this.#commits.commit(({ now }) => {
      this.alerts.align(now, false)
      if (!this.#storing) this.#probe.run(now)
    })
    this.#storing = true
    this.#followUp.judge()
    this.#schedule()
    this.#parts.wake?.()
  }

  /** False from a refused commit on, until one that wrote something has got through. */
  get storing(): boolean {
    return this.#storing
  }

  /** One transaction like those of readings, for what is told because nothing came. Not for after the end. */
  commit(work: (now: string) => void): void {
    if (this.#closed) return
    this.#commits.commit(({ now }) => work(now))
    this.#parts.wake?.()
  }

  /**
   * One transaction for what a person does; its consequences for rules, pauses and topics follow at once.
   * Throws as `work` does, and 'store-failed' when the disk refused: then nothing was done.
   */
  act<T>(work: (now: string) => T): T {
    if (this.#closed) throw new PreCareError('store-failed', 'the broker is stopping')
    const done = this.#commits.commit(({ now }) => {
      const result = work(now)
      // A pause that ended covers nothing more.
      this.alerts.align(now, false)
      return result
    })
    this.#followUp.judge()
    this.#parts.wake?.()
    return done
  }

  /**
   * Stores and judges a reading that staff typed in.
   * @param written in the same transaction, when it is new
   * @returns false: it is stored already. Throws 'store-failed' when the disk refused; then nothing was kept
   */
  storeTyped(citizen: string, reading: RawReading, written: () => void): boolean {
    if (this.#closed) throw new PreCareError('store-failed', 'the broker is stopping')
    const isNew = this.#commits.commit((moment) => {
      const admitted = admitTyped(this.#commits.record, moment, citizen, reading)
      if (admitted) written()
      return admitted
    })
    this.#storing = true
    this.#parts.wake?.()
    return isNew
  }

  counts(): IngestCounts {
    const { journal } = this.#parts
    const { ledger } = this.#commits.record
    const held = journal.database.prepare(`SELECT count(*) AS n FROM readings WHERE state = 'held'`).get()
    return {
      hubs: ledger.counts(),
      epochs: ledger.epochs(),
      held: Number(held?.['n'] ?? 0),
      unpublished: this.feeds.unpublished(),
      openAlerts: this.alerts.openAlerts().length,
      waiting: this.#queue.length,
      journalBytes: journal.fileBytes(),
    }
  }

  /** Commits what waits and accepts no more. The journal stays open: it is its opener's. */
  close(): void {
    if (this.#closed) return
    while (this.#queue.length > 0) this.#flush()
    this.#closed = true
    this.#commits.commit(() => undefined)
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return
    if (this.#queue.length === 0 && !this.#followUp.isDue) return
    this.#scheduled = true
    this.#afterRest(() => {
      this.#scheduled = false
      if (this.#closed) return
      this.#flush()
      this.#followUp.step()
      this.#committedAt = this.#parts.clock.monotonic()
      this.#schedule()
    })
  }

  #afterRest(work: () => void): void {
    const { clock, restMs = REST_MS } = this.#parts
    const ms = this.#committedAt + restMs - clock.monotonic()
    if (ms > 0) void clock.sleep(ms, NEVER).then(work)
    else setImmediate(work)
  }

  #take(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const waiting of this.#queue) {
      bytes += waiting.payload.length
      if (count >= COMMIT_MESSAGES || (count > 0 && bytes > COMMIT_BYTES)) break
      count += 1
    }
    return this.#queue.splice(0, count)
  }

  #flush(): void {
    const parsed = this.#take().map((waiting) => ({ waiting, message: parseReadings(waiting.payload) }))
    if (parsed.length === 0) return
    try {
      this.#finish(
        this.#commits.commit((moment) =>
          parsed.map(({ waiting, message }) => ({
            waiting,
            admitted: admitMessage(this.#commits.record, moment, waiting.hub, waiting.payload, message),
          })),
        ),
      )
    } catch (error) {
      this.#apart(parsed, error)
    }
  }

  #finish(done: readonly Done[]): void {
    this.#storing = true
    this.#parts.publish(receiptsOf(done.map(({ waiting: { hub }, admitted }) => ({ hub, claim: admitted.receipt }))))
    for (const { waiting, admitted } of done) {
      waiting.resolve()
      this.#say(waiting.hub, admitted)
    }
    this.#parts.wake?.()
  }

  /** A commit failed as a whole: each message alone, so that one can't take the others with it. */
  #apart(parsed: readonly { waiting: Waiting; message: ParsedMessage }[], cause: unknown): void {
    this.#parts.log.error('commit-failed', { count: parsed.length, reason: messageOf(cause) })
    for (const { waiting, message } of parsed) {
      try {
        this.#finish([{ waiting, admitted: this.#alone(waiting, message) }])
      } catch (error) {
        this.#storing = false
        waiting.reject(error)
      }
    }
  }

  #alone({ hub, payload }: Waiting, message: ParsedMessage): Admitted {
    try {
      return this.#commits.commit((moment) => admitMessage(this.#commits.record, moment, hub, payload, message))
    } catch (error) {
      // The disk: the hub keeps it and comes again. Anything else lies in the message, and would fail again for ever.
      if (KEPT_BY_THE_HUB.some((code) => isPreCareError(error, code))) throw error
      this.#parts.log.error('message-not-storable', { hub, reason: messageOf(error) })
      const claim = message.type === 'readings' ? claimOf(message) : message.claim
      return this.#commits.commit((moment) =>
        quarantineMessage(this.#commits.record, moment, hub, payload, 'reading-not-storable', claim),
      )
    }
  }

  /** Beyond the bound of a hub's day one line is enough: the rest is in the metrics. */
  #say(hub: string, { quarantined, unkept, quarantineFull, held, reason }: Admitted): void {
    const { log } = this.#parts
    const kept = quarantined - unkept
    if (kept > 0) log.warn('readings-quarantined', { hub, count: kept, ...(reason ? { reason } : {}) })
    if (quarantineFull) log.error('quarantine-full', { hub, reason: 'what follows today is counted, and not kept' })
    if (held > 0) log.warn('readings-held', { hub, count: held })
  }
}

function claimOf({ epoch, first, items }: Extract<ParsedMessage, { type: 'readings' }>): Admitted['receipt'] {
  return { epoch, range: [first, first + items.length - 1] }
}
