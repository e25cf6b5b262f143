import type { BleDriver, GattLink, LocalDateTime, SessionEvent, Visit } from '../driver.ts'
import type { FrameRule } from '../serial/framing.ts'
import { CONTEC_NOTIFY, CONTEC_SERVICE, CONTEC_WRITE, measured, pair, summed } from './contec-frames.ts'
import {
  BLOW_AS_SENT,
  blowRecord,
  decodeContecBlow,
  NO_RECORD,
  RECORD,
  RECORD_LENGTH,
} from './contec-spirometer-record.ts'
import { type Dialogue, dialogue } from './dialogue.ts'
import { readBattery, readIdentity } from './identity.ts'
import { named } from './visit.ts'

/** Contec SP80B: stored blows, read one after the other in the order in which its own app asks for them. */

const HELLO = 0x80
const SET_TIME = 0x83
const PREPARE = 0x82
const PREDICTED = 0x94
const COUNT = 0x90
const READ = 0x91
const CURVE = 0x92

const FIRST = 0x00
const NEXT = 0x01
const LEAVE_ALL = 0x7e
const DELETE_ALL = 0x7f

/** By header; those of the greetings have no sum that anybody has checked, so only their length counts. */
const GREETINGS: Readonly<Record<number, number>> = { 240: 2, 243: 3, 242: 8, 228: 23, 224: 10 }
const COUNT_ANSWER = 0xe0
const CURVE_ANSWER = 0xe2

const FRAMES: FrameRule = {
  longest: RECORD_LENGTH,
  measure: (bytes) => {
    const [header = 0, state] = bytes
    const greeting = GREETINGS[header]
    if (greeting !== undefined) return bytes.length < greeting ? 'more' : { frame: greeting }
    if (header !== RECORD) return 'none'
    if (state === undefined) return 'more'
    return NO_RECORD.includes(state) ? { frame: 2 } : measured(bytes, RECORD_LENGTH)
  },
}

/** A curve comes without pauses; after this silence it is over. */
const ANSWER_MS = 1_500
/** Beyond any count seen; the number is a 7-bit pair, so a garbled one can be large. */
const MOST_RECORDS = 1_000

const starts =
  (header: number) =>
  (frame: Uint8Array): boolean =>
    frame[0] === header

function setTime(local: LocalDateTime): Uint8Array {
  const { year, month, day, hour, minute, second } = local
  return summed(SET_TIME, (year - 2000) & 0x7f, month, day, hour, minute, second, 0, 0)
}

/**
 * Returns how many blows there are. That the clock was set is not told as 'clock-set': the old clock can't be read, and
 * the stored records still carry it.
 */
async function* greet(talk: Dialogue, visit: Visit): AsyncGenerator<SessionEvent, number> {
  yield* talk.demand(summed(HELLO), starts(0xf0))
  const local = visit.localTime()
  if (local !== undefined) yield* talk.demand(setTime(local), starts(0xf3))
  yield* talk.demand(summed(PREPARE), starts(0xf2))
  yield* talk.demand(summed(PREDICTED), starts(0xe4))
  const count = yield* talk.demand(summed(COUNT), starts(COUNT_ANSWER))
  return Math.min(MOST_RECORDS, pair(count[1] ?? 0, count[2] ?? 0))
}

/** Each record is followed by its curve, which is no part of a reading: it is heard to its end and forgotten. */
async function* skipCurve(talk: Dialogue): AsyncGenerator<SessionEvent, void> {
  yield* talk.ask(summed(CURVE, 0x00), () => false)
}

async function* collect(link: GattLink, visit: Visit): AsyncGenerator<SessionEvent, void> {
  yield* readIdentity(link)
  yield* readBattery(link)
  let inCurve = false
  const talk = dialogue(link, {
    service: CONTEC_SERVICE,
    write: CONTEC_WRITE,
    notify: CONTEC_NOTIFY,
    frames: FRAMES,
    answerMs: ANSWER_MS,
    expected: (skipped) => inCurve || skipped[0] === CURVE_ANSWER,
  })
  const count = yield* greet(talk, visit)
  for (let i = 0; i < count; i++) {
    const request = summed(READ, i === 0 ? FIRST : NEXT, 0x01)
    const bytes = yield* talk.demand(request, starts(RECORD))
    if (bytes.length < RECORD_LENGTH) break
    yield { type: 'record', record: blowRecord(bytes) }
    inCurve = true
    yield* skipCurve(talk)
    inCurve = false
  }
  // All are on disk by now.
  const mode = visit.options['deleteAfterReading'] === true && talk.garbled === 0 ? DELETE_ALL : LEAVE_ALL
  if (count > 0) await talk.send(summed(READ, mode, 0x01))
}

export const contecSpirometer: BleDriver = {
  transport: 'ble',
  about: {
    id: 'contec-sp80b',
    title: 'Contec spirometer',
    vendor: 'Contec',
    models: ['SP80B'],
    kinds: ['spirometry'],
    unitRule: 'fixed',
    timeRule: 'device-time',
    specialValues: '0 is a value that this blow did not have',
    userSlots: 'none',
    storedRecords: 'record-access',
    commit: 'none: the records stay; with the option deleteAfterReading all are deleted when all are on disk',
    bonding: 'none',
    setsClock: true,
    evidence: 'specification only',
    sources: ['tikhonp/contec-spirometer-ios-app'],
    quirks: [
      'each blow is a reading; the curves are passed over',
      'the clock is set at each visit and can not be read',
      'says nothing about the quality of a blow',
      'the number of a blow in a transfer is no part of its identity',
      'the service FF12 is shared; told by its name',
    ],
  },
  match: named(/^SP80B/),
  session: collect,
  decode: ([packet, ...context]) =>
    decodeContecBlow(packet.bytes, context.find(({ source }) => source === BLOW_AS_SENT)?.bytes),
}
