import type { StatementSync } from 'node:sqlite'
import { isPreCareError, messageOf, PreCareError } from '../device-drivers/errors.ts'
import type { RawReading } from '../device-drivers/reading.ts'
import {
  type Admitted,
  admitMessage,
  admitTyped,
  type ClinicalRecord,
  type Moment,
  momentOf,
  quarantineMessage,
  releaseHeld,
} from './admit.ts'
import { type AlertLog, openAlertLog } from './alerts/alert-log.ts'
import { type AlertReleases, openAlertReleases } from './audit/alert-releases.ts'
import { openTrail } from './audit/trail.ts'
import type { Receipt } from './contract/messages.ts'
import { topics } from './contract/topics.ts'
import { type Feeds, openFeeds } from './feeds.ts'
import type { Log } from './log.ts'
import type { Outgoing } from './outgoing.ts'
import { type ParsedMessage, parseReadings } from './parse-readings.ts'
import type { Registry } from './registry.ts'
import { type EpochState, type HubCounts, type HubLedger, openHubLedger } from './store/hub-ledger.ts'
import type { Journal } from './store/journal.ts'
import { openQuarantine, QUARANTINE_PER_DAY } from './store/quarantine.ts'
import { openReadingRows } from './store/readings.ts'

/** Bounds of one commit, about 800 readings: what an alert waits for behind it at worst (40 ms on two slow cores). */
const COMMIT_MESSAGES = 500
const COMMIT_BYTES = 512 * 1024

/** Speak against the broker's disk, not against the message. */
const KEPT_BY_THE_HUB = ['store-failed', 'store-corrupt', 'audit-failed'] as const

export interface IngestParts {
  readonly journal: Journal
  readonly registry: Registry
  /** Wall time, ms since 1970 UTC. */
  readonly clock: { now(): number }
  /** Takes receipts. Called after the commit they speak of, never before. */
  readonly publish: (messages: readonly Outgoing[]) => void
  /** Says that feeds or alerts may have something to publish. */
  readonly wake?: () => void
  readonly log: Log
  /** Default: {@link QUARANTINE_PER_DAY}. */
  readonly quarantinePerDay?: { readonly entries: number; readonly bytes: number }
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
  readonly #record: ClinicalRecord
  readonly #ledger: HubLedger
  readonly #releases: AlertReleases
  #queue: Waiting[] = []
  #scheduled = false
  #closed = false
  #storing = true
  readonly #probe: StatementSync
  /** Where the search for held readings that can be released goes on; undefined: nothing to search. */
  #releaseAfter: number | undefined
  /** Some citizens may have to be judged again, because their rules changed. */
  #catchingUp = false

  constructor(parts: IngestParts) {
    const { journal, registry, clock, log } = parts
    this.#parts = parts
    const audit = openTrail(journal, clock)
    this.feeds = openFeeds(journal, registry, clock, audit)
    this.#releases = openAlertReleases(journal, audit)
    this.alerts = openAlertLog(journal, registry, log)
    this.#ledger = openHubLedger(journal)
    this.#probe = journal.database.prepare(
      `INSERT INTO meta VALUES ('written-at', ?) ON CONFLICT DO UPDATE SET value = excluded.value`,
    )
    this.#record = {
      registry,
      readings: openReadingRows(journal),
      quarantine: openQuarantine(journal, parts.quarantinePerDay ?? QUARANTINE_PER_DAY),
      ledger: this.#ledger,
      feeds: this.feeds,
      alerts: this.alerts,
    }
    // A broker that starts has lost what aedes retained, and may have been stopped while it released.
    this.#commit(({ now }) => this.alerts.align(now, true))
    this.#startRelease()
    this.#catchUp()
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
    this.#commit(({ now }) => {
      this.alerts.align(now, false)
      if (!this.#storing) this.#probe.run(now)
    })
    this.#storing = true
    this.#catchUp()
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
    this.#commit(({ now }) => work(now))
    this.#parts.wake?.()
  }

  /**
   * One transaction for what a person does; its consequences for rules, pauses and topics follow at once.
   * Throws as `work` does, and 'store-failed' when the disk refused: then nothing was done.
   */
  act<T>(work: (now: string) => T): T {
    if (this.#closed) throw new PreCareError('store-failed', 'the broker is stopping')
    const done = this.#commit(({ now }) => {
      const result = work(now)
      // A pause that ended covers nothing more.
      this.alerts.align(now, false)
      return result
    })
    this.#catchUp()
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
    const isNew = this.#commit((moment) => {
      const admitted = admitTyped(this.#record, moment, citizen, reading)
      if (admitted) written()
      return admitted
    })
    this.#storing = true
    this.#parts.wake?.()
    return isNew
  }

  counts(): IngestCounts {
    const { journal } = this.#parts
    const held = journal.database.prepare(`SELECT count(*) AS n FROM readings WHERE state = 'held'`).get()
    return {
      hubs: this.#ledger.counts(),
      epochs: this.#ledger.epochs(),
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
    this.#commit(() => undefined)
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return
    if (this.#queue.length === 0 && this.#releaseAfter === undefined && !this.#catchingUp) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (this.#closed) return
      this.#flush()
      this.#release()
      this.#judgeDue()
      this.#schedule()
    })
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

  /** One transaction over the record; everything collected for it is written at its end or forgotten. */
  #commit<T>(work: (moment: Moment) => T): T {
    const { journal, clock } = this.#parts
    const moment = momentOf(clock.now())
    const committed = journal.transaction(() => {
      this.feeds.begin()
      this.#ledger.begin()
      this.alerts.begin()
      if (this.#record.registry.refresh()) {
        this.#startRelease()
        this.#catchUp()
        this.alerts.align(moment.now, false)
      }
      const result = work(moment)
      this.#ledger.end(moment.now)
      this.feeds.end()
      this.alerts.end(moment.now)
      this.#releases.write()
      return result
    })
    this.alerts.committed()
    return committed
  }

  #flush(): void {
    const parsed = this.#take().map((waiting) => ({ waiting, message: parseReadings(waiting.payload) }))
    if (parsed.length === 0) return
    try {
      this.#finish(
        this.#commit((moment) =>
          parsed.map(({ waiting, message }) => ({
            waiting,
            admitted: admitMessage(this.#record, moment, waiting.hub, waiting.payload, message),
          })),
        ),
      )
    } catch (error) {
      this.#apart(parsed, error)
    }
  }

  #finish(done: readonly Done[]): void {
    this.#storing = true
    this.#parts.publish(receiptsOf(done))
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
      return this.#commit((moment) => admitMessage(this.#record, moment, hub, payload, message))
    } catch (error) {
      // The disk: the hub keeps it and comes again. Anything else lies in the message, and would fail again for ever.
      if (KEPT_BY_THE_HUB.some((code) => isPreCareError(error, code))) throw error
      this.#parts.log.error('message-not-storable', { hub, reason: messageOf(error) })
      const claim = message.type === 'readings' ? claimOf(message) : message.claim
      return this.#commit((moment) =>
        quarantineMessage(this.#record, moment, hub, payload, 'reading-not-storable', claim),
      )
    }
  }

  #startRelease(): void {
    this.#releaseAfter = 0
    this.#schedule()
  }

  /** One step through the held readings, in a commit of its own between those of the hubs. */
  #release(): void {
    const after = this.#releaseAfter
    if (after === undefined) return
    this.#releaseAfter = undefined
    try {
      const { next, released } = this.#commit((moment) => releaseHeld(this.#record, moment, after))
      this.#releaseAfter ??= next
      if (released === 0) return
      this.#parts.log.info('readings-released', { count: released })
      this.#parts.wake?.()
    } catch (error) {
      this.#parts.log.error('release-failed', { reason: messageOf(error) })
    }
  }

  #catchUp(): void {
    this.#catchingUp = true
    this.#schedule()
  }

  /** A few of those who are due, in a commit of its own between those of the hubs. */
  #judgeDue(): void {
    if (!this.#catchingUp) return
    this.#catchingUp = false
    try {
      if (this.#commit(({ now }) => this.alerts.catchUp(now))) this.#catchUp()
      this.#parts.wake?.()
    } catch (error) {
      this.#parts.log.error('judging-failed', { reason: messageOf(error) })
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

/** One receipt for neighbouring messages of a hub. */
function receiptsOf(done: readonly Done[]): Outgoing[] {
  const receipts: { hub: string; receipt: Receipt }[] = []
  const newest = new Map<string, { hub: string; receipt: Receipt }>()
  for (const { waiting, admitted } of done) {
    if (admitted.receipt === undefined) continue
    const { epoch, range } = admitted.receipt
    const open = newest.get(waiting.hub)
    if (open?.receipt.epoch === epoch && open.receipt.last + 1 === range[0]) {
      open.receipt.last = range[1]
      continue
    }
    const entry = { hub: waiting.hub, receipt: { epoch, first: range[0], last: range[1] } }
    newest.set(waiting.hub, entry)
    receipts.push(entry)
  }
  return receipts.map(({ hub, receipt }) => ({
    topic: topics.hubReceipts(hub),
    payload: JSON.stringify(receipt),
    qos: 1,
    retain: false,
    lane: 'receipt',
  }))
}
