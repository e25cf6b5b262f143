import type { RawRecord, SerialDriver, SerialLink, SessionEvent } from '../driver.ts'
import { isPreCareError } from '../errors.ts'
import type { FrameRule, FrameVerdict } from './framing.ts'
import { lineFrames } from './line-frames.ts'
import { createRepeatFilter } from './repeats.ts'
import { checkOf, decodeLungMonitor, ETX, lungMonitorIdentity, STX } from './vitalograph-decode.ts'

/** Vitalograph Lung Monitor 4000 over the serial port profile: sends a measurement until it is acknowledged. */

const SOURCE = 'vitalograph-lm'

const ACK = Uint8Array.of(0x06)
const NAK = Uint8Array.of(0x15)

/** Twice the one message that is known. */
const LONGEST = 128

const FRAMES: FrameRule = {
  longest: LONGEST,
  measure(bytes): FrameVerdict {
    if (bytes[0] !== STX) return 'none'
    const end = bytes.findIndex((byte, i) => i > 0 && (byte < 0x20 || byte > 0x7e))
    if (end === -1 || (bytes[end] === ETX && bytes.length === end + 1)) return 'more'
    return bytes[end] === ETX && checkOf(bytes.subarray(0, end + 1)) === bytes[end + 1] ? { frame: end + 2 } : 'none'
  },
}

/** A frame takes 60 ms at 9600 baud: after a second of silence no more of it comes. */
const SILENT_MS = 1_000
/** As long as other lines are kept open without a byte. */
const SILENCES = 30

function* told(frame: Uint8Array): Generator<SessionEvent, void> {
  try {
    yield { type: 'identity', manufacturer: 'Vitalograph', ...lungMonitorIdentity(decodeLungMonitor(frame)) }
  } catch (error) {
    // A message of another kind: its record is refused by the decoder, and its bytes are kept.
    if (!isPreCareError(error)) throw error
  }
}

/** A damaged frame is answered with NAK, which makes the monitor send it again; ACK is for `commit` to say. */
async function* collect(link: SerialLink): AsyncGenerator<SessionEvent, void> {
  const line = lineFrames(link, FRAMES, SOURCE)
  const isRepeat = createRepeatFilter()
  let damaged = false
  let known = false
  for (let silences = 0; silences < SILENCES; silences++) {
    for await (const heard of line.heard(SILENT_MS)) {
      silences = 0
      if (!(heard instanceof Uint8Array)) {
        yield heard
        damaged = true
        // The end of a frame is in it, so the monitor waits for an answer now.
        if (heard.type !== 'rejected' || !heard.packet.bytes.includes(ETX)) continue
        damaged = false
        await link.write(NAK)
        continue
      }
      damaged = false
      if (isRepeat(heard)) continue
      if (!known) yield* told(heard)
      known = true
      yield { type: 'record', record: [{ source: SOURCE, bytes: heard }] }
    }
    const rest = line.rest()
    if (rest !== undefined) yield rest
    if (!damaged && rest === undefined) continue
    damaged = false
    await link.write(NAK)
  }
}

export const vitalographLungMonitor: SerialDriver = {
  transport: 'serial',
  // Over the serial port profile; the number is there because a port wants one.
  settings: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  about: {
    id: 'vitalograph-lung-monitor',
    title: 'Vitalograph Lung Monitor 4000',
    vendor: 'Vitalograph',
    models: ['Lung Monitor 4000'],
    kinds: ['spirometry'],
    unitRule: 'fixed',
    timeRule: 'device-time',
    specialValues: 'quality 1: bad blow; settings 000: not set',
    userSlots: 'none',
    storedRecords: 'resent-until-deleted',
    commit: 'writes ACK 06: the monitor goes on to the next measurement',
    bonding: 'optional',
    setsClock: false,
    evidence: 'captured from a device',
    sources: ['silverbullet-dk/opentele-client-android vitalographlungmonitor, with a recording'],
    quirks: [
      'FEV6, not FVC: the ratio is FEV1/FEV6',
      'percent of personal best is not percent of predicted and is not published',
      'a damaged frame is answered with NAK and sent again',
      'FEF25-75 has no quantity of its own; it is in the raw bytes and the fields',
    ],
  },
  match: () => false,
  session: (link) => collect(link),
  decode: (record: RawRecord) => decodeLungMonitor(record[0].bytes),
  commit: (link) => link.write(ACK),
}
