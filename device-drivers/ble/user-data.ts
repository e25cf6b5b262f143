import { decoded } from '../decoded.ts'
import type { Decoded, GattLink, SessionEvent, Visit } from '../driver.ts'
import { isPreCareError, PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import { CHARACTERISTIC, SERVICE } from '../gatt/uuids.ts'
import { rejected } from '../rejected.ts'
import type { Variant } from './visit.ts'

/**
 * User Data Service 0x181C (UDS 1.0): scales with several users hand out a user's measurements only after that user's
 * consent code. The hub is one user: which one, and with which code, comes from the device's configuration
 * (`userIndex`, `consentCode`), or from a registration that this driver made and asked to remember.
 */

const OP_CODES: Readonly<Record<number, string>> = {
  1: 'Register New User',
  2: 'Consent',
  3: 'Delete User Data',
  4: 'List All Users',
  32: 'Response',
}
const RESULTS: Readonly<Record<number, string>> = {
  1: 'Success',
  2: 'Op Code not supported',
  3: 'Invalid Parameter',
  4: 'Operation Failed',
  5: 'User Not Authorized',
}
const REGISTER = 0x01
const CONSENT = 0x02
const RESPONSE = 0x20
const SUCCESS = 0x01
/** Some scales ask the person standing on them first. */
const ANSWER_WITHIN_MS = 10_000
/** Largest consent code (UDS 1.0, 3.2.4.1.2). */
const MAX_CONSENT = 9999

const { userControlPoint } = CHARACTERISTIC

interface Answer {
  readonly request: number
  readonly result: number
  readonly meaning: string
  readonly user: number | undefined
}

function readAnswer(packet: PacketReader): Answer {
  const opCode = packet.u8('Op Code')
  packet.explain(OP_CODES[opCode])
  if (opCode !== RESPONSE)
    throw new PreCareError('packet-malformed', `a device does not send op code ${opCode} on 2A9F`)
  const request = packet.u8('Request Op Code')
  packet.explain(OP_CODES[request])
  const result = packet.u8('Response Value')
  const meaning = RESULTS[result] ?? 'reserved'
  packet.explain(meaning)
  const user = request === REGISTER && result === SUCCESS ? packet.u8('User Index') : undefined
  return { request, result, meaning, user }
}

/** An indication of User Control Point 0x2A9F. */
export function decodeUserControlPoint(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  readAnswer(packet)
  return decoded(packet, [])
}

/** User Index 0x2A9A: 255 is nobody. */
export function decodeUserIndex(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  if (packet.u8('User Index') === 255) packet.explain('unknown user')
  return decoded(packet, [])
}

/** Database Change Increment 0x2A99. */
export function decodeDatabaseChangeIncrement(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.u32('Database Change Increment')
  return decoded(packet, [])
}

const codeBytes = (code: number): readonly [number, number] => [code & 0xff, code >>> 8]

function numberFrom(of: Readonly<Record<string, number | string | boolean>>, key: string, most: number) {
  const value = of[key]
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most ? value : undefined
}

interface User {
  readonly index: number | undefined
  readonly consentCode: number | undefined
}

/** The configuration goes before what was remembered: a technician has looked at the scale. */
function userOf({ options, memory }: Visit): User {
  const consentCode = numberFrom(options, 'consentCode', MAX_CONSENT) ?? numberFrom(memory, 'consentCode', MAX_CONSENT)
  return { index: numberFrom(options, 'userIndex', 254) ?? numberFrom(memory, 'userIndex', 254), consentCode }
}

async function ask(link: GattLink, answers: AsyncIterator<Uint8Array>, request: readonly number[]): Promise<Answer> {
  const next = answers.next()
  // The write may fail first; then nobody waits for the answer.
  next.catch(() => undefined)
  await link.write(SERVICE.userData, userControlPoint, Uint8Array.from(request), 'request')
  const { done, value } = await next
  if (done === true) throw new PreCareError('operation-timeout', 'no answer on 2A9F')
  const answer = readAnswer(new PacketReader(value))
  if (answer.result !== SUCCESS) {
    throw new PreCareError('device-refused', `${OP_CODES[answer.request] ?? 'request'}: ${answer.meaning}`)
  }
  return answer
}

/**
 * Registers a user with the configured code if there is none yet, and gives the consent. Does nothing where the device has
 * no User Data Service or the configuration no code: some scales send measurements of nobody in particular. A refusal is
 * said, and the visit goes on.
 */
export async function* giveConsent(link: GattLink, visit: Visit): AsyncGenerator<SessionEvent, void> {
  const { index, consentCode } = userOf(visit)
  if (consentCode === undefined || !link.has(SERVICE.userData, userControlPoint)) return
  let answers: AsyncIterator<Uint8Array> | undefined
  try {
    const values = await link.subscribe(SERVICE.userData, userControlPoint, { idleMs: ANSWER_WITHIN_MS })
    answers = values[Symbol.asyncIterator]()
    const code = codeBytes(consentCode)
    let user = index
    if (user === undefined) {
      user = (await ask(link, answers, [REGISTER, ...code])).user
      if (user === undefined) throw new PreCareError('packet-malformed', 'registered, but as which user?')
      yield { type: 'remember', remember: { userIndex: user, consentCode } }
    }
    await ask(link, answers, [CONSENT, user, ...code])
  } catch (error) {
    if (!isPreCareError(error) || error.retry === 'transient') throw error
    yield rejected(userControlPoint, new Uint8Array(), error)
  } finally {
    // The last answer is confirmed by it, and the scale waits for that before it sends anything else.
    answers?.return?.().catch(() => undefined)
  }
}

/** A vendor's own steps, and then the consent. */
export const withConsent = (own: Variant['beforeSubscribe']): NonNullable<Variant['beforeSubscribe']> =>
  async function* (link, visit) {
    if (own) yield* own(link, visit)
    yield* giveConsent(link, visit)
  }
