import { addStatus, decoded } from '../decoded.ts'
import type { Decoded, GattLink, Measurement, SessionEvent } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { LiveSample } from '../live-stream.ts'
import type { Value } from '../reading.ts'
import type { FrameRule } from '../serial/framing.ts'
import { CONTEC_NOTIFY, CONTEC_SERVICE, CONTEC_WRITE, measured, requireSum, summed } from './contec-frames.ts'
import { dialogue } from './dialogue.ts'
import { liveOximeterDriver, unlessMissing } from './live-oximeter.ts'
import { IDLE_MS, named } from './visit.ts'

/** Contec CMS50D-BT: a wave sixty times a second, and between it saturation and pulse once a second. */

const HEADER = 0xeb
const WAVE = 0x00
const VALUES = 0x01
const WAVE_LENGTH = 6
const VALUES_LENGTH = 8
/** Answers repeat the request plus 0x50: EA is the answer to the handshake 9A, of unknown length. */
const HANDSHAKE_ANSWER = 0xea

const HANDSHAKE = summed(0x9a)
const START = summed(0x9b, 0x01)

const FRAMES: FrameRule = {
  longest: VALUES_LENGTH,
  measure: (bytes) => {
    const [header, type] = bytes
    if (header !== HEADER) return 'none'
    if (type === undefined) return 'more'
    if (type === WAVE) return measured(bytes, WAVE_LENGTH)
    return type === VALUES ? measured(bytes, VALUES_LENGTH) : 'none'
  },
}

/** Old packets of the same maker: 0 and 127 are no saturation. */
const SPO2_MISSING = [0, 127]
/** 4 and 6 were seen. By the maker's rule for 7-bit packets this bit is the eighth of the pulse; never seen set. */
const PULSE_HIGH_BIT = 0x01

function readPulse(packet: PacketReader, flags: number, spo2Missing: boolean): Value {
  const raw = packet.u8('Pulse Rate', '/min')
  if (flags & PULSE_HIGH_BIT) {
    packet.explain('above 127 perhaps: nobody has seen this')
    return { absent: 'reserved', unit: '/min' }
  }
  return unlessMissing(packet, raw, spo2Missing ? [0, 127] : [0], '/min')
}

function readValues(bytes: Uint8Array) {
  const packet = new PacketReader(bytes)
  const header = packet.u8('Header')
  if (header !== HEADER || packet.u8('Type') !== VALUES) {
    throw new PreCareError('packet-malformed', 'saturation and pulse start with EB 01')
  }
  const flags = packet.u8('Flags')
  const pulseRate = readPulse(packet, flags, SPO2_MISSING.includes(bytes[4] ?? 0))
  const oxygenSaturation = unlessMissing(packet, packet.u8('SpO2', '%'), SPO2_MISSING, '%')
  packet.bytes('Unknown 5-6', 2)
  requireSum(bytes, VALUES_LENGTH)
  packet.u8('Checksum')
  const measurement: Measurement = { kind: 'oxygen-saturation', values: { oxygenSaturation, pulseRate }, status: [] }
  return { packet, measurement, oxygenSaturation, pulseRate }
}

export function decodeContecOximetry(bytes: Uint8Array, unsettled = false): Decoded {
  const { packet, measurement } = readValues(bytes)
  return decoded(packet, [unsettled ? addStatus(measurement, 'questionable') : measurement])
}

function judge(bytes: Uint8Array): Omit<LiveSample<Uint8Array>, 'item'> {
  const { oxygenSaturation, pulseRate } = readValues(bytes)
  if ('absent' in oxygenSaturation) return { state: 'away', value: 0 }
  // A pulse that can't be read is no empty finger.
  const away = 'absent' in pulseRate && pulseRate.absent === 'not-measured'
  return { state: away ? 'away' : 'usable', value: oxygenSaturation.value }
}

async function* packets(link: GattLink): AsyncGenerator<Uint8Array | SessionEvent, void> {
  const talk = dialogue(link, {
    service: CONTEC_SERVICE,
    write: CONTEC_WRITE,
    notify: CONTEC_NOTIFY,
    frames: FRAMES,
    answerMs: IDLE_MS,
    expected: ([first]) => first === HANDSHAKE_ANSWER,
  })
  await talk.send(HANDSHAKE)
  await talk.send(START)
  for (;;) {
    const frame = yield* talk.next()
    if (frame === undefined) return
    if (frame[1] === VALUES) yield frame
  }
}

export const contecOximeter = liveOximeterDriver({
  about: {
    id: 'contec-cms50d-bt',
    title: 'Contec oximeter (Bluetooth)',
    vendor: 'Contec',
    models: ['CMS50D-BT'],
    specialValues: 'SpO2 0 and 127, and pulse 0, are no value',
    evidence: 'captured from a device',
    sources: ['tobiasisenberg/OxiVis#2 (recorded packets)', 'nringelstein/CMS50D-BT'],
    quirks: ['7-bit packets: how a pulse above 127 looks is not known', 'the service FF12 is shared; told by its name'],
  },
  match: named(/^(SpO2|CMS50)/),
  source: CONTEC_NOTIFY,
  packets,
  judge,
  decode: decodeContecOximetry,
})
