import { addStatus, decoded } from '../decoded.ts'
import type { Decoded, GattLink, Measurement, SessionEvent } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { LiveSample } from '../live-stream.ts'
import { rejected } from '../rejected.ts'
import { liveOximeterDriver, notified, unlessMissing } from './live-oximeter.ts'

/** Jumper JPD-500F ("My Oximeter"): four bytes a second, between packets of the pulse wave. */

export const JUMPER_SERVICE = 'CDEACB8052354C07884693A37EE6B86D'
export const JUMPER_VALUES = 'CDEACB8152354C07884693A37EE6B86D'

const VALUES = 0x81
const WAVE = 0x80
const PULSE_MISSING = 0xff
const SPO2_MISSING = 0x7f

function readValues(bytes: Uint8Array) {
  const packet = new PacketReader(bytes)
  if (packet.u8('Header') !== VALUES) throw new PreCareError('packet-malformed', 'a packet with values starts with 81')
  const pulseRate = unlessMissing(packet, packet.u8('Pulse Rate', '/min'), [PULSE_MISSING], '/min')
  const oxygenSaturation = unlessMissing(packet, packet.u8('SpO2', '%'), [SPO2_MISSING], '%')
  const index = packet.u8('Perfusion Index', '%/10')
  const measurement: Measurement = {
    kind: 'oxygen-saturation',
    values: {
      oxygenSaturation,
      pulseRate,
      perfusionIndex: { value: Number(`${index}e-1`), unit: '%', decimals: 1 },
    },
    status: [],
  }
  return { packet, measurement, measured: 'value' in pulseRate && 'value' in oxygenSaturation }
}

export function decodeJumper(bytes: Uint8Array, unsettled = false): Decoded {
  const { packet, measurement } = readValues(bytes)
  return decoded(packet, [unsettled ? addStatus(measurement, 'questionable') : measurement])
}

function judge(bytes: Uint8Array): Omit<LiveSample<Uint8Array>, 'item'> {
  const { measurement, measured } = readValues(bytes)
  const { oxygenSaturation: saturation } = measurement.values
  return measured && saturation && 'value' in saturation
    ? { state: 'usable', value: saturation.value }
    : { state: 'away', value: 0 }
}

async function* packets(link: GattLink): AsyncGenerator<Uint8Array | SessionEvent, void> {
  for await (const bytes of notified(link, JUMPER_SERVICE, JUMPER_VALUES)) {
    if (bytes[0] === WAVE) continue
    if (bytes[0] === VALUES) yield bytes
    else yield rejected(JUMPER_VALUES, bytes, new PreCareError('packet-malformed', 'neither values nor a wave'))
  }
}

export const jumperOximeter = liveOximeterDriver({
  about: {
    id: 'jumper-oximeter',
    title: 'Jumper oximeter',
    vendor: 'Jumper',
    models: ['JPD-500F'],
    specialValues: 'pulse FF and SpO2 7F are no value',
    evidence: 'specification only',
    sources: ['weliem/LivecareBluetoothSDK JumperSPO2.java'],
    quirks: ['no battery, no identity, no status bits'],
  },
  match: ({ name, services }) => name === 'My Oximeter' || services.includes(JUMPER_SERVICE),
  source: JUMPER_VALUES,
  packets,
  judge,
  decode: decodeJumper,
})
