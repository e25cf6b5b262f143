import type { RawReading, Reading } from '../device-drivers/reading.ts'
import type { AlertLog } from './alerts/alert-log.ts'
import type { Feeds } from './feeds.ts'
import type { ParsedItem, ParsedMessage, QuarantineReason } from './parse-readings.ts'
import type { Registry } from './registry.ts'
import type { HubLedger } from './store/hub-ledger.ts'
import { isoTime } from './store/iso-time.ts'
import type { Quarantine, QuarantineFate } from './store/quarantine.ts'
import { lateBefore, type ReadingRows, type Standing } from './store/readings.ts'
import type { Range } from './store/sequence-ranges.ts'

/** What the steps of one commit write to. */
export interface ClinicalRecord {
  readonly registry: Registry
  readonly readings: ReadingRows
  readonly quarantine: Quarantine
  readonly ledger: HubLedger
  readonly feeds: Feeds
  readonly alerts: AlertLog
}

/** The one moment that all rows of a commit carry. */
export interface Moment {
  readonly now: string
  readonly lateBefore: string
}

/** @param ms wall time, ms since 1970 */
export const momentOf = (ms: number): Moment => ({ now: isoTime(ms), lateBefore: lateBefore(ms) })

/** What became of one message; sequence numbers to be receipted, and what a log line may say. */
export interface Admitted {
  readonly receipt?: { readonly epoch: string; readonly range: Range }
  readonly quarantined: number
  /** Of them: beyond the bound of the hub's day, so that their bytes were not kept. */
  readonly unkept: number
  /** They are the first of the day. */
  readonly quarantineFull: boolean
  readonly held: number
  /** Why, for the log: a reason and the place in the schema, never content. */
  readonly reason?: string
}

function standingOf({ registry }: ClinicalRecord, hub: string, reading: RawReading): Standing {
  if (reading.test === true) return { state: 'test' }
  const placement = registry.place(hub, reading.device, reading.slot, reading.measuredAt)
  return 'citizen' in placement
    ? { state: 'clinical', citizen: placement.citizen }
    : { state: 'held', reason: placement.held }
}

/** A reading that is a citizen's goes to the feeds and will be judged. */
function toClinic(
  record: ClinicalRecord,
  moment: Moment,
  hub: string,
  citizen: string,
  reading: Reading,
  cursor: number,
): void {
  const late = reading.measuredAt < moment.lateBefore
  record.feeds.append(citizen, reading.kind, cursor, late, moment.now)
  if (record.alerts.note(citizen, reading, moment.now)) record.ledger.count(hub, 'evaluated')
}

type Fate = 'stored' | 'held' | 'duplicate' | QuarantineFate
const isLeftOut = (fate: Fate): boolean => fate === 'left-out' || fate === 'full'

function admitItem(
  record: ClinicalRecord,
  moment: Moment,
  hub: string,
  epoch: string,
  seq: number,
  item: ParsedItem,
): Fate {
  const { ledger, readings, quarantine } = record
  const known = ledger.has(hub, epoch, seq)
  const counted = (what: 'stored' | 'duplicate' | 'quarantined', isNew: boolean) => {
    if (known && !isNew) return ledger.count(hub, 'resent')
    ledger.count(hub, 'received')
    ledger.count(hub, what)
    if (known) ledger.count(hub, 'reused')
  }
  if (item.type === 'malformed') {
    const payload = Buffer.from(item.text)
    const place = { hub, epoch, first: seq, last: seq, at: moment.now }
    const fate = quarantine({ ...place, reason: 'reading-breaks-schema', payload })
    counted('quarantined', fate === 'kept')
    if (!known && isLeftOut(fate)) ledger.count(hub, 'unkept')
    return fate
  }
  const { reading } = item
  const standing = standingOf(record, hub, reading)
  const late = reading.measuredAt < moment.lateBefore
  const arrival = { hub, epoch, seq, storedAt: moment.now }
  const cursor = readings.insert(reading, arrival, standing, late)
  if (cursor === undefined) {
    counted('duplicate', false)
    if (standing.state !== 'clinical') return 'duplicate'
    const adopted = readings.adopt(reading, arrival, standing.citizen, late)
    if (adopted !== undefined) toClinic(record, moment, hub, standing.citizen, reading, adopted)
    return 'duplicate'
  }
  counted('stored', true)
  if (standing.state === 'clinical') toClinic(record, moment, hub, standing.citizen, reading, cursor)
  return standing.state === 'held' ? 'held' : 'stored'
}

/**
 * Puts what can't be read into quarantine as it came. If it says which sequence numbers it meant, they are receipted:
 * without a receipt the hub would send it for ever.
 */
export function quarantineMessage(
  record: ClinicalRecord,
  moment: Moment,
  hub: string,
  payload: Uint8Array,
  reason: QuarantineReason,
  claim?: { readonly epoch: string; readonly range: Range },
): Admitted {
  const { ledger, quarantine } = record
  const place = claim === undefined ? {} : { epoch: claim.epoch, first: claim.range[0], last: claim.range[1] }
  const fate = quarantine({ hub, ...place, reason, at: moment.now, payload })
  const unkept = isLeftOut(fate) ? 1 : 0
  const told = { quarantineFull: fate === 'full', held: 0, reason }
  if (claim === undefined) {
    ledger.count(hub, 'unreadable')
    ledger.count(hub, 'unkept', unkept)
    return { quarantined: 1, unkept, ...told }
  }
  const [first, last] = claim.range
  const fresh = ledger.mark(hub, claim.epoch, claim.range)
  ledger.count(hub, 'received', fresh)
  ledger.count(hub, 'quarantined', fresh)
  ledger.count(hub, 'unkept', fresh * unkept)
  ledger.count(hub, 'resent', last - first + 1 - fresh)
  return { receipt: claim, quarantined: fresh, unkept: fresh * unkept, ...told }
}

/** Takes one message of a hub into the record: steps 6 and 7 of the way of a reading. */
export function admitMessage(
  record: ClinicalRecord,
  moment: Moment,
  hub: string,
  payload: Uint8Array,
  message: ParsedMessage,
): Admitted {
  if (message.type === 'unreadable') {
    return quarantineMessage(record, moment, hub, payload, message.reason, message.claim)
  }
  const { epoch, first, items } = message
  const fates: Fate[] = []
  let reason: string | undefined
  for (const [index, item] of items.entries()) {
    fates.push(admitItem(record, moment, hub, epoch, first + index, item))
    if (item.type === 'malformed') reason ??= `reading-breaks-schema: ${item.detail}`
  }
  const range: Range = [first, first + items.length - 1]
  record.ledger.mark(hub, epoch, range)
  return {
    receipt: { epoch, range },
    quarantined: items.filter(({ type }) => type === 'malformed').length,
    unkept: fates.filter(isLeftOut).length,
    quarantineFull: fates.includes('full'),
    held: fates.filter((fate) => fate === 'held').length,
    ...(reason === undefined ? {} : { reason }),
  }
}

/**
 * Takes a reading that staff typed in for a citizen: its owner is known, no hub counts it, and no receipt is due. Counted
 * below its own name in the place of a hub, so that received = stored + duplicate holds there too.
 * @returns false: it is stored already
 */
export function admitTyped(record: ClinicalRecord, moment: Moment, citizen: string, reading: RawReading): boolean {
  const { ledger, readings } = record
  const place = reading.device
  const late = reading.measuredAt < moment.lateBefore
  const arrival = { hub: place, epoch: place, seq: 0, storedAt: moment.now }
  const cursor = readings.insert(reading, arrival, { state: 'clinical', citizen }, late)
  ledger.count(place, 'received')
  ledger.count(place, cursor === undefined ? 'duplicate' : 'stored')
  if (cursor === undefined) return false
  toClinic(record, moment, place, citizen, reading, cursor)
  return true
}

/** Most held readings looked at in one commit, so that a long wait releases without delaying what arrives. */
const RELEASE_AT_ONCE = 500

/**
 * Looks at the next held readings after `after` again, and gives those that are somebody's now their place, with their
 * original times.
 * @returns where to go on, or undefined when all were looked at
 */
export function releaseHeld(
  record: ClinicalRecord,
  moment: Moment,
  after: number,
): { next: number | undefined; released: number } {
  const rows = record.readings.held(after, RELEASE_AT_ONCE)
  let released = 0
  for (const row of rows) {
    const placement = record.registry.place(row.hub, row.device, row.slot, row.measuredAt)
    if (!('citizen' in placement)) continue
    record.readings.release(row.cursor, placement.citizen, row.measuredAt < moment.lateBefore)
    toClinic(record, moment, row.hub, placement.citizen, JSON.parse(row.payload) as Reading, row.cursor)
    released += 1
  }
  return { next: rows.length < RELEASE_AT_ONCE ? undefined : rows.at(-1)?.cursor, released }
}
