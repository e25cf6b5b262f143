import type { Sent } from './message.ts'
import type { Notice } from './notice.ts'
import type { Text } from './text.ts'

/** One message as a provider gets it. */
export interface Outbound {
  readonly key: string
  readonly person: string
  /** Of this person on this channel: an e-mail address, a telephone number, a user of an on-call system. */
  readonly address: string
  readonly language: string
  readonly notice: Notice
  readonly text: Text
}

/** A way to people. Safe to repeat with the same key; the provider may have taken a message whose attempt failed. */
export interface Channel {
  /** A message without a receipt so long after it was taken counts as silent; undefined: this channel has none. */
  readonly receiptWithinMs: number | undefined
  /** Signs its receipts. */
  readonly receiptSecret: string | undefined
  /** Never rejects: whatever goes wrong is an outcome. @param signal the process is stopping */
  send(message: Outbound, signal: AbortSignal): Promise<Sent>
  close(): void
}
