import type { LocalDateTime } from '../driver.ts'
import { isPreCareError, PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
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
import { hex16 } from './attributes.ts'
import { type Configuration, measuresAnything, readConfiguration } from './configuration.ts'
import { report } from './manager-reports.ts'
import {
  type Known,
  type Manager,
  type Operating,
  outOfPlace,
  refusal,
  type Step,
  step,
  unanswered,
  unassociated,
} from './manager-state.ts'
import { mdsEvents, readMds } from './mds.ts'
import {
  CONFIGURATION,
  configurationResult,
  type DataApdu,
  EVENT_CONFIG,
  type EventHeader,
  getMds,
  isInvocation,
  OPERATION,
  PROBLEM,
  readDataApdu,
  readEventHeader,
  reject,
  setTime,
} from './prst.ts'
import { standardConfiguration } from './standard-configurations.ts'

/**
 * The manager of IEEE 11073-20601 as a pure state machine. One APDU in; the next state, answers and news out. Nothing
 * here waits: what takes too long comes in as {@link silence}.
 */

/** Invoke-ids of the manager's own questions; one of each is open at a time. */
const GET_MDS = 1
const SET_TIME = 2

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

function configure(
  manager: Exclude<Manager, { phase: 'unassociated' }>,
  packet: PacketReader,
  event: EventHeader,
  bytes: Uint8Array,
  { invokeId }: DataApdu,
): Step {
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

function present(manager: Manager, bytes: Uint8Array, known: Known): Step {
  const packet = bodyOf(bytes)
  const data = readDataApdu(packet)
  if (manager.phase === 'unassociated') {
    // The agent believes in an association that this hub knows nothing of (it was restarted): it must begin again.
    return step(manager, { replies: [abort(ABORT.undefined)], events: [outOfPlace(manager, bytes, 'data')] })
  }
  const confirmed = data.operation === OPERATION.confirmedEventReport
  if (confirmed || data.operation === OPERATION.eventReport) {
    const event = readEventHeader(packet)
    if (confirmed && event.type === EVENT_CONFIG) return configure(manager, packet, event, bytes, data)
    if (manager.phase === 'operating') return report(manager, packet, event, bytes, data, known)
  }
  if (manager.phase === 'configuring') {
    return unassociated(manager, [abort(ABORT.undefined)], [outOfPlace(manager, bytes, 'data')])
  }
  if (!isInvocation(data.operation)) return answered(manager, packet, bytes, data, known.now)
  const replies = [reject(data.invokeId, PROBLEM.unrecognizedOperation)]
  return step(manager, { replies, events: [outOfPlace(manager, bytes, `operation ${hex16(data.operation)}`)] })
}

function hear(manager: Manager, bytes: Uint8Array, known: Known): Step {
  const choice = choiceOf(bytes)
  switch (choice) {
    case CHOICE.associationRequest:
      return associate(manager, bytes)
    case CHOICE.presentation:
      return present(manager, bytes, known)
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
 * @throws nothing that bytes could cause: an APDU that can't be read is a 'rejected' event, and aborts the association
 */
export function receive(manager: Manager, bytes: Uint8Array, known: Known = {}): Step {
  try {
    return hear(manager, bytes, known)
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

/** TO_config: an agent whose configuration is not known sends it within 10 s (IEEE 11073-20601). */
const CONFIGURATION_MS = 10_000
/**
 * Records wait this long for the agent's clock: less than the few seconds that an agent waits for the result of a
 * confirmed report, since some answer nothing before they have it.
 */
const CLOCK_MS = 1_000

/** How long the manager waits for the agent's next byte; undefined: for ever, the agent owes nothing. */
export function patienceOf(manager: Manager): number | undefined {
  if (manager.phase === 'configuring') return CONFIGURATION_MS
  return manager.phase === 'operating' && manager.asked ? CLOCK_MS : undefined
}
