import type { Packet, RawRecord, SessionEvent, Visit } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { type RejectedEvent, rejected } from '../rejected.ts'
import { type Answer, COUNT_ALL, isDone, REPORT_ALL, REPORT_FIRST, reportFrom } from './record-access.ts'
import type { RecordTransfer } from './record-transfer.ts'
import { CHARACTERISTIC } from './uuids.ts'

/**
 * What is new in a device's memory. Records are numbered, but numbers start anew after a battery change, a reset or when
 * another device takes over, so the last number alone proves nothing. Asked is from the last known record on, that one
 * included: only if it comes back as it was, everything after it is all there is. Otherwise everything is reported, and
 * what is known already is recognised by its id.
 */

/** Number and mark of a record: another mark under the same number is another record. */
export interface Numbered {
  readonly number: number
  readonly mark: string
}

/** A record, or bytes that belong to none. */
export type Assembled = RawRecord | RejectedEvent

export interface Records {
  /** Puts packets together to records, or cuts them up. Returns what `packets` returns; yields all it has before it throws. */
  assemble(packets: AsyncGenerator<Packet, Answer>): AsyncGenerator<Assembled, Answer>
  /** Absent: the numbers of this device say nothing from one visit to the next. undefined: this record can't be read. */
  readonly numberOf?: (record: RawRecord) => Numbered | undefined
}

/** Keys of what is remembered of a device. */
const LAST_NUMBER = 'lastNumber'
const LAST_MARK = 'lastMark'

const isRecord = (assembled: Assembled): assembled is RawRecord => Array.isArray(assembled)

interface Outcome {
  readonly answer: Answer
  readonly count: number
  readonly numbered: readonly Numbered[]
}

const toRemember = ({ number, mark }: Numbered) => ({ [LAST_NUMBER]: number, [LAST_MARK]: mark })

/**
 * @param known the record before the new ones. As long as numbers follow one another from there without a gap, nothing can
 *   be missing before the record in hand, so that it is remembered at once: a link that always breaks still gets on. In
 *   any other order nothing is remembered before the device is done, or a break would cost the records not yet sent.
 */
async function* transferred(
  transfer: RecordTransfer,
  request: Uint8Array,
  records: Records,
  known?: Numbered,
): AsyncGenerator<SessionEvent, Outcome> {
  const numbered: Numbered[] = []
  let count = 0
  let reached = Number.NaN
  const assembled = records.assemble(transfer.request(request))
  for (;;) {
    const { done, value } = await assembled.next()
    if (done === true) return { answer: value, count, numbered }
    if (!isRecord(value)) {
      yield value
      continue
    }
    count += 1
    const found = records.numberOf?.(value)
    if (found !== undefined) numbered.push(found)
    const follows =
      found !== undefined && known !== undefined && (sameRecord(found, known) || found.number === reached + 1)
    if (follows) reached = found.number
    yield { type: 'record', record: value, ...(follows && { remember: toRemember(found) }) }
  }
}

const sameRecord = (a: Numbered, b: Numbered): boolean => a.number === b.number && a.mark === b.mark

function* remembered(numbered: readonly Numbered[]): Generator<SessionEvent, void> {
  const [first, ...rest] = numbered
  if (first === undefined) return
  const newest = rest.reduce((high, each) => (each.number > high.number ? each : high), first)
  yield { type: 'remember', remember: toRemember(newest) }
}

/** @returns whether the numbers go on from the last visit, so that this was everything new */
async function* reportNew(
  transfer: RecordTransfer,
  known: Numbered,
  records: Records,
): AsyncGenerator<SessionEvent, boolean> {
  const { answer, numbered } = yield* transferred(transfer, reportFrom(known.number), records, known)
  if (!isDone(answer) || !numbered.some((each) => sameRecord(each, known))) return false
  yield* remembered(numbered)
  return true
}

/** How many records there are; undefined when the device does not say. */
async function countOf(transfer: RecordTransfer): Promise<number | undefined> {
  const asked = transfer.request(COUNT_ALL)
  for (;;) {
    const { done, value } = await asked.next()
    if (done === true) return value.type === 'count' ? value.count : undefined
  }
}

async function* reportAll(transfer: RecordTransfer, records: Records): AsyncGenerator<SessionEvent, void> {
  const expected = await countOf(transfer)
  if (expected === 0) return
  const oldest = records.numberOf && (yield* transferred(transfer, REPORT_FIRST, records)).numbered[0]
  const { answer, count, numbered } = yield* transferred(transfer, REPORT_ALL, records, oldest)
  if (!isDone(answer) && answer.type === 'response') {
    throw new PreCareError('device-refused', `the device did not report its records: ${answer.meaning}`)
  }
  if (expected === undefined || count >= expected) {
    yield* remembered(numbered)
    return
  }
  // Lost on the way. Nothing is remembered, so the next visit asks for everything again.
  const missing = new PreCareError('packet-malformed', `${count} of ${expected} records came`)
  yield rejected(CHARACTERISTIC.recordAccessControlPoint, new Uint8Array(), missing)
}

function knownFrom(memory: Visit['memory']): Numbered | undefined {
  const { [LAST_NUMBER]: number, [LAST_MARK]: mark } = memory
  return typeof number === 'number' && typeof mark === 'string' ? { number, mark } : undefined
}

/** Yields the records that are new since the last visit, or all, see above. */
export async function* storedRecords(
  transfer: RecordTransfer,
  memory: Visit['memory'],
  records: Records,
): AsyncGenerator<SessionEvent, void> {
  const known = records.numberOf && knownFrom(memory)
  if (known !== undefined && (yield* reportNew(transfer, known, records))) return
  yield* reportAll(transfer, records)
}
