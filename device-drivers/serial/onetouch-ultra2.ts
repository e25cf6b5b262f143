import type { Decoded, RawRecord, SerialDriver, SerialLink, SessionEvent, Visit } from '../driver.ts'
import { isPreCareError } from '../errors.ts'
import { localText } from '../gatt/date-time.ts'
import { rejected } from '../rejected.ts'
import { asciiLines, isLineEnd } from './ascii-line.ts'
import { type LineFrames, lineFrames } from './line-frames.ts'
import { clockIsWrong, digestOf, MEMORY_KEY } from './meter.ts'
import { decodeUltra2 } from './onetouch-ultra2-decode.ts'

/** LifeScan OneTouch Ultra2 on its cable: hands out its whole memory as text when it is asked. */

const SOURCE = 'onetouch-ultra2'

/** Twice a record. */
const LONGEST_LINE = 128
/** A line takes 70 ms at 9600 baud, and the meter thinks for less than a second. */
const ANSWER_MS = 2_000
/** A minute of asking an empty cable; then the line is opened anew. */
const ASKED = 30
/** A damaged dump is asked for again. */
const DUMPS = 3
/** While the meter stays on the cable nothing new can be measured; it is asked now and then whether it is still there. */
const REST_MS = 20_000

/** Wakes the meter (DC1, CR), then says what is wanted. */
const command = (text: string): Uint8Array => new TextEncoder().encode(`\x11\r${text}\r`)

interface Line {
  readonly bytes: Uint8Array
  readonly about: Decoded
}

const fieldOf = (line: Line, name: string): Decoded['fields'][number]['value'] | undefined =>
  line.about.fields.find((field) => field.name === name)?.value

/** Good lines until the meter is silent; what is damaged is reported, and counted. */
async function* answers(
  line: LineFrames,
  until: (heard: readonly Line[]) => boolean,
): AsyncGenerator<SessionEvent, Line[]> {
  const good: Line[] = []
  for await (const heard of line.heard(ANSWER_MS)) {
    if (!(heard instanceof Uint8Array)) {
      yield heard
      continue
    }
    if (isLineEnd(heard)) continue
    try {
      good.push({ bytes: heard, about: decodeUltra2(heard) })
    } catch (error) {
      if (!isPreCareError(error)) throw error
      yield rejected(SOURCE, heard, error)
    }
    if (until(good)) break
  }
  return good
}

async function* ask(link: SerialLink, line: LineFrames, text: string): AsyncGenerator<SessionEvent, Line | undefined> {
  await link.write(command(text))
  const [answer] = yield* answers(line, (heard) => heard.length > 0)
  return answer
}

const isRecord = (line: Line): boolean => line.about.measurements.length > 0

const promised = (heard: readonly Line[]): number | undefined => {
  const count = heard.map((line) => fieldOf(line, 'Number of Records')).find((each) => each !== undefined)
  return typeof count === 'number' ? count : undefined
}

interface Memory {
  readonly records: readonly Uint8Array[]
  /** As many as the meter said that it has. */
  readonly complete: boolean
}

/** The records of one dump after the other until none is missing: what one dump lost, the next one has. */
async function* readMemory(link: SerialLink, line: LineFrames): AsyncGenerator<SessionEvent, Memory> {
  const records = new Map<string, Uint8Array>()
  for (let dump = 0; dump < DUMPS; dump++) {
    try {
      await link.write(command('DMP'))
    } catch (error) {
      // The line broke in the middle: what came before is good.
      if (!isPreCareError(error) || records.size === 0) throw error
      break
    }
    const heard = yield* answers(line, (all) => all.filter(isRecord).length === promised(all))
    const header = heard.find((each) => fieldOf(each, 'Number of Records') !== undefined)
    if (header !== undefined) {
      yield { type: 'identity', manufacturer: 'LifeScan', serial: String(fieldOf(header, 'Serial Number')) }
    }
    const found = heard.filter(isRecord).map((each) => each.bytes)
    for (const bytes of found) records.set(Buffer.from(bytes).toString('latin1'), bytes)
    const count = promised(heard)
    // Equal texts are one record for us, and two for the meter.
    if (found.length === count || records.size === count) return { records: [...records.values()], complete: true }
  }
  return { records: [...records.values()], complete: false }
}

/** DMT, month/day/year and time, as in DMF. */
const setClock = (now: string): Uint8Array =>
  command(`DMT${now.slice(5, 7)}/${now.slice(8, 10)}/${now.slice(2, 4)} ${now.slice(11)}`)

async function* collect(link: SerialLink, visit: Visit): AsyncGenerator<SessionEvent, void> {
  const line = lineFrames(link, asciiLines(LONGEST_LINE), SOURCE)
  let clock: Line | undefined
  for (let asked = 0; clock === undefined; asked++) {
    if (asked === ASKED) return
    clock = yield* ask(link, line, 'DMF')
  }
  const shown = fieldOf(clock, 'Timestamp')
  const deviceNow = typeof shown === 'string' && !/-00|^0000/.test(shown) ? shown : undefined
  if (deviceNow !== undefined) yield { type: 'clock', deviceNow }

  const { records, complete } = yield* readMemory(link, line)
  const digest = digestOf(records)
  if (visit.memory[MEMORY_KEY] !== digest) {
    for (const bytes of records) yield { type: 'record', record: [{ source: SOURCE, bytes }] }
    if (complete) yield { type: 'remember', remember: { [MEMORY_KEY]: digest } }
  }
  // After the records: what they were stamped with is corrected by the clock that was read.
  const local = visit.localTime()
  if (local !== undefined && clockIsWrong(deviceNow, local)) {
    await link.write(setClock(localText(local)))
    const [set] = yield* answers(line, (heard) => heard.length > 0)
    if (set !== undefined) yield { type: 'clock-set' }
  }
  // Opened anew, the meter is asked for what is missing.
  if (!complete) return
  do {
    for await (const heard of line.heard(REST_MS)) if (!(heard instanceof Uint8Array)) yield heard
  } while ((yield* ask(link, line, 'DM@')) !== undefined)
}

export const oneTouchUltra2: SerialDriver = {
  transport: 'serial',
  settings: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  about: {
    id: 'onetouch-ultra2',
    title: 'LifeScan OneTouch Ultra2, on its cable',
    vendor: 'LifeScan',
    models: ['OneTouch Ultra2'],
    kinds: ['glucose'],
    unitRule: 'fixed',
    timeRule: 'device-time',
    specialValues: 'HIGH: above 600 mg/dL; C: control solution; ?: parity error in the memory of the meter',
    userSlots: 'none',
    storedRecords: 'record-access',
    commit: 'none: the meter keeps its records; a dump that is known is passed over',
    bonding: 'none',
    setsClock: true,
    evidence: 'captured from a device',
    sources: ['tidepool-org/uploader oneTouchUltra2, with captured lines', 'glucometers-tech/glucometerutils otultra2'],
    quirks: [
      'records are in mg/dL; the unit in the header is that of the display',
      'month/day/year, two digits of the year',
      'the whole memory is read at each visit',
    ],
  },
  match: () => false,
  session: collect,
  decode: (record: RawRecord) => decodeUltra2(record[0].bytes),
}
