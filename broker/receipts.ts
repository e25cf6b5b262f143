import type { Admitted } from './admit.ts'
import type { Receipt } from './contract/messages.ts'
import { topics } from './contract/topics.ts'
import type { Outgoing } from './outgoing.ts'

/** What a hub is told of messages that are on the disk. */

/** One message after its commit; without a claim there is nothing to confirm. */
export interface Stored {
  readonly hub: string
  readonly claim: Admitted['receipt']
}

/** One receipt for neighbouring messages of a hub. */
export function receiptsOf(stored: readonly Stored[]): Outgoing[] {
  const receipts: { hub: string; receipt: Receipt }[] = []
  const newest = new Map<string, { hub: string; receipt: Receipt }>()
  for (const { hub, claim } of stored) {
    if (claim === undefined) continue
    const { epoch, range } = claim
    const open = newest.get(hub)
    if (open?.receipt.epoch === epoch && open.receipt.last + 1 === range[0]) {
      open.receipt.last = range[1]
      continue
    }
    const entry = { hub, receipt: { epoch, first: range[0], last: range[1] } }
    newest.set(hub, entry)
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
