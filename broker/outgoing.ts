/**
 * The seam between the core of the broker (ingest, feeds, alerts) and its front (publisher, aedes).
 * One message on its way out, and where messages wait that are too many for memory.
 */

/** In order of urgency: a receipt frees a hub, an alert may save a life, backfill can wait. */
export const LANES = ['receipt', 'alert', 'other', 'live', 'backfill'] as const
export type Lane = (typeof LANES)[number]

export interface Outgoing {
  readonly topic: string
  /** JSON text or its bytes; empty clears a retained topic (MQTT 3.1.1, 3.3.1.3). */
  readonly payload: string | Uint8Array
  readonly qos: 0 | 1
  readonly retain: boolean
  readonly lane: Lane
}

/**
 * Messages that wait on disk and are pulled, so that a backlog of any length takes no memory: feeds and alerts. The
 * publisher asks whenever it is woken (`publisher.wake()`) and goes on asking until `next` gives nothing.
 */
export interface OutgoingSource {
  readonly lane: Lane
  /** At most `limit` messages in their order, none of them handed out before in this process; empty when none waits. */
  next(limit: number): readonly Outgoing[]
  /** All of these (one result of `next`, unchanged) were published; after a crash in between they come once more. */
  published(messages: readonly Outgoing[]): void
}
