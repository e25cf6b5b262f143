import { messageOf } from '../../device-drivers/errors.ts'
import type { BrokerClock } from '../broker-clock.ts'
import type { AlertMessage } from '../contract/alert.ts'
import type { Log } from '../log.ts'
import type { Journal } from '../store/journal.ts'
import type { Channel } from './channel.ts'
import type { DeliveryLog } from './delivery-log.ts'
import type { NotifyDocument } from './document.ts'
import { afterAttempt, beginAttempt, type Message, type Sent } from './message.ts'
import type { MessageLog } from './message-log.ts'
import { group, missReceipt, outboundOf } from './sending.ts'

/** Messages on their way out: which are tried now, how many at once, and what came of each. */

/** In the air at once, per channel; a provider that answers in a second takes 8 a second. */
const MAX_PER_CHANNEL = 8
/** More, for red ones only. */
const MAX_URGENT = 4
/** Receipts missed in one round; the rest in the next. */
const RECEIPTS_AT_ONCE = 100

export interface AttemptsParts {
  readonly journal: Journal
  readonly deliveries: DeliveryLog
  readonly messages: MessageLog
  readonly alertOf: (alert: string, organisation: string) => AlertMessage | undefined
  readonly clock: BrokerClock
  readonly random: () => number
  readonly log: Log
  readonly stop: AbortSignal
  /** A message has another state. In the transaction that writes it. */
  readonly onSettled: (message: Message, now: number) => void
  /** An attempt has ended: there is room for another. */
  readonly onRoom: () => void
}

export interface Attempts {
  /** Begins what is due and has room. Ends later, by itself. */
  dispatch(document: NotifyDocument, channels: ReadonlyMap<string, Channel>): void
  /** Resolves when nothing is in the air. */
  settled(): Promise<void>
}

export function openAttempts(parts: AttemptsParts): Attempts {
  const { journal, deliveries, messages, clock, log } = parts
  const inTheAir = new Map<string, { readonly channel: string; readonly done: Promise<void> }>()

  /** A slow provider holds up no other, and what is not red holds up nothing that is. */
  function hasRoom({ channel, urgent }: Message): boolean {
    const busy = [...inTheAir.values()].filter((one) => one.channel === channel).length
    return busy < MAX_PER_CHANNEL + (urgent ? MAX_URGENT : 0)
  }

  function attempt(
    document: NotifyDocument,
    channels: ReadonlyMap<string, Channel>,
    message: Message,
    now: number,
  ): void {
    const out = outboundOf(document, channels, message, messages)
    // On the disk before it is on the line: a process that dies in between sends it again, under the same key.
    messages.update(beginAttempt(message, now))
    const sending: Promise<Sent> =
      out === undefined
        ? Promise.resolve({ outcome: 'permanent', reason: 'address-unknown' })
        : out.channel.send(out.outbound, parts.stop)
    const done = sending
      .then((sent) => finish(message.key, sent, out?.channel.receiptWithinMs))
      .catch((error: unknown) => log.error('notify-failed', { channel: message.channel, reason: messageOf(error) }))
      .finally(() => {
        inTheAir.delete(message.key)
        parts.onRoom()
      })
    inTheAir.set(message.key, { channel: message.channel, done })
  }

  function finish(key: string, sent: Sent, receiptWithinMs: number | undefined): void {
    // An attempt that the stop cut off is made again after the start; what came of it nobody knows.
    if (parts.stop.aborted && sent.outcome !== 'accepted') return
    journal.transaction(() => {
      const message = messages.find(key)
      if (message === undefined) return
      const now = clock.now()
      // An all-clear that went astray harms nobody: its receipt is not missed.
      const receipt = message.purpose === 'all-clear' ? undefined : receiptWithinMs
      const next = afterAttempt(message, sent, receipt, now, parts.random())
      messages.update(next)
      if (sent.outcome === 'accepted') log.info('message-sent', { channel: next.channel, count: next.attempts })
      else log.warn('message-not-sent', { channel: next.channel, count: next.attempts, reason: sent.reason })
      parts.onSettled(next, now)
    })
  }

  return {
    dispatch(document, channels) {
      const now = clock.now()
      const { alertOf } = parts
      if (deliveries.dueFor(now).length > 0) journal.transaction(() => group({ deliveries, messages, alertOf }, now))
      for (const message of messages.overdue(now, RECEIPTS_AT_ONCE)) {
        journal.transaction(() => parts.onSettled(missReceipt(messages, message, now, log), now))
      }
      for (const channel of messages.waitingChannels(now)) {
        for (const message of messages.due(channel, now, MAX_PER_CHANNEL + MAX_URGENT)) {
          if (!inTheAir.has(message.key) && hasRoom(message)) attempt(document, channels, message, now)
        }
      }
    },
    async settled() {
      while (inTheAir.size > 0) await Promise.all([...inTheAir.values()].map(({ done }) => done))
    },
  }
}
