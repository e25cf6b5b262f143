import type { Kind } from '../device-drivers/reading.ts'

/** One row of an organisation's feed, before it is a message. */
export interface FeedEntry {
  readonly cursor: number
  readonly citizen: string
  readonly kind: Kind
  readonly hub: string
  readonly storedAt: string
  readonly late: boolean
  /** JSON text. */
  readonly reading: string
}
