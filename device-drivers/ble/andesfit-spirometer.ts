import { decoded } from '../decoded.ts'
import type { BleDriver, Decoded, GattLink, Measurement, RawRecord, SessionEvent } from '../driver.ts'
import { isPreCareError, PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import { type Dialogue, dialogue } from './dialogue.ts'
import { readBattery, readIdentity } from './identity.ts'
import { named } from './visit.ts'

/** AndesFit spirometer ("BLE-MSA"): FEV1 and peak flow of the blows just made. */

export const ANDESFIT_SERVICE = 'FFF0'
/** Which of the two notifies is told either way round by those who have one; the device itself knows. */
const ONE = 'FF0B'
const OTHER = 'FF0A'

const RESULT = 0xdd
const BLOW_LENGTH = 8

/** In place of a frame's own name: the frame that a blow came in, where it held several. */
const WHOLE_FRAME = 'andesfit-frame'

/** One blow: a stamp that counts seconds, FEV1 in 10 mL, peak flow in L/min. Little-endian. */
function readBlow(packet: PacketReader, prefix: string): Measurement {
  const stamp = packet.u32(`${prefix}Stamp`)
  const fev1 = packet.scaledU16(`${prefix}FEV1`, { times: 1, exponent: -2, unit: 'L' })
  const peakFlow = packet.scaledU16(`${prefix}PEF`, { times: 1, exponent: 0, unit: 'L/min' })
  return {
    kind: 'spirometry',
    values: { fev1, peakFlow },
    status: [],
    sequence: stamp,
  }
}

/**
 * DD and one blow of 8 bytes or several; newest first. The stamp tells blows apart, and is no device time: nothing says
 * whether the clock behind it is set, or to which zone.
 * @throws PreCareError 'packet-too-short', 'packet-malformed'
 */
export function decodeAndesFit(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  if (packet.u8('Header') !== RESULT) throw new PreCareError('packet-malformed', 'a result starts with DD')
  const blows: Measurement[] = []
  const count = Math.max(1, Math.floor(packet.surplusBytes / BLOW_LENGTH))
  for (let i = 1; i <= count; i++) blows.unshift(readBlow(packet, i === count ? '' : `Earlier Blow ${i} `))
  return decoded(packet, blows)
}

/** A blow has one identity whether it came alone or with others, so each is a record of its own. */
function recordsOf(frame: Uint8Array): readonly RawRecord[] {
  const count = Math.floor((frame.length - 1) / BLOW_LENGTH)
  if (count < 2) return [[{ source: ONE, bytes: frame }]]
  return Array.from({ length: count }, (_, i): RawRecord => {
    const bytes = Uint8Array.of(RESULT, ...frame.subarray(1 + i * BLOW_LENGTH, 1 + (i + 1) * BLOW_LENGTH))
    return [
      { source: ONE, bytes },
      { source: WHOLE_FRAME, bytes: frame },
    ]
  })
}

/** The pause between two questions whether somebody has blown, and the longest wait for an answer. */
const ANSWER_MS = 1_000
/** Under five minutes: a citizen who reads the leaflet first. */
const POLLS = 240

const ASK_READY = Uint8Array.of(0x55, 0x06)
const ASK_COUNT = Uint8Array.of(0x55, 0x01)
const askResult = (number: number): Uint8Array => Uint8Array.of(0x55, 0x02, number, 0)
const RECEIVED = Uint8Array.of(0x55, 0x03)

const answers =
  (operation: number) =>
  (frame: Uint8Array): boolean =>
    frame[0] === 0xaa && frame[1] === operation

/** Listens where the device notifies. */
async function open(link: GattLink): Promise<Dialogue> {
  const talk = (notify: string, write: string): Dialogue =>
    dialogue(link, { service: ANDESFIT_SERVICE, notify, write, answerMs: ANSWER_MS })
  const first = talk(ONE, OTHER)
  try {
    await first.listen()
    return first
  } catch (error) {
    if (!isPreCareError(error, 'device-refused') && !isPreCareError(error, 'characteristic-missing')) throw error
    return talk(OTHER, ONE)
  }
}

/** Waits until there is a result. False: nobody has blown. */
async function* awaitResult(talk: Dialogue): AsyncGenerator<SessionEvent, boolean> {
  for (let i = 0; i < POLLS; i++) {
    const state = yield* talk.ask(ASK_READY, answers(0x06))
    if (state?.[2] === 0) return true
    // The silence until the next question.
    if (state !== undefined) yield* talk.next()
  }
  return false
}

async function* collect(link: GattLink): AsyncGenerator<SessionEvent, void> {
  yield* readIdentity(link)
  yield* readBattery(link)
  const talk = await open(link)
  if (!(yield* awaitResult(talk))) return
  const count = yield* talk.demand(ASK_COUNT, answers(0x01))
  const result = yield* talk.demand(askResult(count[3] ?? 0), (frame) => frame[0] === RESULT)
  for (const record of recordsOf(result)) yield { type: 'record', record }
  yield* talk.ask(RECEIVED, answers(0x03))
}

export const andesFitSpirometer: BleDriver = {
  transport: 'ble',
  about: {
    id: 'andesfit-spirometer',
    title: 'AndesFit spirometer',
    vendor: 'AndesFit',
    models: ['BLE-MSA'],
    kinds: ['spirometry'],
    unitRule: 'fixed',
    timeRule: 'no-device-time',
    specialValues: 'none known',
    userSlots: 'none',
    storedRecords: 'sent-once',
    commit: 'none: the session says "received" (55 03) when all blows are on disk',
    bonding: 'none',
    setsClock: false,
    evidence: 'captured from a device',
    sources: ['weliem/LivecareBluetoothSDK SpirometerAndesFit.java (commands, two recorded frames)'],
    quirks: [
      'only FEV1 and peak flow are understood',
      'a frame with several blows, and the stamp of each, are read from two recordings only',
      'FF0A and FF0B: the one that can notify does',
    ],
  },
  match: named(/^BLE-MSA/),
  session: collect,
  decode: ([packet]) => decodeAndesFit(packet.bytes),
}
