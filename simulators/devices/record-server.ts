import {
  AttError,
  type CharacteristicDefinition,
  type PeripheralLink,
  type SimulatedTime,
} from '../bluetooth/peripheral.ts'
import type { Random } from '../scenario-random.ts'

/**
 * The Record Access Control Point 0x2A52 of a device (Glucose Service 1.0.1, 3.4): it notifies the records that are asked
 * for and then indicates its answer.
 */

/** A record with what goes beside it, in the order on air. */
export interface ServedRecord {
  readonly number: number
  readonly packets: readonly { readonly characteristic: string; readonly bytes: Uint8Array }[]
}

export interface RecordServerHabits {
  readonly order?: 'oldest-first' | 'newest-first' | 'shuffled'
  readonly sendsTwice?: boolean
  /** The first request of each visit is refused (0x80): it is still at the one of an earlier visit, until that is aborted. */
  readonly busyAtFirst?: boolean
  /** Ends every transfer with "no records found", as i-SENS meters did. */
  readonly endsWithNoRecords?: boolean
  /** Does not know the request for the number of records. */
  readonly withoutCount?: boolean
  /** Hangs up in the middle of every visit, after so many records. */
  readonly leavesAfterRecords?: number
  /** Stops in the middle of every transfer and never answers. */
  readonly silentAfterRecords?: number
  /** One record goes lost on the way, of the first transfer that has several. */
  readonly losesOneRecord?: boolean
  /** So many records go into one notification (CGM). */
  readonly recordsPerPacket?: number
}

interface Surroundings {
  readonly time: SimulatedTime
  readonly random: Random
  records(): readonly ServedRecord[]
  /** Resolves when the next may be sent. */
  deliver(link: PeripheralLink, characteristic: string, bytes: Uint8Array): Promise<void>
  /** All of these must be subscribed to before a request. */
  readonly sources: readonly string[]
  onRequest(): void
  /** The device has answered, and that was confirmed. */
  onDone(): void
  leave(): void
}

const OP = { report: 1, remove: 2, abort: 3, count: 4, countResponse: 5, response: 6 } as const
const OPERATOR = { all: 1, most: 2, least: 3, range: 4, first: 5, last: 6 } as const
const CODE = { success: 1, opUnsupported: 2, operatorUnsupported: 4, invalidOperand: 5, noRecords: 6 } as const
/** Glucose Service 1.0.1, 1.6: application error codes. */
const PROCEDURE_IN_PROGRESS = 0x80
const CCCD_IMPROPERLY_CONFIGURED = 0x81
/** Between two records: a connection interval. */
const RECORD_EVERY_MS = 5

export interface RecordServer {
  readonly characteristic: CharacteristicDefinition
  /** Requests it got, in hex, of all visits. */
  readonly requests: readonly string[]
  connected(link: PeripheralLink): void
  disconnected(): void
  /** The CCCD of a source was written. */
  subscribed(source: string, on: boolean): void
}

/** @returns the records an operator names, or the code of a refusal */
function chosen(records: readonly ServedRecord[], request: Uint8Array): readonly ServedRecord[] | number {
  const [, operator, filter] = request
  if (operator === OPERATOR.all) return records
  if (operator === OPERATOR.first) return records.slice(0, 1)
  if (operator === OPERATOR.last) return records.slice(-1)
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength)
  if (operator !== OPERATOR.most && operator !== OPERATOR.least && operator !== OPERATOR.range) {
    return CODE.operatorUnsupported
  }
  if (filter !== 1 || request.length !== (operator === OPERATOR.range ? 7 : 5)) return CODE.invalidOperand
  const value = view.getUint16(3, true)
  if (operator === OPERATOR.most) return records.filter(({ number }) => number <= value)
  if (operator === OPERATOR.least) return records.filter(({ number }) => number >= value)
  const upTo = view.getUint16(5, true)
  return records.filter(({ number }) => number >= value && number <= upTo)
}

export function createRecordServer(habits: RecordServerHabits, around: Surroundings, encrypted: boolean): RecordServer {
  const requests: string[] = []
  const on = new Set<string>()
  let link: PeripheralLink | undefined
  let timer: { cancel(): void } | undefined
  let busy = false
  let lost = false

  const answer = (bytes: readonly number[]): void => {
    busy = false
    link?.indicate('2A52', Uint8Array.from(bytes)).then(
      () => {
        if (!busy) around.onDone()
      },
      () => undefined,
    )
  }
  const respond = (request: number, code: number): void => answer([OP.response, 0, request, code])
  const later = (then: () => void): void => {
    timer = around.time.setTimeout(then, RECORD_EVERY_MS)
  }

  const inOrder = (records: readonly ServedRecord[]): ServedRecord[] => {
    const list = habits.sendsTwice ? records.flatMap((record) => [record, record]) : [...records]
    if (habits.order === 'newest-first') return list.reverse()
    if (habits.order !== 'shuffled') return list
    return list
      .map((record) => ({ record, at: around.random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ record }) => record)
  }

  /** As many records as go into one packet; what goes beside a record is not put together. */
  const packetsOf = (records: readonly ServedRecord[]): ServedRecord['packets'] => {
    const [first] = records[0]?.packets ?? []
    if (records.length < 2 || first === undefined) return records.flatMap((record) => record.packets)
    const bytes = records.flatMap((record) => [...(record.packets[0]?.bytes ?? [])])
    return [{ characteristic: first.characteristic, bytes: Uint8Array.from(bytes) }]
  }

  const deliver = async (to: PeripheralLink, records: readonly ServedRecord[], more: boolean): Promise<void> => {
    const goesLost = habits.losesOneRecord === true && !lost && more
    if (goesLost) {
      lost = true
      return
    }
    for (const { characteristic, bytes } of packetsOf(records)) await around.deliver(to, characteristic, bytes)
  }

  const send = (records: ServedRecord[], sent: number): void => {
    if (sent === habits.leavesAfterRecords) {
      around.leave()
      return
    }
    if (sent === habits.silentAfterRecords || link === undefined) return
    if (records.length === 0) {
      const none = sent === 0 || habits.endsWithNoRecords
      respond(OP.report, none ? CODE.noRecords : CODE.success)
      return
    }
    const together = habits.recordsPerPacket ?? 1
    // The link may go while a record is on its way: then there is nobody to send the rest to.
    deliver(link, records.slice(0, together), records.length > together).then(
      () => later(() => send(records.slice(together), sent + together)),
      () => undefined,
    )
  }

  const run = (request: Uint8Array): void => {
    const [opCode = 0] = request
    around.onRequest()
    if (opCode === OP.abort) {
      timer?.cancel()
      later(() => respond(OP.abort, CODE.success))
      return
    }
    const named = chosen(around.records(), request)
    busy = true
    if ((opCode !== OP.report && opCode !== OP.count) || (opCode === OP.count && habits.withoutCount)) {
      later(() => respond(opCode, CODE.opUnsupported))
    } else if (typeof named === 'number') later(() => respond(opCode, named))
    else if (opCode === OP.count) {
      later(() => answer([OP.countResponse, 0, named.length & 0xff, named.length >>> 8]))
    } else later(() => send(inOrder(named), 0))
  }

  return {
    requests,
    characteristic: {
      uuid: '2A52',
      properties: ['write', 'indicate'],
      encrypted,
      onSubscribe: (_, mode) => void (mode === 'none' ? on.delete('2A52') : on.add('2A52')),
      onWrite: (request) => {
        requests.push(Buffer.from(request).toString('hex'))
        if (![...around.sources, '2A52'].every((source) => on.has(source))) {
          throw new AttError(CCCD_IMPROPERLY_CONFIGURED)
        }
        if (busy && request[0] !== OP.abort) throw new AttError(PROCEDURE_IN_PROGRESS)
        run(request)
      },
    },
    connected(opened) {
      link = opened
      on.clear()
      busy = habits.busyAtFirst === true
    },
    disconnected() {
      link = undefined
      timer?.cancel()
    },
    subscribed: (source, wanted) => void (wanted ? on.add(source) : on.delete(source)),
  }
}
