import type { BrokerClock } from './broker-clock.ts'
import { LANES, type Lane, type Outgoing, type OutgoingSource } from './outgoing.ts'

/**
 * Everything the broker itself publishes goes through here, one message at a time, the most urgent lane first. aedes
 * 1.2.0 loses acknowledged messages when publishes overtake one another inside it (a retained one followed in the same
 * tick by another was lost 300 of 300 times; moscajs/aedes#955 and #994), so each is awaited before the next begins.
 */

/** Taken from a source at once: one look into the database for that many messages, and an alert never waits for them. */
const BATCH = 64
/** How often a crowded connection is looked at again. */
const PACE_MS = 5
/** Receipts and alerts in memory; beyond this the hubs' PUBACKs wait (`below`), so that nothing grows. */
const MAX_QUEUED = 10_000

export interface PublisherPorts {
  /** Hands one message to the subscribers' sockets; resolves when all have taken it. */
  readonly send: (message: Outgoing) => Promise<void>
  /** Some subscriber reads but is behind: feeds wait, receipts and alerts do not. */
  readonly crowded: () => boolean
  readonly clock: BrokerClock
  /** A message that could not be handed over, or a source that failed. Publishing goes on. */
  readonly onError: (error: unknown, lane: Lane) => void
}

/** Lanes that must not run away from a subscriber that reads slowly. */
const PACED: ReadonlySet<Lane> = new Set<Lane>(['live', 'backfill'])

export class Publisher {
  readonly #ports: PublisherPorts
  readonly #queues = new Map<Lane, Outgoing[]>(LANES.map((lane) => [lane, []]))
  readonly #sources: OutgoingSource[] = []
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #sendingSince: number | undefined
  #woken = false
  #queued = 0
  #published = 0
  #waiting: (() => void)[] = []

  constructor(ports: PublisherPorts) {
    this.#ports = ports
  }

  /** Messages in memory that wait, and messages published since the start. */
  get counts(): { readonly queued: number; readonly published: number } {
    return { queued: this.#queued, published: this.#published }
  }

  /** How long the message in hand has been in hand; 0 when none is. `now` is monotonic ms. */
  stuckForMs(now: number): number {
    return this.#sendingSince === undefined ? 0 : now - this.#sendingSince
  }

  /** Takes messages into memory, for what is bounded by nature: receipts, heartbeats, requests. Returns at once. */
  enqueue(messages: readonly Outgoing[]): void {
    for (const message of messages) this.#queues.get(message.lane)?.push(message)
    this.#queued += messages.length
    this.wake()
  }

  /** Adds a source that is pulled; within a lane the messages in memory go first, then sources in the order added. */
  follow(source: OutgoingSource): void {
    this.#sources.push(source)
    this.wake()
  }

  /** Says that a source may have something. Cheap; call it after every commit. */
  wake(): void {
    this.#woken = true
    if (this.#running !== undefined || this.#stop.signal.aborted) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      if (this.#woken) this.wake()
    })
  }

  /** Resolves when nothing waits, in memory or at a source. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  /** Resolves when fewer than `limit` messages wait in memory; at once as a rule. */
  async below(limit: number = MAX_QUEUED): Promise<void> {
    while (this.#queued >= limit && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** Finishes the message in hand and stops; what waits at a source is published after the next start. */
  async close(): Promise<void> {
    this.#stop.abort()
    this.#releaseWaiting()
    await this.#running
  }

  async #run(): Promise<void> {
    do {
      this.#woken = false
      while (!this.#stop.signal.aborted && (await this.#step())) {
        // Each step is one message from memory or one batch from a source, chosen anew by urgency.
      }
    } while (this.#woken && !this.#stop.signal.aborted)
  }

  async #step(): Promise<boolean> {
    for (const lane of LANES) {
      if (await this.#fromMemory(lane)) return true
      if (await this.#fromSources(lane)) return true
    }
    return false
  }

  async #fromMemory(lane: Lane): Promise<boolean> {
    const message = this.#queues.get(lane)?.shift()
    if (message === undefined) return false
    await this.#pace(lane)
    await this.#send(message)
    this.#queued -= 1
    if (this.#waiting.length > 0) this.#releaseWaiting()
    return true
  }

  async #fromSources(lane: Lane): Promise<boolean> {
    for (const source of this.#sources) {
      if (source.lane === lane && (await this.#batch(source))) return true
    }
    return false
  }

  async #batch(source: OutgoingSource): Promise<boolean> {
    const messages = this.#attempt(source.lane, () => source.next(BATCH)) ?? []
    if (messages.length === 0) return false
    for (const message of messages) {
      await this.#urgentBefore(source.lane)
      await this.#pace(source.lane)
      if (this.#stop.signal.aborted) return false
      await this.#send(message)
    }
    this.#attempt(source.lane, () => source.published(messages))
    return true
  }

  /** In the middle of a batch: whatever is more urgent than `lane` goes first. */
  async #urgentBefore(lane: Lane): Promise<void> {
    // Sources cost a look into the database: asked only when there was a commit since. The batch in hand ends in
    // another round over all lanes, so nothing that came meanwhile is forgotten.
    const ask = this.#woken
    this.#woken = false
    for (const urgent of LANES) {
      if (urgent === lane) return
      while (await this.#fromMemory(urgent)) {
        // all of this lane
      }
      while (ask && (await this.#fromSources(urgent))) {
        // all of this lane
      }
    }
  }

  async #pace(lane: Lane): Promise<void> {
    if (!PACED.has(lane)) return
    while (!this.#stop.signal.aborted && this.#ports.crowded()) {
      await this.#ports.clock.sleep(PACE_MS, this.#stop.signal).catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#ports.onError(error, lane)
      })
      await this.#urgentBefore(lane)
    }
  }

  async #send(message: Outgoing): Promise<void> {
    this.#sendingSince = this.#ports.clock.monotonic()
    try {
      await this.#ports.send(message)
      this.#published += 1
    } catch (error) {
      this.#ports.onError(error, message.lane)
    } finally {
      this.#sendingSince = undefined
    }
  }

  #attempt<T>(lane: Lane, action: () => T): T | undefined {
    try {
      return action()
    } catch (error) {
      this.#ports.onError(error, lane)
      return undefined
    }
  }

  #releaseWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
