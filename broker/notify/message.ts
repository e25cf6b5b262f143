import type { Purpose, Recipient } from './delivery.ts'

/**
 * A message on its way to a person, and what moves it on: the answer of a provider, a receipt, time. The words follow
 * the status updates of IHE PCD ACM (PCD-07): sent, delivered, read, accepted, rejected, undeliverable (here: failed).
 */

export const RECEIPT_STATES = ['delivered', 'read', 'accepted', 'rejected'] as const
export type ReceiptState = (typeof RECEIPT_STATES)[number]
export type MessageState = 'queued' | 'sent' | ReceiptState | 'failed' | 'cancelled'

export interface Message extends Recipient {
  /** Names it at the provider: the same with every attempt. */
  readonly key: string
  readonly purpose: Purpose
  /** There is a red alert in it. */
  readonly urgent: boolean
  readonly state: MessageState
  readonly attempts: number
  /** How often the provider took it and no receipt came. */
  readonly silences: number
  /** When to look at it again, ms since 1970 UTC; undefined when there is nothing to wait for. */
  readonly nextAt: number | undefined
  readonly reason: string | undefined
}

/** What a provider answered. `reason` is a status or a code, never content. */
export type Sent =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'transient' | 'permanent'; readonly reason: string }

/** An attempt that has not ended after this time is over; the provider may have taken it all the same. */
export const ATTEMPT_MS = 10_000
/** The row says from when on nobody is at it any more: after a crash another attempt is made then. */
const LEASE_MS = ATTEMPT_MS + 5_000
/** 2 + 4 + 8 + 16 + 32 + 60 s: after two minutes of refusals the next step is a better chance. */
const MAX_ATTEMPTS = 7
const FIRST_RETRY_MS = 2_000
const LONGEST_RETRY_MS = 60_000
/** A provider that stays silent is asked once more. */
const MAX_SILENCES = 1

/** Written before the attempt, so that a process that dies in it leaves a message to be sent again. */
export function beginAttempt(message: Message, now: number): Message {
  return { ...message, attempts: message.attempts + 1, nextAt: now + LEASE_MS }
}

/**
 * @param receiptWithinMs how long this channel's receipts take at most; undefined when there are none to be had
 * @param random 0..1: providers that come back are not met by everything at the same moment
 */
export function afterAttempt(
  message: Message,
  sent: Sent,
  receiptWithinMs: number | undefined,
  now: number,
  random: number,
): Message {
  // A receipt can overtake the answer.
  if (message.state !== 'queued') return message
  if (sent.outcome === 'accepted') {
    return {
      ...message,
      state: 'sent',
      nextAt: receiptWithinMs === undefined ? undefined : now + receiptWithinMs,
      reason: undefined,
    }
  }
  const spent = message.attempts >= MAX_ATTEMPTS * (message.silences + 1)
  if (sent.outcome === 'permanent' || spent) {
    return { ...message, state: 'failed', nextAt: undefined, reason: sent.reason }
  }
  const pause = Math.min(FIRST_RETRY_MS * 2 ** (message.attempts - 1), LONGEST_RETRY_MS)
  return { ...message, nextAt: now + Math.round(pause * (0.5 + random / 2)), reason: sent.reason }
}

/** A message was taken and no receipt came in time: again under the same key, then it has failed. */
export function afterSilence(message: Message, now: number): Message {
  if (message.silences < MAX_SILENCES) {
    return { ...message, state: 'queued', silences: message.silences + 1, nextAt: now, reason: 'no-receipt' }
  }
  return { ...message, state: 'failed', nextAt: undefined, reason: 'no-receipt' }
}

const PROGRESS: Readonly<Record<MessageState, number>> = {
  queued: 0,
  sent: 1,
  failed: 1,
  delivered: 2,
  read: 3,
  rejected: 4,
  accepted: 4,
  cancelled: 5,
}

/** Receipts come twice and in any order: a message only moves forward. The same object when nothing changed. */
export function afterReceipt(message: Message, receipt: ReceiptState): Message {
  if (PROGRESS[receipt] <= PROGRESS[message.state]) return message
  return { ...message, state: receipt, nextAt: undefined, reason: undefined }
}

/** It will reach nobody, or whom it reached will not come. */
export const isLost = ({ state }: Message): boolean => state === 'failed' || state === 'rejected'
