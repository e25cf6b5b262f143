import type { Receipt } from '../broker/contract/messages.ts'
import type { Outbox, Run } from './outbox.ts'

/**
 * What to send next, and what is on its way. A reading is on its way until its receipt: PUBACK only shows that the line
 * moves. At a new connection the newest page goes first, then what is measured now, and the older backlog in between,
 * oldest first, never ahead of a live one.
 */

/** Readings in one message, and its size: well under the broker's limit of 256 kB for one packet. */
const BATCH_LIMIT = { rows: 25, bytes: 64_000 } as const
/** Messages on their way: 200 readings, enough to fill a fast line between two commits of the broker. */
export const WINDOW = 8
/** Of these for the backlog, so that a live reading always finds a place. */
const BACKLOG_WINDOW = 6
/** After PUBACK the receipt is a commit away; past this it got lost on the way, and the readings are sent again. */
export const RECEIPT_TIMEOUT_MS = 10_000
/** Without even a PUBACK for this long, while pings are answered, the broker is stuck: connect anew. */
export const STALLED_MS = 120_000
/** A receipt sooner than this shows a line that can take more backlog at once; a later one that it can't. */
const QUICK_RECEIPT_MS = 2_000

interface Sent {
  readonly first: number
  readonly last: number
  readonly backlog: boolean
  /** Monotonic ms; undefined: to be sent again. */
  sentAt: number | undefined
  ackedAt: number | undefined
}

export class SendWindow {
  readonly #outbox: Pick<Outbox, 'run' | 'receipt' | 'lastSequence' | 'epoch'>
  #sent: Sent[] = []
  #liveFrom = 1
  #nextLive = 1
  #nextBacklog = 1
  #backlogAllowance = 1

  constructor(outbox: Pick<Outbox, 'run' | 'receipt' | 'lastSequence' | 'epoch'>) {
    this.#outbox = outbox
  }

  /** A new connection: nothing is on its way any more. */
  reset(): void {
    this.#sent = []
    this.#backlogAllowance = 1
    this.#rewind()
  }

  /** The next message, noted as sent; undefined when the window is full or nothing waits. */
  next(now: number): Run | undefined {
    const again = this.#sent.findIndex(({ sentAt }) => sentAt === undefined)
    if (again >= 0) return this.#resend(again, now)
    if (this.#sent.length >= WINDOW) return undefined
    const live = this.#outbox.run(this.#nextLive, Number.MAX_SAFE_INTEGER, BATCH_LIMIT)
    if (live !== undefined) {
      this.#nextLive = live.first + live.bodies.length
      return this.#note(live, false, now)
    }
    const backlogOnItsWay = this.#sent.filter(({ backlog }) => backlog).length
    if (backlogOnItsWay < this.#backlogAllowance) {
      const old = this.#outbox.run(this.#nextBacklog, this.#liveFrom - 1, BATCH_LIMIT)
      if (old !== undefined) {
        this.#nextBacklog = old.first + old.bodies.length
        return this.#note(old, true, now)
      }
    }
    // Nothing ahead of the two marks and nothing on its way: whatever still waits lies behind them.
    if (this.#sent.length === 0 && this.#outbox.run(1, Number.MAX_SAFE_INTEGER, { rows: 1, bytes: 0 }) !== undefined) {
      this.#rewind()
      return this.next(now)
    }
    return undefined
  }

  /** The broker has the message's packet; the receipt is due from now. */
  acked(first: number, now: number): void {
    for (const sent of this.#sent) if (sent.first === first) sent.ackedAt ??= now
  }

  /**
   * Marks what a receipt names, as far as it was sent here: a receipt for anything else is no proof of storage.
   * Resolves with the number of rows it settled.
   */
  async receipted(receipt: Receipt, now: number): Promise<number> {
    if (receipt.epoch !== this.#outbox.epoch) return 0
    const named = this.#sent.filter(({ first, last }) => first <= receipt.last && last >= receipt.first)
    const settled = await Promise.all(
      named.map(({ first, last }) =>
        this.#outbox.receipt({
          epoch: receipt.epoch,
          first: Math.max(first, receipt.first),
          last: Math.min(last, receipt.last),
        }),
      ),
    )
    // Only after the commit: until then the rows are still unsent ones, and would be picked again.
    this.#sent = this.#sent.flatMap((sent) => (named.includes(sent) ? rest(sent, receipt) : [sent]))
    for (const { backlog, sentAt } of named) {
      if (!backlog || sentAt === undefined) continue
      const quick = now - sentAt <= QUICK_RECEIPT_MS
      this.#backlogAllowance = quick ? Math.min(BACKLOG_WINDOW, this.#backlogAllowance + 1) : 1
    }
    return settled.reduce((sum, rows) => sum + rows, 0)
  }

  /** Marks for sending again what has waited too long for its receipt. 'stalled': not even a PUBACK came. */
  overdue(now: number): 'none' | 'resend' | 'stalled' {
    let verdict: 'none' | 'resend' = 'none'
    for (const sent of this.#sent) {
      if (sent.sentAt !== undefined && sent.ackedAt === undefined && now - sent.sentAt >= STALLED_MS) return 'stalled'
      if (sent.ackedAt === undefined || now - sent.ackedAt < RECEIPT_TIMEOUT_MS) continue
      sent.sentAt = undefined
      sent.ackedAt = undefined
      this.#backlogAllowance = 1
      verdict = 'resend'
    }
    return verdict
  }

  #rewind(): void {
    this.#liveFrom = Math.max(1, this.#outbox.lastSequence() - BATCH_LIMIT.rows + 1)
    this.#nextLive = this.#liveFrom
    this.#nextBacklog = 1
  }

  #resend(index: number, now: number): Run | undefined {
    const [sent] = this.#sent.splice(index, 1)
    if (sent === undefined) return undefined
    const run = this.#outbox.run(sent.first, sent.last, BATCH_LIMIT)
    // Receipted meanwhile.
    if (run === undefined) return this.next(now)
    const end = run.first + run.bodies.length
    if (end <= sent.last) this.#sent.push({ ...sent, first: end })
    return this.#note(run, sent.backlog, now)
  }

  #note(run: Run, backlog: boolean, now: number): Run {
    const last = run.first + run.bodies.length - 1
    this.#sent.push({ first: run.first, last, backlog, sentAt: now, ackedAt: undefined })
    return run
  }
}

/** What of a message the receipt left open. */
function rest(sent: Sent, { first, last }: Receipt): Sent[] {
  const before = sent.first < first ? [{ ...sent, last: first - 1 }] : []
  const after = sent.last > last ? [{ ...sent, first: last + 1 }] : []
  return [...before, ...after]
}
