import type { Decoded, RawRecord, SerialDriver, SerialLink, SessionEvent, Visit } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { localSeconds, localText } from '../gatt/date-time.ts'
import { rejected } from '../rejected.ts'
import { type LineFrames, lineFrames } from './line-frames.ts'
import { identityOf, NONIN_ABOUT, NONIN_SETTINGS } from './nonin-about.ts'
import { decodeDeviceTime, decodeFormat13, firstOffer } from './nonin-decode.ts'
import { ACK, GET_SERIAL_NUMBER, GET_TIME, kindOf, SPOT_CHECK_FRAMES, setFormat, setTime } from './nonin-frames.ts'
import { createRepeatFilter } from './repeats.ts'

/** Nonin Onyx II 9560 and its relatives on a serial line: stored spot checks (data format 13). */

const SPOT_CHECK = 'nonin-df13'
/** Context: the frame as it came, where it differs from its first offer. */
const OFFERED_AGAIN = 'nonin-df13-again'
const CLOCK = 'nonin-clock'

/** Many times the 10 ms that an answer takes at 9600 baud, and far below the 10 s after which a record is offered again. */
const ANSWER_MS = 2_000
/** HL7/PHD: a clock is set when it is off by more than a minute. */
const CLOCK_TOLERANCE_S = 60

/** Waits for one kind of answer; what else is heard meanwhile goes to `aside`. */
async function answerTo(
  line: LineFrames,
  wanted: readonly ReturnType<typeof kindOf>[],
  aside: (Uint8Array | SessionEvent)[],
): Promise<Uint8Array | undefined> {
  for await (const heard of line.heard(ANSWER_MS)) {
    if (heard instanceof Uint8Array && wanted.includes(kindOf(heard))) return heard
    aside.push(heard)
  }
  return undefined
}

/**
 * Reads the clock before any record is handed on, and sets it where it is wrong: the records made so far are corrected
 * by what it showed. An oximeter that knows no such command says NAK, or nothing.
 */
async function* settleClock(
  link: SerialLink,
  line: LineFrames,
  visit: Visit,
  aside: (Uint8Array | SessionEvent)[],
): AsyncGenerator<SessionEvent, void> {
  await link.write(GET_TIME)
  const answer = await answerTo(line, ['device-time', 'nak'], aside)
  if (answer === undefined || kindOf(answer) === 'nak') return
  const { time } = decodeDeviceTime(answer)
  if (time.state === 'valid') yield { type: 'clock', deviceNow: time.text }
  if (time.state === 'invalid') {
    yield rejected(CLOCK, answer, new PreCareError('date-time-invalid', 'the clock shows a date that does not exist'))
  }
  const local = visit.localTime()
  if (local === undefined) return
  const off =
    time.state === 'valid' ? localSeconds(time.text) - localSeconds(localText(local)) : Number.POSITIVE_INFINITY
  if (Math.abs(off) <= CLOCK_TOLERANCE_S) return
  await link.write(setTime(local))
  const set = await answerTo(line, ['ack', 'nak'], aside)
  if (set !== undefined && kindOf(set) === 'ack') yield { type: 'clock-set' }
}

/** Each record is offered until it is acknowledged, and an ACK names no record: see {@link createRepeatFilter}. */
async function* collect(link: SerialLink, visit: Visit): AsyncGenerator<SessionEvent, void> {
  const line = lineFrames(link, SPOT_CHECK_FRAMES, SPOT_CHECK)
  const isRepeat = createRepeatFilter()

  function* take(heard: Uint8Array | SessionEvent): Generator<SessionEvent, void> {
    if (!(heard instanceof Uint8Array)) {
      yield heard
      return
    }
    if (kindOf(heard) === 'serial-number') yield identityOf(heard)
    if (kindOf(heard) !== 'format-13') return
    const bytes = firstOffer(heard)
    if (isRepeat(bytes)) return
    const first = { source: SPOT_CHECK, bytes }
    const unchanged = Buffer.compare(heard, bytes) === 0
    yield { type: 'record', record: unchanged ? [first] : [first, { source: OFFERED_AGAIN, bytes: heard }] }
  }

  const aside: (Uint8Array | SessionEvent)[] = []
  yield* settleClock(link, line, visit, aside)
  await link.write(GET_SERIAL_NUMBER)
  await link.write(setFormat(13))
  for (const heard of aside) yield* take(heard)
  for await (const heard of line.heard()) yield* take(heard)
  const rest = line.rest()
  if (rest !== undefined) yield rest
}

export const noninSpotCheck: SerialDriver = {
  transport: 'serial',
  settings: NONIN_SETTINGS,
  about: {
    ...NONIN_ABOUT,
    id: 'nonin-spot-check',
    title: 'Nonin oximeter, stored spot checks (data format 13)',
    models: ['Onyx II 9560'],
    timeRule: 'device-time',
    storedRecords: 'resent-until-deleted',
    commit: 'writes ACK 06: the oximeter deletes the record',
    setsClock: true,
    evidence: 'specification only',
    sources: ['Nonin 9560 OEM Specification and Technical Information', 'mattjlewis/NoninPulseOx'],
    quirks: [
      'offers a record again with another status bit',
      'an ACK names no record',
      'the clock is set only when it is off by more than a minute; no exchange with its command was captured',
    ],
  },
  match: () => false,
  session: collect,
  decode: ([packet, ...context]: RawRecord): Decoded =>
    decodeFormat13(
      packet.bytes,
      context.some((p) => p.source === OFFERED_AGAIN),
    ),
  commit: (link) => link.write(Uint8Array.of(ACK)),
}
