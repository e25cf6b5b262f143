import type { BleDriver, GattLink, RawRecord, SessionEvent, Visit } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { type Dialogue, dialogue } from './dialogue.ts'
import { readBattery, readIdentity } from './identity.ts'
import {
  ACK,
  answerOf,
  clockText,
  decodeOneTouch,
  meaningOf,
  numberOf,
  ONE_TOUCH_FRAMES,
  oneTouchFrame,
  readRecord,
  recordNumberOf,
  STATUS_OK,
  statusOf,
} from './one-touch-frame.ts'

/** LifeScan OneTouch Verio Flex: stored results by number, in a protocol of its own. */

export const ONE_TOUCH_SERVICE = 'AF9DF7A1E59511E396B40002A5D5C51B'
export const ONE_TOUCH_WRITE = 'AF9DF7A2E59511E396B40002A5D5C51B'
export const ONE_TOUCH_NOTIFY = 'AF9DF7A3E59511E396B40002A5D5C51B'

const READ_TIME = oneTouchFrame(0x20, 0x02)
const READ_COUNT = oneTouchFrame(0x27, 0x00)
const READ_NEWEST = oneTouchFrame(0x0a, 0x02, 0x06)

const NOT_ALLOWED = 7
/** A meter with 500 results answers in seconds; one that is asleep never does. */
const ANSWER_MS = 5_000
/** Memory of the meter (OneTouch Verio Flex user guide): more can't be there, whatever its counter says. */
const MOST_RECORDS = 500
const LAST = 'lastRecord'

const isAnswer = (frame: Uint8Array): boolean => frame.length > 1

/** A frame that is not acknowledged is the last one the meter sends. */
const acknowledge = (talk: Dialogue): Promise<void> => talk.send(Uint8Array.of(ACK))

/** One question about the meter; its answer is acknowledged, whatever it says. */
async function* ask(talk: Dialogue, request: Uint8Array): AsyncGenerator<SessionEvent, Uint8Array> {
  const frame = yield* talk.demand(request, isAnswer)
  await acknowledge(talk)
  return frame
}

function requireOk(frame: Uint8Array): Uint8Array {
  const status = statusOf(frame)
  if (status === STATUS_OK) return answerOf(frame)
  if (status === NOT_ALLOWED)
    throw new PreCareError('pairing-failed', 'the meter allows nothing to a hub it is not paired with')
  throw new PreCareError('device-refused', `the meter answers "${meaningOf(status)}"`)
}

/** The first record that is not here yet. A counter that went down is a memory that was cleared. */
function firstMissing(newest: number, count: number, last: Visit['memory'][string] | undefined): number {
  const oldest = Math.max(0, newest - Math.min(count, MOST_RECORDS))
  return typeof last === 'number' && last <= newest ? Math.max(oldest, last + 1) : oldest
}

async function* collect(link: GattLink, visit: Visit): AsyncGenerator<SessionEvent, void> {
  yield* readIdentity(link)
  yield* readBattery(link)
  const talk = dialogue(link, {
    service: ONE_TOUCH_SERVICE,
    write: ONE_TOUCH_WRITE,
    notify: ONE_TOUCH_NOTIFY,
    frames: ONE_TOUCH_FRAMES,
    answerMs: ANSWER_MS,
  })
  const seconds = numberOf(requireOk(yield* ask(talk, READ_TIME)))
  yield { type: 'clock', deviceNow: clockText(seconds) }
  const count = numberOf(requireOk(yield* ask(talk, READ_COUNT)))
  const newest = numberOf(requireOk(yield* ask(talk, READ_NEWEST)))
  for (let number = firstMissing(newest, count, visit.memory[LAST]); number <= newest; number++) {
    const request = readRecord(number)
    const bytes = yield* talk.demand(request, isAnswer)
    const record: RawRecord = [
      { source: ONE_TOUCH_NOTIFY, bytes },
      { source: ONE_TOUCH_WRITE, bytes: request },
    ]
    // Numbers start at 0 in some firmwares and at 1 in others, and a place may be empty.
    if (statusOf(bytes) === STATUS_OK) yield { type: 'record', record, remember: { [LAST]: number } }
    await acknowledge(talk)
  }
}

export const oneTouch: BleDriver = {
  transport: 'ble',
  about: {
    id: 'onetouch-verio',
    title: 'OneTouch blood glucose meter (Bluetooth)',
    vendor: 'LifeScan',
    models: ['Verio Flex', 'Verio Reflect'],
    kinds: ['glucose'],
    unitRule: 'fixed',
    timeRule: 'device-time',
    specialValues: 'above 600 and below 20 mg/dL the meter shows HI and LO; 0 is no result',
    userSlots: 'none',
    storedRecords: 'record-access',
    commit: 'none: the meter keeps its records; the newest number is remembered',
    bonding: 'required',
    setsClock: false,
    evidence: 'specification only',
    sources: ['NightscoutFoundation/xDrip VerioHelper.java'],
    quirks: ['always mg/dL on the link', 'its clock is read, never set', 'says nothing about meals'],
  },
  match: ({ name, services }) => /^OneTouch/i.test(name ?? '') || services.includes(ONE_TOUCH_SERVICE),
  session: collect,
  decode: ([packet, ...context]) => {
    const request = context.find(({ source }) => source === ONE_TOUCH_WRITE)
    return decodeOneTouch(packet.bytes, request && recordNumberOf(request.bytes))
  },
}
