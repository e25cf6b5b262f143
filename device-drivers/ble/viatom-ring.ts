import { addStatus, decoded } from '../decoded.ts'
import type { Decoded, GattLink, Measurement, SessionEvent } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { LiveRule, LiveSample } from '../live-stream.ts'
import { liveOximeterDriver, unlessMissing } from './live-oximeter.ts'
import { named } from './visit.ts'

/** Viatom and Wellue O2Ring, Checkme O2: a ring that answers when it is asked what it sees. */

export const VIATOM_SERVICE = '14839AC47D7E415C9A42167340CF2339'
export const VIATOM_WRITE = '8B00ACE7EB0B49B0BBE99AEE0A26E1A3'
export const VIATOM_NOTIFY = '0734594AA8E74B1AA6B1CD5243059A57'

const COMMAND = 0xaa
const ANSWER = 0x55
const READ_VALUES = 0x17
const VALUES_LENGTH = 13
const MISSING = [0, 255]

/** CRC-8, polynomial 07, start 0: over all bytes before it. */
function crc8(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x80 ? (crc << 1) ^ 0x07 : crc << 1) & 0xff) >>> 0
  }
  return crc
}

function requireCrc(packet: PacketReader, bytes: Uint8Array): void {
  const at = packet.offset
  if (packet.u8('CRC') !== crc8(bytes.subarray(0, at))) {
    throw new PreCareError('checksum-wrong', `the CRC at offset ${at} is another`)
  }
}

/** AA, operation, its complement, block, length, CRC. */
export function viatomCommand(operation: number): Uint8Array {
  const body = Uint8Array.of(COMMAND, operation, ~operation & 0xff, 0, 0, 0, 0)
  return Uint8Array.of(...body, crc8(body))
}

const OPERATIONS: Readonly<Record<number, string>> = { [READ_VALUES]: 'read current values' }

export function decodeViatomCommand(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  if (packet.u8('Start') !== COMMAND) throw new PreCareError('packet-malformed', 'a command starts with AA')
  const operation = packet.u8('Operation')
  packet.explain(OPERATIONS[operation] ?? 'unknown')
  if (packet.u8('Complement') !== (~operation & 0xff)) {
    throw new PreCareError('packet-malformed', 'the operation and its complement do not fit')
  }
  packet.u16('Block')
  packet.bytes('Data', packet.u16('Length'))
  requireCrc(packet, bytes)
  return decoded(packet, [])
}

function readValues(bytes: Uint8Array) {
  const packet = new PacketReader(bytes)
  const start = packet.u8('Start')
  const status = packet.u8('Status')
  const complement = packet.u8('Complement')
  if (start !== ANSWER || complement !== (~status & 0xff)) {
    throw new PreCareError('packet-malformed', 'an answer starts with 55, a status and its complement')
  }
  if (status !== 0) throw new PreCareError('device-refused', `the ring answers with status ${status}`)
  packet.u16('Packet Number')
  const length = packet.u16('Length')
  if (length < VALUES_LENGTH) throw new PreCareError('packet-malformed', `current values have 13 bytes, not ${length}`)
  const oxygenSaturation = unlessMissing(packet, packet.u8('SpO2', '%'), MISSING, '%')
  const pulseRate = unlessMissing(packet, packet.u8('Pulse Rate', '/min'), MISSING, '/min')
  packet.bytes('Unknown 9-13', 5)
  const battery = packet.u8('Battery', '%')
  packet.u8('Unknown 15')
  packet.u8('Movement')
  packet.u8('Perfusion Index')
  packet.explain('steps unknown')
  const worn = packet.u8('Worn') !== 0
  packet.bytes('Unknown 19', length - VALUES_LENGTH + 1)
  // The CRC is in a notification of its own when the link carries 20 bytes at a time; it may have got lost there.
  if (packet.surplusBytes > 0) requireCrc(packet, bytes)
  const measurement: Measurement = {
    kind: 'oxygen-saturation',
    values: { oxygenSaturation, pulseRate },
    status: worn ? [] : ['sensor-off'],
  }
  return { packet, measurement, worn, battery, oxygenSaturation, pulseRate }
}

export function decodeViatomValues(bytes: Uint8Array, unsettled = false): Decoded {
  const { packet, measurement } = readValues(bytes)
  return decoded(packet, [unsettled ? addStatus(measurement, 'questionable') : measurement])
}

function judge(bytes: Uint8Array): Omit<LiveSample<Uint8Array>, 'item'> {
  const { worn, oxygenSaturation, pulseRate } = readValues(bytes)
  if (!worn) return { state: 'away', value: 0 }
  // Worn and without values: it is still looking for the pulse.
  if ('absent' in oxygenSaturation || 'absent' in pulseRate) return { state: 'unsettled', value: 0 }
  return { state: 'usable', value: oxygenSaturation.value }
}

/** As others ask it (ecostech/viatom-ble): asking more often empties its battery. */
const POLL_EVERY_MS = 2_000
/** {@link OXIMETRY_RULE} in polls instead of seconds. */
const RULE: LiveRule = { window: 5, settle: 0, spread: 2, patience: 30, minimum: 3 }
/** Some four minutes: a ring that is worn all night gives a reading in each visit, and the visit must end by itself. */
const POLLS = 110
const SILENT_POLLS = 3

/** Asks, and takes all that comes until the next time to ask for the answer. */
async function* packets(link: GattLink): AsyncGenerator<Uint8Array | SessionEvent, void> {
  let batteryTold = false
  let silent = 0
  for (let i = 0; i < POLLS && silent < SILENT_POLLS; i++) {
    const values = await link.subscribe(VIATOM_SERVICE, VIATOM_NOTIFY, { idleMs: POLL_EVERY_MS })
    await link.write(VIATOM_SERVICE, VIATOM_WRITE, viatomCommand(READ_VALUES))
    const parts: Uint8Array[] = []
    for await (const bytes of values) parts.push(bytes)
    silent = parts.length === 0 ? silent + 1 : 0
    if (parts.length === 0) continue
    const answer = new Uint8Array(Buffer.concat(parts))
    yield answer
    const battery = batteryTold ? undefined : answer[14]
    if (battery !== undefined && battery <= 100 && answer[0] === ANSWER) {
      batteryTold = true
      yield { type: 'battery', percent: battery }
    }
  }
}

export const viatomRing = liveOximeterDriver({
  about: {
    id: 'viatom-ring',
    title: 'Viatom or Wellue oximeter ring',
    vendor: 'Viatom',
    models: ['O2Ring', 'Checkme O2'],
    specialValues: 'SpO2 or pulse 0 and FF are no value; a flag says whether it is worn',
    evidence: 'captured from a device',
    sources: ['ecostech/viatom-ble', 'recorded packet in an article about the O2Ring (codepudding)'],
    quirks: [
      'is asked every two seconds',
      'worn on, it gives one reading a visit of four minutes',
      'the steps of its perfusion index and the recordings in its memory are not known',
      'newer rings with service E8FB0001 speak another protocol',
    ],
  },
  match: named(/^(O2Ring|Checkme)/),
  source: VIATOM_NOTIFY,
  packets,
  judge,
  rule: RULE,
  decode: decodeViatomValues,
})
