import { decoded, statusesOf } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { LiveSample } from '../live-stream.ts'
import type { Status } from '../reading.ts'
import { liveOximeterDriver, notified, unlessMissing } from './live-oximeter.ts'

/** Nonin 3230 and WristOx2 3150: Nonin Continuous Oximetry characteristic (Nonin 113142-000-02). Big-endian. */

export const NONIN_SERVICE = '46A970E00D5F11E28B5E0002A5D5C51B'
export const NONIN_OXIMETRY = '0AAD7EA00D6011E28E3C0002A5D5C51B'

const LENGTH = 10
const SPO2_MISSING = 127
const PULSE_MISSING = 511

function readOximetry(bytes: Uint8Array) {
  const packet = new PacketReader(bytes)
  if (packet.u8('Length') < LENGTH) throw new PreCareError('packet-malformed', 'an oximetry packet has 10 bytes')
  const flags = packet.flags('Status', 1, {
    Sync: 0,
    'Weak Signal': 1,
    SmartPoint: 2,
    Searching: 3,
    'Sensor Attached': 4,
    'Low Battery': 5,
    Encrypted: 6,
  })
  packet.u8('Battery Voltage', 'V/10')
  const amplitude = packet.u16be('Pulse Amplitude Index', '%/100')
  packet.u16be('Counter')
  const oxygenSaturation = unlessMissing(packet, packet.u8('SpO2', '%'), [SPO2_MISSING], '%')
  const pulseRate = unlessMissing(packet, packet.u16be('Pulse Rate', '/min'), [PULSE_MISSING], '/min')
  return { packet, flags, amplitude, oxygenSaturation, pulseRate }
}

/** One packet. SmartPoint is the oximeter's own verdict; without it, or with a weak signal, the value is questionable. */
export function decodeNoninOximetry(bytes: Uint8Array, unsettled = false): Decoded {
  const { packet, flags, amplitude, oxygenSaturation, pulseRate } = readOximetry(bytes)
  const found = statusesOf(flags, { 'Weak Signal': 'low-perfusion', 'Low Battery': 'battery-low' })
  const doubt: Status[] = flags.SmartPoint && !flags['Weak Signal'] && !unsettled ? [] : ['questionable']
  const measurement: Measurement = {
    kind: 'oxygen-saturation',
    values: {
      oxygenSaturation,
      pulseRate,
      perfusionIndex: { value: Number(`${amplitude}e-2`), unit: '%', decimals: 2 },
    },
    status: [...found, ...doubt, ...(flags['Sensor Attached'] ? [] : (['sensor-off'] as const))],
  }
  return decoded(packet, [measurement])
}

/** Only what passed SmartPoint with a signal that is not weak ever becomes a reading. */
export function judgeNoninOximetry(bytes: Uint8Array): Omit<LiveSample<Uint8Array>, 'item'> {
  const { flags, oxygenSaturation, pulseRate } = readOximetry(bytes)
  if (!flags['Sensor Attached']) return { state: 'away', value: 0 }
  const measured = 'value' in oxygenSaturation && 'value' in pulseRate
  if (!measured || flags.Searching || flags['Weak Signal'] || !flags.SmartPoint) return { state: 'unsettled', value: 0 }
  return { state: 'final', value: oxygenSaturation.value }
}

export const noninOximeter = liveOximeterDriver({
  about: {
    id: 'nonin-ble',
    title: 'Nonin oximeter (own service)',
    vendor: 'Nonin',
    models: ['3230', 'WristOx2 3150'],
    specialValues: 'SpO2 127 and pulse 511 are missing; without SmartPoint, or with a weak signal, there is no reading',
    bonding: 'required',
    evidence: 'specification only',
    sources: ['Nonin 113142-000-02, Continuous Oximetry characteristic', 'andreasdri/nonin-3230-ble'],
    quirks: ['pairs only within two minutes after the battery was put in', 'the memory of the 3150 is not read'],
  },
  match: ({ name, services }) => /^Nonin(3230|3150)_/.test(name ?? '') || services.includes(NONIN_SERVICE),
  source: NONIN_OXIMETRY,
  packets: (link) => notified(link, NONIN_SERVICE, NONIN_OXIMETRY),
  judge: judgeNoninOximetry,
  decode: decodeNoninOximetry,
})
