import type { LocalDateTime, Packet, SessionEvent } from '../driver.ts'
import { isPreCareError, PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import { rejected } from '../rejected.ts'
import { absoluteTime } from './absolute-time.ts'
import { CHOICE, choiceName, choiceOf, HEADER_LENGTH } from './apdu.ts'
import {
  ABORT,
  abort,
  associationResponse,
  judgeAssociation,
  RESULT,
  readAssociationRequest,
  releaseResponse,
} from './association.ts'
import { hex16, metricOf } from './attributes.ts'
import { type Configuration, measuresAnything, readConfiguration } from './configuration.ts'
import { mdsEvents, readMds } from './mds.ts'
import {
  CONFIGURATION,
  configurationResult,
  type DataApdu,
  EVENT_CONFIG,
  eventReportResult,
  getMds,
  isInvocation,
  OPERATION,
  PROBLEM,
  readDataApdu,
  readEventHeader,
  reject,
  setTime,
} from './prst.ts'
import { recordOf, unreadReport } from './record.ts'
import { byTime, type Group, groupObservations, isScanReport, readScanReport } from './reports.ts'
import { standardConfiguration } from './standard-configurations.ts'

/**
 * The manager of IEEE 11073-20601, 8.4: pure. One APDU in; the next state, answers and news out. Nothing here waits:
 * what takes too long comes in as {@link silence}.
 */

export type Manager =
  | { readonly phase: 'unassociated' }
  | { readonly phase: 'configuring'; readonly systemId: string }
  | {
      readonly phase: 'operating'
      readonly systemId: string
      readonly configuration: Configuration
      /** The agent was asked for its clock and identity, and has not answered yet. */
      readonly asked: boolean
      /** Reports that wait for the agent's clock, so that their times can be corrected. */
      readonly waiting: readonly Report[]
    }

/** A scan report, taken apart. */
export interface Report {
  /** Acts of measuring, oldest first, each as record and context. */
  readonly records: readonly [Packet, ...Packet[]][]
  /** Live values without a time, of which many make one reading. */
  readonly live: readonly [Packet, ...Packet[]][]
  /** Acts in which no value is known to the house. */
  readonly unknown: readonly Packet[]
  /** To be sent when all of it is safe; absent: the agent asks for none. */
  readonly result?: Uint8Array
}

export interface Step {
  readonly manager: Manager
  /** To be sent when the events are dealt with. */
  readonly replies: readonly Uint8Array[]
  readonly events: readonly SessionEvent[]
  /** To be stored after the events and before the replies. */
  readonly reports: readonly Report[]
}

export const UNASSOCIATED: Manager = { phase: 'unassociated' }

/** Invoke-ids of the manager's own questions; one of each is open at a time. */
const GET_MDS = 1
const SET_TIME = 2

/** Where a rejected APDU is filed. */
export const APDU_SOURCE = '20601-apdu'

type News = Partial<Pick<Step, 'replies' | 'events' | 'reports'>>

const step = (manager: Manager, { replies = [], events = [], reports = [] }: News = {}): Step => ({
  manager,
  replies,
  events,
  reports,
})

/** What was reported but not answered when an association ends. The agent reports it again, so nothing is answered. */
function unanswered(manager: Manager): Report[] {
  const waiting = manager.phase === 'operating' ? manager.waiting : []
  return waiting.map(({ records, live, unknown }) => ({ records, live, unknown }))
}

const unassociated = (
  manager: Manager,
  replies: readonly Uint8Array[] = [],
  events: readonly SessionEvent[] = [],
): Step => step(UNASSOCIATED, { replies, events, reports: unanswered(manager) })

const refusal = (bytes: Uint8Array, error: PreCareError): SessionEvent => rejected(APDU_SOURCE, bytes, error)

const outOfPlace = (manager: Manager, bytes: Uint8Array, what: string): SessionEvent =>
  refusal(bytes, new PreCareError('packet-malformed', `${what} while ${manager.phase}`))

function bodyOf(bytes: Uint8Array): PacketReader {
  const packet = new PacketReader(bytes)
  packet.bytes('header', HEADER_LENGTH)
  return packet
}

const operating = (systemId: string, configuration: Configuration): Manager => ({
  phase: 'operating',
  systemId,
  configuration,
  asked: true,
  waiting: [],
})

/**
 * In every phase: behind a TCP line an agent can restart unseen, and what the manager still believes to be an
 * association is none. (By the state table it would be aborted first, and many agents ask only once.)
 */
function associate(manager: Manager, bytes: Uint8Array): Step {
  const request = readAssociationRequest(bodyOf(bytes))
  const result = judgeAssociation(request, (id) => standardConfiguration(id) !== undefined)
  const response = associationResponse(result)
  const agent = request.agent
  if (agent === undefined || (result !== RESULT.accepted && result !== RESULT.acceptedUnknownConfig)) {
    const error = new PreCareError('packet-malformed', `association refused with result ${result}`)
    return unassociated(manager, [response], [refusal(bytes, error)])
  }
  const known = result === RESULT.accepted ? standardConfiguration(agent.configId) : undefined
  const { systemId } = agent
  const reports = unanswered(manager)
  if (known === undefined) return step({ phase: 'configuring', systemId }, { replies: [response], reports })
  return step(operating(systemId, known), { replies: [response, getMds(GET_MDS)], reports })
}

function configure(manager: Manager, packet: PacketReader, bytes: Uint8Array, { invokeId }: DataApdu): Step {
  const event = readEventHeader(packet)
  if (manager.phase === 'unassociated' || event.type !== EVENT_CONFIG) {
    return unassociated(manager, [abort(ABORT.undefined)], [outOfPlace(manager, bytes, `event ${hex16(event.type)}`)])
  }
  const configuration = readConfiguration(packet, bytes)
  const result = (verdict: number): Uint8Array => configurationResult(invokeId, event, configuration.id, verdict)
  if (!measuresAnything(configuration)) {
    const error = new PreCareError(
      'packet-malformed',
      `configuration ${hex16(configuration.id)} measures nothing known`,
    )
    // The agent may offer another configuration.
    const { systemId } = manager
    return step(
      { phase: 'configuring', systemId },
      { replies: [result(CONFIGURATION.unsupported)], events: [refusal(bytes, error)], reports: unanswered(manager) },
    )
  }
  return step(operating(manager.systemId, configuration), {
    replies: [result(CONFIGURATION.accepted), getMds(GET_MDS)],
    reports: unanswered(manager),
  })
}

const isKnown = (group: Group): boolean => group.some((o) => o.values.some((v) => metricOf(v.code) !== undefined))

/** A stream: nobody waits for an answer, and no value has a time. */
const isLive = (group: Group): boolean =>
  group.every((o) => o.time === undefined) &&
  group.some((o) => o.values.some((v) => metricOf(v.code)?.quantity === 'oxygenSaturation'))

type Operating = Extract<Manager, { phase: 'operating' }>

/** More reports than this do not wait for the clock: agents keep one open at a time. */
const WAITING_REPORTS = 8

function wait(manager: Operating, report: Report): Step {
  const reports = [...manager.waiting, report]
  if (manager.asked && reports.length < WAITING_REPORTS) return step({ ...manager, waiting: reports })
  return step({ ...manager, asked: false, waiting: [] }, { reports })
}

function report(manager: Operating, packet: PacketReader, bytes: Uint8Array, data: DataApdu): Step {
  const { configuration } = manager
  const confirmed = data.operation === OPERATION.confirmedEventReport
  const event = readEventHeader(packet)
  if (confirmed && event.type === EVENT_CONFIG) return configure(manager, bodyOfData(bytes), bytes, data)
  if (!isScanReport(event.type)) {
    const replies = confirmed ? [reject(data.invokeId, PROBLEM.unrecognizedOperation)] : []
    return step(manager, { replies, events: [outOfPlace(manager, bytes, `event ${hex16(event.type)}`)] })
  }
  const result = confirmed ? { result: eventReportResult(data.invokeId, event) } : {}
  try {
    const groups = byTime(groupObservations(readScanReport(packet, bytes, event, configuration)))
    const known = groups.filter(isKnown)
    const live = confirmed ? [] : known.filter(isLive)
    const stored = known.filter((group) => !live.includes(group))
    const unknown = groups.filter((group) => !isKnown(group))
    return wait(manager, {
      records: stored.map((group) => recordOf(group, configuration)),
      live: live.map((group) => recordOf(group, configuration)),
      unknown: unknown.map((group) => recordOf(group, configuration)[0]),
      ...result,
    })
  } catch (error) {
    if (!isPreCareError(error)) throw error
    // Kept whole and answered: otherwise it would block every record behind it for ever.
    return wait(manager, { records: [unreadReport(bytes, configuration)], live: [], unknown: [], ...result })
  }
}

function bodyOfData(bytes: Uint8Array): PacketReader {
  const packet = bodyOf(bytes)
  readDataApdu(packet)
  return packet
}

function answered(
  manager: Operating,
  packet: PacketReader,
  bytes: Uint8Array,
  data: DataApdu,
  now?: LocalDateTime,
): Step {
  const { operation, invokeId } = data
  if (operation === OPERATION.actionResult && invokeId === SET_TIME) {
    return step(manager, { events: [{ type: 'clock-set' }] })
  }
  if (!manager.asked || invokeId !== GET_MDS) {
    const event = outOfPlace(manager, bytes, `an answer nobody asked for (${hex16(operation)})`)
    return step(manager, { events: [event] })
  }
  const done: Manager = { ...manager, asked: false, waiting: [] }
  const reports = manager.waiting
  if (operation !== OPERATION.getResult) {
    return step(done, { reports, events: [outOfPlace(manager, bytes, 'a refusal to tell the MDS')] })
  }
  try {
    const mds = readMds(packet)
    const replies = mds.wantsTime === true && now !== undefined ? [setTime(SET_TIME, absoluteTime(now))] : []
    return step(done, { replies, reports, events: mdsEvents(mds, manager.systemId) })
  } catch (error) {
    if (!isPreCareError(error)) throw error
    return step(done, { reports, events: [refusal(bytes, error)] })
  }
}

function present(manager: Manager, bytes: Uint8Array, now?: LocalDateTime): Step {
  const packet = bodyOf(bytes)
  const data = readDataApdu(packet)
  const isReport = data.operation === OPERATION.eventReport || data.operation === OPERATION.confirmedEventReport
  switch (manager.phase) {
    case 'unassociated':
      // The agent believes in an association that this hub knows nothing of (it was restarted): it must begin again.
      return step(manager, { replies: [abort(ABORT.undefined)], events: [outOfPlace(manager, bytes, 'data')] })
    case 'configuring':
      if (data.operation === OPERATION.confirmedEventReport) return configure(manager, packet, bytes, data)
      return unassociated(manager, [abort(ABORT.undefined)], [outOfPlace(manager, bytes, 'data')])
    case 'operating': {
      if (isReport) return report(manager, packet, bytes, data)
      if (!isInvocation(data.operation)) return answered(manager, packet, bytes, data, now)
      const replies = [reject(data.invokeId, PROBLEM.unrecognizedOperation)]
      return step(manager, { replies, events: [outOfPlace(manager, bytes, `operation ${hex16(data.operation)}`)] })
    }
  }
}

function hear(manager: Manager, bytes: Uint8Array, now?: LocalDateTime): Step {
  const choice = choiceOf(bytes)
  switch (choice) {
    case CHOICE.associationRequest:
      return associate(manager, bytes)
    case CHOICE.presentation:
      return present(manager, bytes, now)
    case CHOICE.releaseRequest:
      return unassociated(manager, [releaseResponse()])
    case CHOICE.abort:
    case CHOICE.releaseResponse:
      return unassociated(manager)
    default:
      return unassociated(manager, [abort(ABORT.undefined)], [outOfPlace(manager, bytes, choiceName(choice))])
  }
}

/**
 * One whole APDU from the agent.
 * @param now the hub's local time, for an agent that asks for it; undefined while the hub does not know it
 * @throws nothing that bytes could cause: an APDU that can't be read is a 'rejected' event, and aborts the association
 */
export function receive(manager: Manager, bytes: Uint8Array, now?: LocalDateTime): Step {
  try {
    return hear(manager, bytes, now)
  } catch (error) {
    if (!isPreCareError(error)) throw error
    return unassociated(manager, [abort(ABORT.undefined)], [refusal(bytes, error)])
  }
}

/** The agent owes an answer and has been silent for {@link patienceOf}. */
export function silence(manager: Manager): Step {
  if (manager.phase === 'configuring') return unassociated(manager, [abort(ABORT.configurationTimeout)])
  if (manager.phase === 'unassociated') return step(manager)
  return step({ ...manager, asked: false, waiting: [] }, { reports: manager.waiting })
}

/** TO_config: an agent whose configuration is not known sends it within 10 s (IEEE 11073-20601, 8.7.3). */
const CONFIGURATION_MS = 10_000
/**
 * Records wait this long for the agent's clock. Agents wait 3 s for the answer to a confirmed report, and some answer
 * nothing before they have it.
 */
const CLOCK_MS = 1_000

/** How long the manager waits for the agent's next byte; undefined: for ever, the agent owes nothing. */
export function patienceOf(manager: Manager): number | undefined {
  if (manager.phase === 'configuring') return CONFIGURATION_MS
  return manager.phase === 'operating' && manager.asked ? CLOCK_MS : undefined
}
