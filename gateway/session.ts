import type { Declaration, Decoded, RawRecord, SessionEvent, Visit } from '../device-drivers/driver.ts'
import { isPreCareError, messageOf, PreCareError } from '../device-drivers/errors.ts'
import type { HubClock } from './hub-clock.ts'
import { localAt } from './local-time.ts'
import { draftReadings, type ReadingDraft } from './make-reading.ts'
import type { Arrival, Outbox, Rejected } from './outbox.ts'
import type { Timing } from './reading-time.ts'

/**
 * One visit to one device. The order is the point: a record is on the hub's disk, together with what the driver wants
 * remembered, before the device is told "received"; and only then is the next one asked for.
 */

/** A driver over an open link, whatever the link is. */
export interface Conversation {
  readonly device: string
  readonly about: Declaration
  readonly options: Visit['options']
  events(visit: Visit): AsyncIterable<SessionEvent>
  decode(record: RawRecord): Decoded
  commit?(record: RawRecord): Promise<void>
}

export interface VisitContext {
  readonly outbox: Pick<Outbox, 'append' | 'memory' | 'commitNow'>
  readonly clock: HubClock
  readonly zone: string
  /** Unique for this visit at this hub. */
  readonly occasion: string
  /** Ends the visit: its deadline has passed, or the hub stops. */
  readonly signal: AbortSignal
  /** While a technician tries the device, nothing that it says is a citizen's. Asked at each record. */
  readonly testing?: () => boolean
}

/** Noise on a line must not wear out the card: beyond this many a minute, unframed bytes are counted but not kept. */
const UNFRAMED_KEPT_PER_MINUTE = 60

/** What the device told about itself. */
export interface DeviceFacts {
  serial?: string
  model?: string
  firmware?: string
  batteryPercent?: number
  /** Hub minus device, ms. */
  clockRead?: { readonly deviceNow: string; readonly readAt: number }
  clockSet?: boolean
}

export interface VisitReport {
  readonly records: number
  readonly stored: number
  readonly duplicate: number
  readonly rejected: number
  /** Bytes beyond what the drivers know: a newer version of a specification, or a wrong driver. */
  readonly surplusBytes: number
  readonly facts: Readonly<DeviceFacts>
  /** Why the visit ended early. Absent after a normal end, and after the link went down once data had come. */
  readonly failure?: PreCareError
}

/** Rejects with the signal's reason as soon as it aborts; what `promise` does later is of no interest. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/**
 * Runs the driver to its end. Never rejects for what a device does; the report says how it went.
 *
 * @throws PreCareError 'store-failed' when the disk refuses: nothing of the record in hand was committed to the device
 */
export async function visitDevice(talk: Conversation, context: VisitContext): Promise<VisitReport> {
  const { outbox, clock, signal } = context
  const facts: DeviceFacts = {}
  const sums = { records: 0, stored: 0, duplicate: 0, rejected: 0, surplusBytes: 0 }
  let unframed: number[] = []

  const append = async (arrival: Arrival): Promise<void> => {
    const { stored, duplicate } = await outbox.append(arrival)
    sums.stored += stored
    sums.duplicate += duplicate
    sums.rejected += arrival.rejected?.length ?? 0
  }
  const keep = (drafts: ReadingDraft[], rejected: Rejected[], remember?: Record<string, number | string>) =>
    append({ device: talk.device, drafts, rejected, ...(remember === undefined ? {} : { remember }) })

  // Of a live stream, which does not stand still for a commit that is shared with what comes.
  const waiting = new Set<Promise<void>>()
  let refused: unknown
  const keepLive = (drafts: ReadingDraft[], rejected: Rejected[]): void => {
    const kept = append({ device: talk.device, drafts, rejected, live: true })
      .catch((error: unknown) => {
        refused ??= error
      })
      .finally(() => waiting.delete(kept))
    waiting.add(kept)
  }
  /** @throws PreCareError 'store-failed' */
  const settleLive = async (): Promise<void> => {
    if (waiting.size > 0) outbox.commitNow()
    await Promise.all(waiting)
    if (refused !== undefined) throw refused
  }
  const timing = (): Omit<Timing, 'clockUnset'> => ({
    bootId: clock.bootId,
    heardAt: clock.now(),
    ...(facts.clockRead === undefined ? {} : { deviceClock: facts.clockRead }),
    clockSet: facts.clockSet === true,
  })
  const refuse = (source: string, bytes: Uint8Array, reason: string): Rejected => ({
    source,
    bytes,
    reason,
    bootId: clock.bootId,
    heardAt: clock.now(),
  })

  const read = (record: RawRecord): ReadingDraft[] | Rejected[] => {
    try {
      const decoded = talk.decode(record)
      sums.surplusBytes += decoded.surplusBytes ?? 0
      const occasion = { visit: context.occasion, position: sums.records }
      const heard = { device: talk.device, about: talk.about, timing: timing(), occasion }
      return draftReadings(record, decoded, context.testing?.() === true ? { ...heard, test: true } : heard)
    } catch (error) {
      // Also an error that no driver should throw: odd bytes must not cost the readings behind them.
      const reason = isPreCareError(error) ? `${error.code}: ${error.message}` : `driver fault: ${messageOf(error)}`
      return record.map(({ source, bytes }) => refuse(source, bytes, reason))
    }
  }

  const hear = async (event: SessionEvent): Promise<void> => {
    switch (event.type) {
      case 'record': {
        const made = read(event.record)
        sums.records += 1
        // Also by the absence of a commit: a driver that tells its device something waits for the disk.
        if (event.live === true && event.remember === undefined && talk.commit === undefined) {
          return keepLive(made.filter(isDraft), made.filter(isRejected))
        }
        await keep(made.filter(isDraft), made.filter(isRejected), event.remember)
        // A record that can't be read is told "received" too: its bytes are kept, and else it would block the rest.
        if (talk.commit !== undefined) await unlessAborted(talk.commit(event.record), signal)
        return
      }
      case 'rejected': {
        unframed = unframed.filter((at) => clock.now() - at < 60_000)
        unframed.push(clock.now())
        if (unframed.length <= UNFRAMED_KEPT_PER_MINUTE) {
          return keep([], [refuse(event.packet.source, event.packet.bytes, event.reason)])
        }
        unframed.pop()
        sums.rejected += 1
        return
      }
      case 'remember':
        return keep([], [], event.remember)
      case 'clock':
        facts.clockRead = { deviceNow: event.deviceNow, readAt: clock.now() }
        return
      case 'clock-set':
        facts.clockSet = true
        return
      case 'identity': {
        const { type: _, manufacturer: __, ...told } = event
        Object.assign(facts, told)
        return
      }
      case 'battery':
        facts.batteryPercent = event.percent
    }
  }

  const events = talk
    .events({
      localTime: () => {
        const now = clock.wall()
        return now === undefined ? undefined : localAt(now, context.zone)
      },
      memory: outbox.memory(talk.device),
      options: talk.options,
    })
    [Symbol.asyncIterator]()
  let safe = true
  try {
    for (;;) {
      // Not ended by the loss of the link: a device may hang up the moment its last value is out, and that value is
      // still in the driver's hands.
      const { done, value } = await unlessAborted(events.next(), signal)
      if (refused !== undefined) throw refused
      if (done === true) break
      await hear(value)
    }
    await settleLive()
    return { ...sums, facts }
  } catch (caught) {
    const error = await settleLive().then(
      () => caught,
      (worse: unknown) => worse,
    )
    if (isPreCareError(error, 'store-failed')) {
      safe = false
      throw error
    }
    const failure = isPreCareError(error)
      ? error
      : new PreCareError('device-refused', `driver ${talk.about.id} failed: ${messageOf(error)}`, { cause: error })
    return sums.records > 0 && failure.code === 'link-lost' ? { ...sums, facts } : { ...sums, facts, failure }
  } finally {
    // Not awaited: a generator that waits for a dead link ends when the caller closes that link. Left alone when the
    // disk refused: to stop reading would confirm the indication whose record is in hand and nowhere else.
    if (safe) events.return?.().catch(() => undefined)
  }
}

const isDraft = (made: ReadingDraft | Rejected): made is ReadingDraft => 'timing' in made
const isRejected = (made: ReadingDraft | Rejected): made is Rejected => 'reason' in made
