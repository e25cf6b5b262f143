import { decoded } from '../decoded.ts'
import type { BleDriver, Decoded, Measurement } from '../driver.ts'
import { measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import { convert } from '../units.ts'
import { AND, AND_QUIRKS, sendAll } from './and.ts'
import { collectRecords, named } from './visit.ts'
import { weightScaleDriver } from './weight-scale.ts'

/** A&D UC-352BLE: a scale from before the Weight Scale Service, with the same idea of a packet and other steps. */

export const AND_SCALE_SERVICE = '234341001FE41EFF80CB00FF78297D8B'
export const AND_WEIGHT = '234341011FE41EFF80CB00FF78297D8B'

/** Its own weight packet: steps of 0.1 kg or 0.1 lb, where 0x2A9D has 0.005 kg and 0.01 lb. */
export function decodeAndWeight(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const flags = packet.flags('Flags', 1, { 'Measurement Units': 0, 'Time Stamp present': 1 })
  const unit = flags['Measurement Units'] ? '[lb_av]' : 'kg'
  const weight = packet.scaledU16('Weight', { times: 1, exponent: -1, unit })
  const time = flags['Time Stamp present'] ? packet.dateTime('Time Stamp') : undefined
  const { timing, status } = measurementTime(time)
  const measurement: Measurement = { kind: 'weight', values: { weight: convert(weight, 'kg') }, status, ...timing }
  return decoded(packet, [measurement])
}

const standard = weightScaleDriver({
  about: {
    ...AND,
    id: 'and-scale',
    title: 'A&D scale',
    models: ['UC-352BLE'],
    specialValues: 'none known in its own packet; 0xFFFF in 0x2A9D is an unsuccessful measurement',
    sources: [...AND.sources, 'A&D sample applications (UUIDs of the own service)'],
    quirks: [
      ...AND_QUIRKS,
      'its own service in steps of 0.1 kg; newer ones speak 0x181D instead, and then that is used',
    ],
  },
  match: named(/^A&D_UC-352BLE/),
  beforeSubscribe: sendAll,
})

const OWN_PLAN = { service: AND_SCALE_SERVICE, characteristic: AND_WEIGHT, beforeSubscribe: sendAll }

export const andScale: BleDriver = {
  ...standard,
  session: (link, visit) => {
    const own = link.has(AND_SCALE_SERVICE, AND_WEIGHT)
    return own ? collectRecords(link, visit, OWN_PLAN) : standard.session(link, visit)
  },
  decode: (record) => {
    const [packet] = record
    return packet.source === AND_WEIGHT ? decodeAndWeight(packet.bytes) : standard.decode(record)
  },
}
