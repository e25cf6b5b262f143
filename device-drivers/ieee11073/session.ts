import type { Packet, RawRecord, SerialLink, SessionEvent, Visit } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { type LiveSample, OXIMETRY_RULE } from '../live-stream.ts'
import { type LiveValues, liveValues } from '../live-values.ts'
import { rejected } from '../rejected.ts'
import { takeFrames } from '../serial/framing.ts'
import { APDU_FRAMES } from './apdu.ts'
import { patienceOf, receive, silence } from './manager.ts'
import { APDU_SOURCE, type Manager, type Report, type Step, UNASSOCIATED } from './manager-state.ts'
import { decodeRecord, resultPacket } from './record.ts'

/** The manager on a byte stream: framing, patience, live values, and the order of things. */

/** Bytes of one APDU follow each other closely; this long after the last one the rest does not come any more. */
const PARTIAL_MS = 3_000

/** Remembered of a device: the report that could not be read. */
const UNREAD = 'unread-report'

/** One value is better than none: a stream that ends before it is stable is taken, and marked. */
const RULE = { ...OXIMETRY_RULE, minimum: 1 }

type Context = readonly [Packet, ...Packet[]]

function judge(record: RawRecord): Omit<LiveSample<Uint8Array>, 'item'> {
  const measurement = decodeRecord(record).measurements.find((m) => m.kind === 'oxygen-saturation')
  const saturation = measurement?.values['oxygenSaturation']
  if (measurement === undefined || saturation === undefined || 'absent' in saturation)
    return { state: 'away', value: 0 }
  const unsettled = measurement.status.some((s) => s === 'invalid' || s === 'early-estimate' || s === 'questionable')
  return { state: unsettled ? 'unsettled' : 'usable', value: saturation.value }
}

/** The stream of one association: the sources differ by form, the context comes back with the record. */
interface Stream {
  hear(record: Context): SessionEvent | undefined
  end(): SessionEvent | undefined
}

function stream(): Stream {
  let values: LiveValues | undefined
  let context: readonly Packet[] = []
  const complete = (event: SessionEvent | undefined): SessionEvent | undefined =>
    event?.type === 'record' ? { ...event, record: [...event.record, ...context] } : event
  return {
    hear([packet, ...rest]) {
      context = rest
      values ??= liveValues(packet.source, RULE, (bytes) => judge([{ source: packet.source, bytes }, ...rest]), false)
      return complete(values.hear(packet.bytes))
    },
    end() {
      const last = complete(values?.end())
      values = undefined
      return last
    },
  }
}

async function* deliver(link: SerialLink, report: Report, live: Stream): AsyncGenerator<SessionEvent, void> {
  const { unknown } = report
  if (unknown !== undefined) {
    yield rejected(
      unknown.source,
      unknown.bytes,
      new PreCareError('packet-malformed', 'it has values that nobody knows'),
    )
  }
  for (const record of report.live) {
    const event = live.hear(record)
    if (event !== undefined) yield event
  }
  const last = report.records.length - 1
  for (const [index, record] of report.records.entries()) {
    // The result deletes the whole report in the agent, so it goes with the last of its records.
    const closing = index === last && report.result !== undefined ? [resultPacket(report.result)] : []
    const remember = report.unread === undefined ? {} : { remember: { [UNREAD]: report.unread } }
    yield { type: 'record', record: [...record, ...closing], ...remember }
  }
  if (last < 0 && report.result !== undefined) await link.write(report.result)
}

const sameAssociation = (a: Manager, b: Manager): boolean =>
  a.phase === 'operating' && b.phase === 'operating' && a.configuration === b.configuration

const garbage = (bytes: Uint8Array): SessionEvent =>
  rejected(APDU_SOURCE, bytes, new PreCareError('packet-malformed', `${bytes.length} bytes are no APDU`))

/**
 * Talks to agents for as long as the line is open: one association after the other.
 */
export async function* talk(link: SerialLink, visit: Visit): AsyncGenerator<SessionEvent, void> {
  let manager: Manager = UNASSOCIATED
  let held: Uint8Array = new Uint8Array()
  const live = stream()
  let unread = visit.memory[UNREAD]?.toString()

  async function* apply(step: Step): AsyncGenerator<SessionEvent, void> {
    const before = manager
    manager = step.manager
    yield* step.events
    for (const report of step.reports) {
      unread = report.unread ?? unread
      yield* deliver(link, report, live)
    }
    if (!sameAssociation(before, manager)) {
      const last = live.end()
      if (last !== undefined) yield last
    }
    for (const reply of step.replies) await link.write(reply)
  }

  async function* take(chunk: Uint8Array): AsyncGenerator<SessionEvent, void> {
    const framed = takeFrames(APDU_FRAMES, held, chunk)
    held = framed.held
    for (const bytes of framed.skipped) yield garbage(bytes)
    for (const bytes of framed.frames) yield* apply(receive(manager, bytes, { now: visit.localTime(), unread }))
  }

  const patience = (): number | undefined => (held.length > 0 ? PARTIAL_MS : patienceOf(manager))

  for (;;) {
    const idleMs = patience()
    let changed = false
    for await (const chunk of link.chunks(idleMs === undefined ? {} : { idleMs })) {
      yield* take(chunk)
      changed = patience() !== idleMs
      if (changed) break
    }
    if (changed) continue
    // The line was silent for as long as that, or it is closed; a closed one is silent at once, so this comes to an end.
    if (held.length > 0) {
      yield garbage(held.slice(0, 1))
      const rest = held.slice(1)
      held = new Uint8Array()
      yield* take(rest)
    } else if (idleMs !== undefined) {
      yield* apply(silence(manager))
    } else {
      const last = live.end()
      if (last !== undefined) yield last
      return
    }
  }
}
