import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import type { AlertTransition } from '../alerts/transitions.ts'
import { type BrokerClock, every } from '../broker-clock.ts'
import type { AlertMessage } from '../contract/alert.ts'
import type { Log } from '../log.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import { openAttempts } from './attempts.ts'
import { openCallLog } from './call-log.ts'
import { CALLS_AT_ONCE, openCalling } from './calling.ts'
import type { Channel } from './channel.ts'
import { gapsIn } from './coverage.ts'
import { gapWarnings } from './delivery.ts'
import { openDeliveryLog } from './delivery-log.ts'
import type { ChannelSettings, NotifyDocument } from './document.ts'
import { newestDocument, openNewestVersion } from './documents.ts'
import { afterReceipt, isLost, type Message, type ReceiptState } from './message.ts'
import { type MessageCounts, openMessageLog } from './message-log.ts'
import type { Calendar } from './rota.ts'

/** Notification as one piece: reads what became of alerts, leads calls, has messages sent, hears receipts. */

export interface NotifierParts {
  readonly journal: Journal
  readonly clock: BrokerClock
  /** 0..1 */
  readonly random: () => number
  readonly log: Log
  /** In their order, after a cursor. */
  readonly transitionsAfter: (cursor: number, limit: number) => readonly AlertTransition[]
  /** Who may have this alert now. @param at ISO 8601 UTC */
  readonly organisationsFor: (alert: AlertMessage, at: string) => readonly string[]
  readonly isHoliday: (date: string) => boolean
  readonly openChannels: (settings: readonly ChannelSettings[]) => ReadonlyMap<string, Channel>
}

export interface Notifier {
  /** Says that there may be new transitions. Cheap; call it after every commit. */
  wake(): void
  /** One round: reads, leads and begins to send; what is sent ends later. The notifier makes one every second itself. */
  round(): void
  /** The secret with which receipts of this message are signed; undefined when there is none. */
  receiptSecret(key: string): string | undefined
  /** @returns the state of the message after it; undefined when there is no such message */
  receipt(key: string, state: ReceiptState): string | undefined
  figures(): NotifierFigures
  /** Resolves when no attempt is in the air. */
  settled(): Promise<void>
  close(): Promise<void>
}

export interface NotifierFigures extends MessageCounts {
  /** Deliveries that wait to be put into a message. */
  readonly queued: number
  readonly oldestQueuedMs: number
  readonly callsRunning: number
  readonly callsUnanswered: number
  readonly uncovered: number
  readonly gaps: number
  /** Of the document; 0: nobody is told of anything but over MQTT. */
  readonly version: number
}

/** How late a step may be taken. */
const ROUND_MS = 1_000
const TRANSITIONS_AT_ONCE = 200
/** How soon after a change of shift the next one knows what is open. */
const HAND_OVER_MS = 60_000
const GAPS_MS = 60 * 60_000

export function openNotifier(parts: NotifierParts): Notifier {
  const { journal, clock, log } = parts
  const newestVersion = openNewestVersion(journal)
  const calls = openCallLog(journal)
  const deliveries = openDeliveryLog(journal)
  const messages = openMessageLog(journal)
  const calendar: Calendar = { zone: 'Europe/Copenhagen', isHoliday: parts.isHoliday }
  const calling = openCalling({
    calls,
    deliveries,
    messages,
    calendar,
    organisationsFor: (alert, now) => parts.organisationsFor(alert, isoTime(now)),
    log,
  })
  const stop = new AbortController()
  const attempts = openAttempts({
    ...{ journal, deliveries, messages, clock, log, random: parts.random },
    alertOf: calls.alertOf,
    stop: stop.signal,
    onSettled: settle,
    onRoom: wake,
  })
  let version = 0
  let document: NotifyDocument | undefined
  let channels: ReadonlyMap<string, Channel> = new Map()
  let gaps = 0
  let gapsDueAt = Number.NEGATIVE_INFINITY
  let handOverDueAt = Number.NEGATIVE_INFINITY
  let woken = false

  function refresh(): void {
    if (newestVersion() === version) return
    const applied = newestDocument(journal)
    if (applied.document === undefined) return
    const before = channels
    channels = parts.openChannels(applied.document.channels)
    version = applied.version
    document = applied.document
    gapsDueAt = Number.NEGATIVE_INFINITY
    for (const channel of before.values()) channel.close()
    log.info('notify-document-taken', { count: version })
  }

  /** All that is new is read before anything is sent: what has ended since is not told. */
  function read(document: NotifyDocument): void {
    for (;;) {
      const page = parts.transitionsAfter(calls.position(), TRANSITIONS_AT_ONCE)
      const last = page.at(-1)
      if (last === undefined) return
      const now = clock.now()
      journal.transaction(() => {
        for (const { message } of page) calling.take(document, message, now)
        calls.moveTo(last.cursor)
      })
    }
  }

  function lead(document: NotifyDocument): void {
    const now = clock.now()
    let led = 0
    do led = journal.transaction(() => calling.lead(document, now))
    while (led === CALLS_AT_ONCE)
    if (clock.monotonic() >= handOverDueAt) {
      handOverDueAt = clock.monotonic() + HAND_OVER_MS
      journal.transaction(() => calling.handOver(document, now))
    }
    if (clock.monotonic() >= gapsDueAt) {
      gapsDueAt = clock.monotonic() + GAPS_MS
      lookAhead(document, now)
    }
  }

  function lookAhead(document: NotifyDocument, now: number): void {
    const found = gapsIn(document, { start: now, end: now + document.lookAheadH * 3_600_000 }, calendar)
    gaps = found.length
    if (gaps === 0) return
    log.warn('rota-gap', { count: gaps, reason: found.map(({ rota, from }) => `${rota} from ${from}`).join(', ') })
    journal.transaction(() => deliveries.add(found.flatMap((gap) => gapWarnings(gap, document, now))))
  }

  /** What a message's new state means for the calls that it speaks of. */
  function settle(message: Message, now: number): void {
    if (message.purpose !== 'alert' || document === undefined) return
    if (isLost(message)) calling.lost(message, now)
    if (message.state === 'accepted') calling.accepted(document, message, now)
  }

  function round(): void {
    if (stop.signal.aborted) return
    refresh()
    if (document === undefined) return
    read(document)
    lead(document)
    attempts.dispatch(document, channels)
  }

  const failed = (error: unknown): void => log.error('notify-failed', { reason: messageOf(error) })

  function wake(): void {
    if (woken || stop.signal.aborted) return
    woken = true
    setImmediate(() => {
      woken = false
      try {
        round()
      } catch (error) {
        failed(error)
      }
    })
  }

  journal.transaction(() => messages.retryAll(clock.now()))
  const rounds = every(clock, ROUND_MS, stop.signal, round, failed)

  return {
    wake,
    round,
    settled: attempts.settled,
    receiptSecret(key) {
      const message = messages.find(key)
      return message === undefined ? undefined : channels.get(message.channel)?.receiptSecret
    },
    receipt(key, state) {
      return journal.transaction(() => {
        const message = messages.find(key)
        if (message === undefined) return undefined
        const next = afterReceipt(message, state)
        if (next === message) return message.state
        messages.update(next)
        log.info('receipt', { channel: next.channel, reason: next.state })
        settle(next, clock.now())
        wake()
        return next.state
      })
    },
    figures() {
      const now = clock.now()
      const { running, unanswered } = calls.counts()
      return {
        ...messages.counts(now),
        ...deliveries.counts(now),
        callsRunning: running,
        callsUnanswered: unanswered,
        uncovered: calling.uncovered,
        gaps,
        version,
      }
    },
    async close() {
      stop.abort(new PreCareError('store-failed', 'the broker is stopping'))
      await rounds
      await attempts.settled()
      for (const channel of channels.values()) channel.close()
    },
  }
}
