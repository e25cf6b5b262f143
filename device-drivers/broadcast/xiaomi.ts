import { decoded } from '../decoded.ts'
import type { Advertisement, BroadcastDriver, Decoded, Measurement, RawRecord } from '../driver.ts'
import { type DeviceTime, measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { Value } from '../reading.ts'
import { convert } from '../units.ts'

/**
 * Xiaomi scales: the weight is in the service data of every advertisement, under the numbers of SIG services whose layout
 * it is not. One measurement is said for a minute or more, with changing flags.
 */

type Unit = 'kg' | 'lb' | 'jin'

/** Units of the packet: kg in 1/200, pounds and jin (half a kilogram) in 1/100. */
const SCALES = {
  kg: { times: 5, exponent: -3, unit: 'kg' },
  lb: { times: 1, exponent: -2, unit: '[lb_av]' },
  jin: { times: 5, exponent: -3, unit: 'kg' },
} as const

const unitOf = (pounds: boolean, jin: boolean): Unit => (pounds ? 'lb' : jin ? 'jin' : 'kg')

interface Heard {
  readonly packet: PacketReader
  /** The scale has settled on this weight. */
  readonly stabilised: boolean
  /** Not a suitcase. */
  readonly person: boolean
  readonly measurement: Measurement
}

function measurementOf(weight: Value, time: DeviceTime): Measurement {
  const { timing, status } = measurementTime(time)
  return { kind: 'weight', values: { weight: convert(weight, 'kg') }, status, ...timing }
}

/** Mi Smart Scale, 10 bytes under 181D. */
function readWeight(bytes: Uint8Array): Heard {
  const packet = new PacketReader(bytes)
  const flags = packet.flags('Control', 1, {
    Pounds: 0,
    Jin: 4,
    Stabilised: 5,
    Object: 6,
    'Weight Removed': 7,
  })
  const weight = packet.scaledU16('Weight', SCALES[unitOf(flags.Pounds, flags.Jin)])
  const measurement = measurementOf(weight, packet.dateTime('Time Stamp'))
  return { packet, stabilised: flags.Stabilised, person: !flags.Object, measurement }
}

/** Mi Body Composition Scale, 13 bytes under 181B. */
function readComposition(bytes: Uint8Array): Heard {
  const packet = new PacketReader(bytes)
  const first = packet.flags('Control 1', 1, { Pounds: 0, Object: 2 })
  const second = packet.flags('Control 2', 1, {
    'Impedance Measured': 1,
    Stabilised: 5,
    Jin: 6,
    'Weight Removed': 7,
  })
  const time = packet.dateTime('Time Stamp')
  packet.u16('Impedance', 'Ohm')
  if (!second['Impedance Measured']) packet.explain('not measured')
  const weight = packet.scaledU16('Weight', SCALES[unitOf(first.Pounds, second.Jin)])
  return {
    packet,
    stabilised: second.Stabilised,
    person: !first.Object,
    measurement: measurementOf(weight, time),
  }
}

/** A weight that is still moving, or of a suitcase, is no measurement. */
function decodedHeard({ packet, stabilised, person, measurement }: Heard): Decoded {
  return decoded(packet, stabilised && person ? [measurement] : [])
}

export const decodeXiaomiWeight = (bytes: Uint8Array): Decoded => decodedHeard(readWeight(bytes))
export const decodeXiaomiComposition = (bytes: Uint8Array): Decoded => decodedHeard(readComposition(bytes))

/** What both models differ in. */
interface Model {
  readonly service: '181D' | '181B'
  readonly length: number
  readonly decode: (bytes: Uint8Array) => Decoded
  /** The bytes without what changes while one measurement is repeated, so that it is one record. */
  readonly settled: (bytes: Uint8Array) => Uint8Array
  readonly about: Pick<BroadcastDriver['about'], 'id' | 'title' | 'models' | 'quirks'>
}

/** Weight Removed and Impedance Measured, in the last control byte. */
const REMOVED = 0x80
const MEASURED = 0x02

function xiaomi({ service, length, decode, settled, about }: Model): BroadcastDriver {
  const heard = `${service} advertisement`
  const dataOf = (seen: Advertisement): Uint8Array | undefined => {
    const data = seen.serviceData[service]
    return data?.length === length ? data : undefined
  }
  return {
    transport: 'broadcast',
    about: {
      vendor: 'Xiaomi',
      kinds: ['weight'],
      unitRule: 'flag',
      timeRule: 'device-time',
      specialValues: 'a weight that is not stabilised, or of an object, is no measurement',
      userSlots: 'none',
      storedRecords: 'none',
      commit: 'none: the device only advertises',
      bonding: 'none',
      setsClock: false,
      evidence: 'captured from a device',
      sources: ['theengs/decoder, tests/BLE', 'sputnikdev/bluetooth-gatt-parser', 'oliexdev/openScale'],
      ...about,
    },
    match: (seen) => dataOf(seen) !== undefined,
    record(seen): RawRecord | undefined {
      const data = dataOf(seen)
      if (data === undefined || decode(data).measurements.length === 0) return undefined
      return [
        { source: service, bytes: settled(data) },
        { source: heard, bytes: data },
      ]
    },
    decode: ([packet]: RawRecord): Decoded => decode(packet.bytes),
  }
}

export const xiaomiScale = xiaomi({
  service: '181D',
  length: 10,
  decode: decodeXiaomiWeight,
  settled: ([control = 0, ...rest]) => Uint8Array.of(control & ~REMOVED, ...rest),
  about: {
    id: 'xiaomi-scale',
    title: 'Xiaomi scale',
    models: ['Mi Smart Scale 2 (MI SCALE2)'],
    quirks: ['its clock is set by its own application only', 'the same measurement is repeated for a minute'],
  },
})

export const xiaomiCompositionScale = xiaomi({
  service: '181B',
  length: 13,
  decode: decodeXiaomiComposition,
  settled: ([first = 0, second = 0, ...rest]) =>
    Uint8Array.of(first, second & ~(REMOVED | MEASURED), ...rest.slice(0, 7), 0, 0, ...rest.slice(9)),
  about: {
    id: 'xiaomi-composition-scale',
    title: 'Xiaomi body composition scale',
    models: ['Mi Body Composition Scale (MIBCS, MIBFS)'],
    quirks: [
      'its clock is set by its own application only',
      'impedance comes seconds after the weight and says nothing without a formula of the maker: only the weight counts',
    ],
  },
})
