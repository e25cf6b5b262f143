import type { RawRecord, SerialDriver, SerialLink, SessionEvent, Visit } from '../driver.ts'
import { isPreCareError, PreCareError } from '../errors.ts'
import { localSeconds, localText } from '../gatt/date-time.ts'
import { rejected } from '../rejected.ts'
import { clockIsWrong, digestOf, MEMORY_KEY } from './meter.ts'
import { decodeUltraMiniMessage, decodeUltraMiniRecord } from './onetouch-ultramini-decode.ts'
import { type MeterLink, meterLink } from './onetouch-ultramini-link.ts'

/** LifeScan OneTouch UltraMini and UltraEasy on their cable. */

const SOURCE = 'onetouch-ultramini'

const little = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256)

const READ_SERIAL = [0x05, 0x0b, 0x02, 0, 0, 0, 0, 0x84, 0x6a, 0xe8, 0x73, 0]
const READ_CLOCK = [0x05, 0x20, 0x02, 0, 0, 0, 0]
const setClock = (now: string): number[] => [0x05, 0x20, 0x01, ...little(localSeconds(now), 4)]
const readRecord = (number: number): number[] => [0x05, 0x1f, ...little(number, 2)]
/** One more than the memory holds: the meter answers with how many it has. */
const COUNT = 501

/** A minute of asking an empty cable; then the line is opened anew. */
const ASKED = 60
/** While the meter stays on the cable nothing new can be measured; it is asked now and then whether it is still there. */
const REST_MS = 20_000

/** One field of the answer to a request. @throws PreCareError 'operation-timeout' when the meter does not answer */
async function* ask(meter: MeterLink, message: readonly number[]): AsyncGenerator<SessionEvent, Uint8Array> {
  const answer = yield* meter.request(message)
  if (answer === undefined) throw new PreCareError('operation-timeout', 'the meter stopped answering')
  return answer
}

const fieldOf = (answer: Uint8Array, name: string): unknown =>
  decodeUltraMiniMessage(answer).fields.find((field) => field.name === name)?.value

async function* readRecords(meter: MeterLink, visit: Visit): AsyncGenerator<SessionEvent, void> {
  const count = Number(fieldOf(yield* ask(meter, readRecord(COUNT)), 'Number of Records') ?? 0)
  if (count === 0) return
  const newest = yield* ask(meter, readRecord(0))
  // The newest record and how many there are: a full memory keeps its count, and a cleared one its oldest records.
  const digest = digestOf([newest, Uint8Array.from(little(count, 2))])
  if (visit.memory[MEMORY_KEY] === digest) return
  for (let number = 0; number < count; number++) {
    const bytes = number === 0 ? newest : yield* ask(meter, readRecord(number))
    yield { type: 'record', record: [{ source: SOURCE, bytes }] }
  }
  yield { type: 'remember', remember: { [MEMORY_KEY]: digest } }
}

async function* readClock(meter: MeterLink): AsyncGenerator<SessionEvent, string | undefined> {
  const answer = yield* ask(meter, READ_CLOCK)
  try {
    const shown = fieldOf(answer, 'Date and Time')
    return typeof shown === 'string' && !shown.startsWith('0000') ? shown : undefined
  } catch (error) {
    if (!isPreCareError(error)) throw error
    yield rejected(SOURCE, answer, error)
    return undefined
  }
}

async function* collect(link: SerialLink, visit: Visit): AsyncGenerator<SessionEvent, void> {
  const meter = meterLink(link, SOURCE)
  for (let asked = 0; !(yield* meter.reset()); asked++) if (asked === ASKED) return
  yield {
    type: 'identity',
    manufacturer: 'LifeScan',
    serial: String(fieldOf(yield* ask(meter, READ_SERIAL), 'Text')),
  }
  const deviceNow = yield* readClock(meter)
  if (deviceNow !== undefined) yield { type: 'clock', deviceNow }
  yield* readRecords(meter, visit)
  // After the records: what they were stamped with is corrected by the clock that was read.
  const local = visit.localTime()
  if (local !== undefined && clockIsWrong(deviceNow, local)) {
    yield* ask(meter, setClock(localText(local)))
    yield { type: 'clock-set' }
  }
  do {
    yield* meter.rest(REST_MS)
  } while (yield* meter.reset())
}

export const oneTouchUltraMini: SerialDriver = {
  transport: 'serial',
  settings: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  about: {
    id: 'onetouch-ultramini',
    title: 'LifeScan OneTouch UltraMini and UltraEasy, on their cable',
    vendor: 'LifeScan',
    models: ['OneTouch UltraMini', 'OneTouch UltraEasy'],
    kinds: ['glucose'],
    unitRule: 'fixed',
    timeRule: 'device-time',
    specialValues: 'above 600 mg/dL (FFFF): HI; below 20 mg/dL: LO',
    userSlots: 'none',
    storedRecords: 'record-access',
    commit: 'none: the meter keeps its records; when newest record and count are known, nothing is read',
    bonding: 'none',
    setsClock: true,
    evidence: 'specification only',
    sources: ['tidepool-org/uploader oneTouchUltraMini', 'glucometers-tech/glucometerutils otultraeasy'],
    quirks: [
      'records are in mg/dL, whatever the meter displays',
      'seconds since 1970, local',
      'a measurement with control solution is not marked as one',
    ],
  },
  match: () => false,
  session: collect,
  decode: (record: RawRecord) => decodeUltraMiniRecord(record[0].bytes),
}
