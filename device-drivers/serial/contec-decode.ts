import { decoded } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { LiveSample } from '../live-stream.ts'
import type { Status, Value } from '../reading.ts'
import type { Judge } from './seconds.ts'

/** Live packets of Contec CMS50 oximeters: the old protocol (5 bytes) and the new one (9 bytes). */

export const OLD_LENGTH = 5
export const NEW_LENGTH = 9
/** Type of a live packet in the new protocol. */
export const LIVE = 0x01

interface Live {
  readonly packet: PacketReader
  readonly measurement: Measurement
  readonly state: LiveSample<unknown>['state']
}

/** Seven bits hold no saturation above 100; 127 is all of them set. */
const SATURATION_MISSING = 127

const pulseOf = (raw: number): Value =>
  raw === 0 ? { absent: 'not-measured', unit: '/min' } : { value: raw, unit: '/min', decimals: 0 }

const saturationOf = (raw: number): Value =>
  raw === 0 || raw === SATURATION_MISSING
    ? { absent: 'not-measured', unit: '%' }
    : { value: raw, unit: '%', decimals: 0 }

function live(
  packet: PacketReader,
  pulse: number,
  saturation: number,
  is: { readonly away: boolean; readonly fault: boolean; readonly searching: boolean },
): Live {
  const pulseRate = pulseOf(pulse)
  const oxygenSaturation = saturationOf(saturation)
  packet.derived('Pulse Rate', pulse === 0 ? null : pulse, pulse === 0 ? 'no value' : 'bit 7, then bits 6-0')
  packet.derived(
    'SpO2',
    'value' in oxygenSaturation ? saturation : null,
    'value' in oxygenSaturation ? 'bits 6-0' : 'no value',
  )
  const status: Status[] = []
  if (is.away) status.push('sensor-off')
  if (is.fault) status.push('sensor-fault')
  if (is.searching) status.push('poor-signal')
  const nothing = is.away || 'absent' in pulseRate || 'absent' in oxygenSaturation
  return {
    packet,
    measurement: { kind: 'oxygen-saturation', values: { oxygenSaturation, pulseRate }, status },
    state: nothing ? 'away' : is.fault || is.searching ? 'unsettled' : 'usable',
  }
}

/** Bit 7 marks the first of five bytes, and there is no checksum. */
function readOld(bytes: Uint8Array): Live {
  const packet = new PacketReader(bytes)
  const first = packet.flags('Signal', 1, { 'Finger Out': 4, 'SpO2 Dropping': 5, Beep: 6 })
  packet.derived('Signal Strength', (bytes[0] ?? 0) & 15, 'bits 3-0 of Signal')
  packet.u8('Waveform')
  const second = packet.flags('Bar', 1, { 'Probe Error': 4, Searching: 5, 'Pulse Rate bit 7': 6 })
  packet.derived('Bar Graph', (bytes[2] ?? 0) & 15, 'bits 3-0 of Bar')
  const low = packet.u8('Pulse Rate bits 6-0')
  const saturation = packet.u8('SpO2 bits 6-0')
  if ((bytes[0] ?? 0) < 0x80 || bytes.subarray(1, OLD_LENGTH).some((byte) => byte >= 0x80)) {
    throw new PreCareError('packet-malformed', 'bit 7 marks the first byte, and only that')
  }
  return live(packet, low | (second['Pulse Rate bit 7'] ? 0x80 : 0), saturation, {
    away: first['Finger Out'],
    fault: second['Probe Error'],
    searching: second.Searching,
  })
}

/**
 * Type 01, a byte with bit 7 of each of the seven that follow, and those; only the type is below 0x80. Flags beside
 * signal and bar are not read: their places were never confirmed, and a wrong one would cost readings.
 */
function readNew(bytes: Uint8Array): Live {
  const packet = new PacketReader(bytes)
  if (packet.u8('Type') !== LIVE) throw new PreCareError('packet-malformed', 'no live packet')
  const high = packet.u8('High Bits')
  packet.u8('Signal')
  packet.u8('Waveform')
  packet.u8('Bar')
  const pulse = (packet.u8('Pulse Rate bits 6-0') & 0x7f) | (((high >>> 3) & 1) << 7)
  const saturation = packet.u8('SpO2 bits 6-0') & 0x7f
  packet.bytes('Filler', 2)
  if (bytes.subarray(1, NEW_LENGTH).some((byte) => byte < 0x80)) {
    throw new PreCareError('packet-malformed', 'only the type is below 0x80')
  }
  return live(packet, pulse, saturation, { away: false, fault: false, searching: false })
}

function decode({ packet, measurement }: Live, unsettled: boolean): Decoded {
  const status: readonly Status[] = unsettled ? [...measurement.status, 'questionable'] : measurement.status
  return decoded(packet, [{ ...measurement, status }])
}

const numberOf = (value: Value | undefined): number => (value && 'value' in value ? value.value : 0)

function judge({ measurement, state }: Live): ReturnType<Judge> {
  const { oxygenSaturation, pulseRate } = measurement.values
  return { state, value: numberOf(oxygenSaturation), pulse: numberOf(pulseRate) }
}

/** @param unsettled the stream never came to rest */
export const decodeOld = (bytes: Uint8Array, unsettled = false): Decoded => decode(readOld(bytes), unsettled)
export const decodeNew = (bytes: Uint8Array, unsettled = false): Decoded => decode(readNew(bytes), unsettled)
export const judgeOld = (bytes: Uint8Array): ReturnType<typeof judge> => judge(readOld(bytes))
export const judgeNew = (bytes: Uint8Array): ReturnType<typeof judge> => judge(readNew(bytes))
