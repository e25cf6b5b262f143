import type { GattLink, Packet, SessionEvent, Visit } from '../driver.ts'
import { isPreCareError, PreCareError } from '../errors.ts'
import { isDone, REPORT_ALL, readAnswer } from '../gatt/record-access.ts'
import { CHARACTERISTIC, SERVICE } from '../gatt/uuids.ts'
import { rejected } from '../rejected.ts'
import { readIfPresent } from './identity.ts'
import { decodeSpotCheck } from './plx-measurement.ts'

/**
 * Spot checks in an oximeter's memory (PLXS 1.0, 3.4). Its Record Access Control Point knows no numbers, so everything
 * is reported at each visit; a record is known by its own time.
 */

const { recordAccessControlPoint, pulseOximeterFeatures } = CHARACTERISTIC
const SERVICE_UUID = SERVICE.pulseOximeter

/** Procedure time-out (Core Supplement: 30 s, as in every profile with this control point). */
const SILENCE_MS = 30_000
/** Supported Features of 0x2A60: storage of spot checks, and a time stamp in them. */
const STORES_WITH_TIME = 0b1100

async function* untilAnswered(values: AsyncIterable<Uint8Array>): AsyncGenerator<Packet, void> {
  for await (const bytes of values) {
    yield { source: recordAccessControlPoint, bytes }
    return
  }
}

/**
 * Asks for everything, where the oximeter says that it keeps spot checks with their time. Call it when spot checks are
 * enabled. Returns what brings the answer; undefined when nothing was asked.
 */
export async function* askForStored(
  link: GattLink,
): AsyncGenerator<SessionEvent, AsyncGenerator<Packet, void> | undefined> {
  if (!link.has(SERVICE_UUID, recordAccessControlPoint)) return undefined
  const features = yield* readIfPresent(link, SERVICE_UUID, pulseOximeterFeatures)
  if (((features?.[0] ?? 0) & STORES_WITH_TIME) !== STORES_WITH_TIME) return undefined
  try {
    const answers = await link.subscribe(SERVICE_UUID, recordAccessControlPoint, { idleMs: SILENCE_MS })
    await link.write(SERVICE_UUID, recordAccessControlPoint, REPORT_ALL, 'request')
    return untilAnswered(answers)
  } catch (error) {
    // What is measured now is worth having without what was measured before.
    if (!isPreCareError(error, 'device-refused')) throw error
    yield rejected(recordAccessControlPoint, new Uint8Array(), error)
    return undefined
  }
}

/** A 'rejected' event when the memory was not reported. */
export function* refusalIn(answer: Uint8Array): Generator<SessionEvent, void> {
  try {
    const said = readAnswer(answer)
    if (isDone(said) || said.type === 'count') return
    throw new PreCareError('device-refused', `the oximeter did not report its records: ${said.meaning}`)
  } catch (error) {
    if (!isPreCareError(error)) throw error
    yield rejected(recordAccessControlPoint, answer, error)
  }
}

function hasTime(bytes: Uint8Array): boolean {
  try {
    return decodeSpotCheck(bytes).measurements[0]?.deviceTime !== undefined
  } catch (error) {
    if (!isPreCareError(error)) throw error
    return false
  }
}

/** A record whose clock was dead comes at each visit and has no time to be known by: its bytes are remembered instead. */
export function* storedSpotCheck(packet: Packet, visit: Visit): Generator<SessionEvent, void> {
  const record = [packet] as const
  if (hasTime(packet.bytes)) {
    yield { type: 'record', record }
    return
  }
  const key = `stored ${Buffer.from(packet.bytes).toString('hex')}`
  if (visit.memory[key] === undefined) yield { type: 'record', record, remember: { [key]: 1 } }
}
