import type { Declaration, RawRecord, SerialDriver, SerialLink, SessionEvent } from '../driver.ts'
import { OXIMETRY_RULE } from '../live-stream.ts'
import { isUnsettled, type LiveValues } from '../live-values.ts'
import { decodeNew, decodeOld, judgeNew, judgeOld, LIVE, NEW_LENGTH, OLD_LENGTH } from './contec-decode.ts'
import type { FrameRule, FrameVerdict } from './framing.ts'
import { type LineFrames, lineFrames } from './line-frames.ts'
import { valuesBySecond } from './seconds.ts'

/** Contec CMS50 oximeters over USB: 60 packets a second, out of which comes one reading for each finger. */

const OLD = 'contec-cms50-old'
const NEW = 'contec-cms50-new'
const PER_SECOND = 60

/** A frame whose first byte alone is on one side of 0x80. */
const marked =
  (length: number, isFirst: (byte: number) => boolean) =>
  (bytes: Uint8Array): FrameVerdict => {
    const rest = bytes.subarray(1, length)
    if (!isFirst(bytes[0] ?? 0) || rest.some((byte) => byte >= 0x80 === (bytes[0] ?? 0) >= 0x80)) return 'none'
    return bytes.length < length ? 'more' : { frame: length }
  }

const OLD_FRAMES: FrameRule = { longest: OLD_LENGTH, measure: marked(OLD_LENGTH, (byte) => byte >= 0x80) }
const NEW_FRAMES: FrameRule = { longest: NEW_LENGTH, measure: marked(NEW_LENGTH, (byte) => byte === LIVE) }

const ABOUT = {
  vendor: 'Contec',
  kinds: ['oxygen-saturation'],
  unitRule: 'fixed',
  timeRule: 'no-device-time',
  userSlots: 'none',
  storedRecords: 'none',
  commit: 'none: a live stream; sessions kept in the device are not read',
  bonding: 'none',
  setsClock: false,
  evidence: 'specification only',
} as const satisfies Partial<Declaration>

/** Hears packets until `most` have come, or the line is silent. @returns how many */
async function* hear(
  line: LineFrames,
  live: LiveValues,
  idleMs?: number,
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<SessionEvent, number> {
  let packets = 0
  for await (const heard of line.heard(idleMs)) {
    if (!(heard instanceof Uint8Array)) {
      yield heard
      continue
    }
    packets += 1
    const event = live.hear(heard)
    if (event !== undefined) yield event
    if (packets === most) break
  }
  return packets
}

function* atSilence(line: LineFrames, live: LiveValues): Generator<SessionEvent, void> {
  const last = live.end()
  if (last !== undefined) yield last
  const rest = line.rest()
  if (rest !== undefined) yield rest
}

async function* collectOld(link: SerialLink): AsyncGenerator<SessionEvent, void> {
  const line = lineFrames(link, OLD_FRAMES, OLD)
  const live = valuesBySecond(OLD, OXIMETRY_RULE, judgeOld, PER_SECOND)
  yield* hear(line, live)
  yield* atSilence(line, live)
}

const command = (code: number): Uint8Array => Uint8Array.of(0x7d, 0x81, code, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80)
const START_LIVE = command(0xa1)
const KEEP_ALIVE = command(0xaf)

/** The device wants to hear from the host about every five seconds; counted in its own packets, so without a clock. */
const KEEP_ALIVE_PACKETS = 4 * PER_SECOND
/** A streaming device is never silent for so long: it was switched off, or not on yet. */
const SILENT_MS = 4_000
/** After half a minute of silence the line is opened anew. */
const SILENCES = 8

async function* collectNew(link: SerialLink): AsyncGenerator<SessionEvent, void> {
  const line = lineFrames(link, NEW_FRAMES, NEW)
  const live = valuesBySecond(NEW, OXIMETRY_RULE, judgeNew, PER_SECOND)
  await link.write(START_LIVE)
  for (let silences = 0; silences < SILENCES; ) {
    const packets = yield* hear(line, live, SILENT_MS, KEEP_ALIVE_PACKETS)
    silences = packets > 0 ? 0 : silences + 1
    if (packets < KEEP_ALIVE_PACKETS) yield* atSilence(line, live)
    await link.write(packets === KEEP_ALIVE_PACKETS ? KEEP_ALIVE : START_LIVE)
  }
}

const OLD_QUIRKS = [
  '60 packets a second: one for each second counts',
  'becomes one reading when stable for ten seconds',
]

export const contecOld: SerialDriver = {
  transport: 'serial',
  settings: { baudRate: 19_200, dataBits: 8, parity: 'odd', stopBits: 1 },
  about: {
    ...ABOUT,
    id: 'contec-cms50-old',
    title: 'Contec CMS50, old protocol (19200 baud)',
    models: ['CMS50D', 'CMS50D+ before 4.6'],
    specialValues: 'pulse 0, SpO2 0 or 127: no value; finger out, probe error and searching are bits',
    sources: ['atbrask/CMS50Dplus', 'albertcbraun/CMS50FW', 'libsigrok'],
    quirks: [...OLD_QUIRKS, 'no checksum', 'odd parity; option parity: "none" for clones that need it'],
  },
  match: () => false,
  session: (link) => collectOld(link),
  decode: (record: RawRecord) => decodeOld(record[0].bytes, isUnsettled(record)),
}

export const contecNew: SerialDriver = {
  transport: 'serial',
  settings: { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1 },
  about: {
    ...ABOUT,
    id: 'contec-cms50-new',
    title: 'Contec CMS50, new protocol (115200 baud)',
    models: ['CMS50D+ from 4.6', 'CMS50E', 'CMS50F', 'CMS50EW'],
    specialValues: 'pulse or SpO2 0, SpO2 127: no value',
    sources: ['tobac/cms50ew', 'albertcbraun/CMS50FW', 'atbrask/CMS50Dplus'],
    quirks: [
      ...OLD_QUIRKS,
      'wants to be kept alive',
      'the eighth bit of the pulse and the order of the flags follow from the old packet, not from a recording',
    ],
  },
  match: () => false,
  session: (link) => collectNew(link),
  decode: (record: RawRecord) => decodeNew(record[0].bytes, isUnsettled(record)),
}
