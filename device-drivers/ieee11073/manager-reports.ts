import { createHash } from 'node:crypto'
import { isPreCareError } from '../errors.ts'
import type { PacketReader } from '../gatt/packet-reader.ts'
import { ABORT, abort } from './association.ts'
import { hex16, metricOf } from './attributes.ts'
import {
  type Known,
  type Operating,
  outOfPlace,
  type Report,
  type Step,
  step,
  UNASSOCIATED,
  unassociated,
} from './manager-state.ts'
import { measurementsOf } from './measurements.ts'
import { type DataApdu, type EventHeader, eventReportResult, OPERATION, PROBLEM, reject } from './prst.ts'
import { recordOf, unreadReport } from './record.ts'
import { byTime, type Group, groupObservations, isScanReport, readScanReport } from './reports.ts'

/** Event reports of an agent in operation: taken apart, held until its clock is known, and when they are answered. */

const isKnown = (group: Group): boolean => group.some((o) => o.values.some((v) => metricOf(v.code) !== undefined))

/** A stream: nobody waits for an answer, and no value has a time. */
const isLive = (group: Group): boolean =>
  group.every((o) => o.time === undefined) &&
  group.some((o) => o.values.some((v) => metricOf(v.code)?.quantity === 'oxygenSaturation'))

/** More reports than this do not wait for the clock: agents keep one open at a time. */
const WAITING_REPORTS = 8

function wait(manager: Operating, report: Report): Step {
  const reports = [...manager.waiting, report]
  if (manager.asked && reports.length < WAITING_REPORTS) return step({ ...manager, waiting: reports })
  return step({ ...manager, asked: false, waiting: [] }, { reports })
}

/**
 * An event report of an agent in operation.
 * @param packet behind the event header, which is `event`
 */
export function report(
  manager: Operating,
  packet: PacketReader,
  event: EventHeader,
  bytes: Uint8Array,
  data: DataApdu,
  known: Known,
): Step {
  const { configuration } = manager
  const confirmed = data.operation === OPERATION.confirmedEventReport
  if (!isScanReport(event.type)) {
    const replies = confirmed ? [reject(data.invokeId, PROBLEM.unrecognizedOperation)] : []
    return step(manager, { replies, events: [outOfPlace(manager, bytes, `event ${hex16(event.type)}`)] })
  }
  const result = confirmed ? { result: eventReportResult(data.invokeId, event) } : {}
  try {
    const groups = byTime(groupObservations(readScanReport(packet, bytes, event, configuration)))
    // Read once to the end: an unknown unit too may be the line's fault, and then must not be answered.
    for (const group of groups) measurementsOf(group)
    const understood = groups.filter(isKnown)
    const live = confirmed ? [] : understood.filter(isLive)
    const stored = understood.filter((group) => !live.includes(group))
    const unknown = understood.length < groups.length ? { unknown: unreadReport(bytes, configuration)[0] } : {}
    return wait(manager, {
      records: stored.map((group) => recordOf(group, configuration)),
      live: live.map((group) => recordOf(group, configuration)),
      ...unknown,
      ...result,
    })
  } catch (error) {
    if (!isPreCareError(error)) throw error
    const records = [unreadReport(bytes, configuration)]
    const digest = digestOf(bytes)
    if (result.result === undefined || digest === known.unread) {
      // Not the line's fault: kept whole and answered, otherwise it would block every record behind it for ever.
      return wait(manager, { records, live: [], ...result })
    }
    // Perhaps the line's fault: not answered, so that the agent reports it again.
    const { replies, reports } = unassociated(manager, [abort(ABORT.undefined)])
    const spoilt = { records, live: [], unread: digest }
    return step(UNASSOCIATED, { replies, reports: [...reports, spoilt] })
  }
}

/** Header, octet string's length, invoke-id, choice, length, event header, request id and report number. */
const CONTENT_AT = 26

/** Of what stays when an agent reports the same again. */
const digestOf = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes.subarray(CONTENT_AT)).digest('hex').slice(0, 16)
