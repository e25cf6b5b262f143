import { decoded } from '../decoded.ts'
import type { BleDriver, Decoded } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import { heartRateDriver } from './heart-rate.ts'
import { named } from './visit.ts'

/** Polar straps and bands: 0x180D as it is, and the heart rate in every advertisement too. */

/** Bluetooth SIG company identifier of Polar Electro. */
const POLAR_COMPANY = 0x006b

/** Manufacturer data: company, the sensor's own bytes, and last of all the heart rate (0: nobody wears it). */
export function decodePolarAdvertisement(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  if (packet.u16('Company Identifier') !== POLAR_COMPANY) {
    throw new PreCareError('packet-malformed', 'the manufacturer data are not those of Polar')
  }
  packet.bytes('Sensor Data', Math.max(0, packet.surplusBytes - 1))
  const rate = packet.u8('Heart Rate', '/min')
  if (rate === 0) return decoded(packet, [])
  const heartRate = { value: rate, unit: '/min', decimals: 0 }
  return decoded(packet, [{ kind: 'heart-rate', values: { heartRate }, status: [] }])
}

export const polarHeartRate: BleDriver = heartRateDriver({
  about: {
    id: 'polar-heart-rate',
    title: 'Polar heart rate sensor',
    vendor: 'Polar Electro',
    models: ['H10', 'OH1'],
    evidence: 'captured from a device',
    sources: ['theengs/decoder, tests/BLE (advertisement of an H10)', 'polarofficial/polar-ble-sdk'],
    quirks: [
      'heart rate needs no bond',
      'the advertisement carries one too; the link is used, since only there contact and intervals are told',
    ],
  },
  match: named(/^Polar (H10|OH1)( |$)/),
})
