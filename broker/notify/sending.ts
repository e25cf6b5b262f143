import type { AlertMessage } from '../contract/alert.ts'
import type { Log } from '../log.ts'
import type { Channel, Outbound } from './channel.ts'
import { type Delivery, keyOf, type Purpose, type Recipient } from './delivery.ts'
import type { DeliveryLog } from './delivery-log.ts'
import type { NotifyDocument } from './document.ts'
import { afterSilence, type Message } from './message.ts'
import type { MessageLog } from './message-log.ts'
import { noticeOf } from './notice.ts'
import { textOf } from './text.ts'

/** Deliveries into messages, and messages as a provider gets them. */

/** Deliveries in one message: more are one more message. */
const MAX_GROUP = 500

interface Parts {
  readonly deliveries: DeliveryLog
  readonly messages: MessageLog
  readonly alertOf: (alert: string, organisation: string) => AlertMessage | undefined
}

/**
 * Puts what is due into messages, together with all that waits for the same person on the same channel. In the caller's
 * transaction; a message has its key and its words before it is tried.
 */
export function group({ deliveries, messages, alertOf }: Parts, now: number): void {
  for (const { purpose, ...recipient } of deliveries.dueFor(now)) {
    for (;;) {
      const waiting = deliveries.waitingFor(recipient, purpose, MAX_GROUP)
      const [first] = waiting
      if (first === undefined) break
      const key = waiting.length === 1 ? first.key : keyOf('group', ...waiting.map((delivery) => delivery.key).sort())
      messages.insert(
        fresh(key, purpose, recipient, waiting, now),
        noticeOf(purpose, waiting, (of) => alertOf(of.subject, of.organisation)),
        now,
      )
      deliveries.carriedBy(key, waiting)
    }
  }
}

function fresh(
  key: string,
  purpose: Purpose,
  { person, channel }: Recipient,
  carried: readonly Delivery[],
  now: number,
): Message {
  const urgent = purpose === 'alert' && carried.some(({ level }) => level === 'red')
  const state = { state: 'queued', attempts: 0, silences: 0, nextAt: now, reason: undefined } as const
  return { key, purpose, person, channel, urgent, ...state }
}

/** A message whose receipt is overdue, one step on. @returns it as it is now */
export function missReceipt(messages: MessageLog, message: Message, now: number, log: Log): Message {
  const next = afterSilence(message, now)
  messages.update(next)
  log.warn('receipt-missing', { channel: message.channel, count: next.silences })
  return next
}

/** As it goes out; undefined when the document no longer knows this person, channel or address. */
export function outboundOf(
  document: NotifyDocument,
  channels: ReadonlyMap<string, Channel>,
  message: Message,
  messages: MessageLog,
): { readonly channel: Channel; readonly outbound: Outbound } | undefined {
  const person = document.people.find(({ id }) => id === message.person)
  const address = person?.addresses[message.channel]
  const channel = channels.get(message.channel)
  const notice = messages.noticeOf(message.key)
  if (person === undefined || address === undefined || channel === undefined || notice === undefined) return undefined
  const text = textOf(notice, person.language, document.page, document.zone)
  return {
    channel,
    outbound: { key: message.key, person: person.id, address, language: person.language, notice, text },
  }
}
