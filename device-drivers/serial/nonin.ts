import type { Declaration, Decoded, RawRecord, SerialDriver, SerialLink, SessionEvent } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { OXIMETRY_RULE } from '../live-stream.ts'
import { isUnsettled, liveValues } from '../live-values.ts'
import { rejected } from '../rejected.ts'
import { type FrameRule, takeFrames } from './framing.ts'
import { decodeFormat8, decodeFormat13, decodeSerialNumber, firstOffer, judgeFormat8 } from './nonin-decode.ts'
import { ACK, GET_SERIAL_NUMBER, kindOf, SPOT_CHECK_FRAMES, STREAM_FRAMES, setFormat } from './nonin-frames.ts'

/** Nonin Onyx II 9560 and its relatives on a serial line: stored spot checks (format 13) and a stream (format 8). */

const SETTINGS = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const

const SPOT_CHECK = 'nonin-df13'
/** Context: the frame as it came, where it differs from its first offer. */
const OFFERED_AGAIN = 'nonin-df13-again'
const STREAM = 'nonin-df8'

const ABOUT = {
  vendor: 'Nonin',
  kinds: ['oxygen-saturation'],
  unitRule: 'fixed',
  specialValues: 'pulse 511 and SpO2 127 are missing',
  userSlots: 'none',
  bonding: 'none',
  setsClock: false,
  sources: ['Nonin 9560 OEM Specification and Technical Information', 'mattjlewis/NoninPulseOx'],
} as const satisfies Partial<Declaration>

/** Frames of one visit; what fits into none is a 'rejected' event, and so is what is left when the line closes. */
async function* frames(link: SerialLink, rule: FrameRule, source: string): AsyncGenerator<Uint8Array | SessionEvent> {
  let held: Uint8Array = new Uint8Array()
  const garbage = (bytes: Uint8Array): SessionEvent =>
    rejected(source, bytes, new PreCareError('checksum-wrong', `${bytes.length} bytes are no frame`))
  for await (const chunk of link.chunks()) {
    const framed = takeFrames(rule, held, chunk)
    held = framed.held
    for (const bytes of framed.skipped) yield garbage(bytes)
    yield* framed.frames
  }
  if (held.length > 0) yield garbage(held)
}

function identityOf(frame: Uint8Array): SessionEvent {
  const serial = decodeSerialNumber(frame).fields.find((field) => field.name === 'Serial Number')?.value
  return { type: 'identity', manufacturer: 'Nonin', serial: String(serial) }
}

const same = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.compare(a, b) === 0

/**
 * Each record is offered until it is acknowledged. An ACK names no record: a repeat that crossed our ACK must not be
 * acknowledged too, or the oximeter deletes the record behind it unseen. So the first repeat is passed over; a second
 * one means that the ACK was lost, and comes through.
 */
async function* collectSpotChecks(link: SerialLink): AsyncGenerator<SessionEvent, void> {
  await link.write(GET_SERIAL_NUMBER)
  await link.write(setFormat(13))
  let last: Uint8Array | undefined
  let crossed = false
  for await (const heard of frames(link, SPOT_CHECK_FRAMES, SPOT_CHECK)) {
    if (!(heard instanceof Uint8Array)) {
      yield heard
      continue
    }
    if (kindOf(heard) === 'serial-number') yield identityOf(heard)
    if (kindOf(heard) !== 'format-13') continue
    const bytes = firstOffer(heard)
    if (same(last, bytes) && !crossed) {
      crossed = true
      continue
    }
    last = bytes
    crossed = false
    const first = { source: SPOT_CHECK, bytes }
    yield {
      type: 'record',
      record: same(heard, bytes) ? [first] : [first, { source: OFFERED_AGAIN, bytes: heard }],
    }
  }
}

async function* collectStream(link: SerialLink): AsyncGenerator<SessionEvent, void> {
  await link.write(GET_SERIAL_NUMBER)
  await link.write(setFormat(8))
  const live = liveValues(STREAM, OXIMETRY_RULE, judgeFormat8, false)
  for await (const heard of frames(link, STREAM_FRAMES, STREAM)) {
    if (!(heard instanceof Uint8Array)) {
      yield heard
      continue
    }
    if (kindOf(heard) === 'serial-number') yield identityOf(heard)
    if (kindOf(heard) !== 'format-8') continue
    const event = live.hear(heard)
    if (event !== undefined) yield event
  }
  const last = live.end()
  if (last !== undefined) yield last
}

export const noninSpotCheck: SerialDriver = {
  transport: 'serial',
  settings: SETTINGS,
  about: {
    ...ABOUT,
    id: 'nonin-spot-check',
    title: 'Nonin oximeter, stored spot checks (data format 13)',
    models: ['Onyx II 9560'],
    timeRule: 'device-time',
    storedRecords: 'resent-until-deleted',
    commit: 'writes ACK 06: the oximeter deletes the record',
    evidence: 'specification only',
    quirks: ['offers a record again with another status bit', 'an ACK names no record'],
  },
  match: () => false,
  session: (link) => collectSpotChecks(link),
  decode: ([packet, ...context]: RawRecord): Decoded =>
    decodeFormat13(
      packet.bytes,
      context.some((p) => p.source === OFFERED_AGAIN),
    ),
  commit: (link) => link.write(Uint8Array.of(ACK)),
}

export const noninStream: SerialDriver = {
  transport: 'serial',
  settings: SETTINGS,
  about: {
    ...ABOUT,
    id: 'nonin-stream',
    title: 'Nonin oximeter, live stream (data format 8)',
    models: ['Onyx II 9560', 'WristOx2 3150', 'Xpod'],
    timeRule: 'no-device-time',
    storedRecords: 'none',
    commit: 'none: a live stream, nothing is kept in the device',
    evidence: 'specification only',
    quirks: ['taken at SmartPoint, else when stable for ten seconds'],
  },
  match: () => false,
  session: (link) => collectStream(link),
  decode: (record: RawRecord): Decoded => decodeFormat8(record[0].bytes, isUnsettled(record)),
}
