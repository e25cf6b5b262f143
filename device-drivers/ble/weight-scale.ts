import { decoded } from '../decoded.ts'
import type { BleDriver, Decoded, Measurement, RawRecord } from '../driver.ts'
import { measurementTime } from '../gatt/date-time.ts'
import { PacketReader, type Scale } from '../gatt/packet-reader.ts'
import { CHARACTERISTIC, SERVICE } from '../gatt/uuids.ts'
import { isNumber, type Value } from '../reading.ts'
import { convert, rounded } from '../units.ts'
import { withConsent } from './user-data.ts'
import { readUserId } from './user-id.ts'
import { advertises, recordDriver, type Variant } from './visit.ts'

/** Weight Scale Service 0x181D (WSS 1.0): Weight Measurement 0x2A9D. */

/** 0xFFFF: measurement unsuccessful (WSS 1.0, 3.2.1.2). */
const UNSUCCESSFUL = 0xffff

const WEIGHT: Readonly<Record<'si' | 'imperial', Scale>> = {
  si: { times: 5, exponent: -3, unit: 'kg', unsuccessful: UNSUCCESSFUL },
  imperial: { times: 1, exponent: -2, unit: '[lb_av]', unsuccessful: UNSUCCESSFUL },
}
const HEIGHT: Readonly<Record<'si' | 'imperial', Scale>> = {
  si: { times: 1, exponent: -3, unit: 'm' },
  imperial: { times: 1, exponent: -1, unit: '[in_i]' },
}
const BMI: Scale = { times: 1, exponent: -1, unit: 'kg/m2' }

/** Decimals by weight resolution code of 0x2A9E: 0.5, 0.2, 0.1, 0.05, 0.02, 0.01 and 0.005 kg; 1 lb to 0.01 lb. */
const DECIMALS_BY_RESOLUTION = {
  si: [undefined, 1, 1, 1, 2, 2, 2, 3],
  imperial: [undefined, 0, 1, 1, 1, 2, 2, 2],
} as const

/** Bits 3 to 6 of Weight Scale Feature 0x2A9E; undefined: the scale does not say. */
function resolutionDecimals(feature: Uint8Array | undefined, units: 'si' | 'imperial'): number | undefined {
  const first = feature?.[0]
  return first === undefined ? undefined : DECIMALS_BY_RESOLUTION[units][(first >>> 3) & 0xf]
}

/** The wire has steps of 5 g; a scale that resolves 100 g says so in its features, and its display shows one decimal. */
function asShown(weight: Value, decimals: number | undefined): Value {
  if (!isNumber(weight) || decimals === undefined) return weight
  return { ...weight, value: rounded(weight.value, decimals), decimals }
}

/** @param feature value of 0x2A9E, when the scale has it */
export function decodeWeight(bytes: Uint8Array, feature?: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const flags = packet.flags('Flags', 1, {
    'Measurement Units': 0,
    'Time Stamp present': 1,
    'User ID present': 2,
    'BMI and Height present': 3,
  })
  const units = flags['Measurement Units'] ? 'imperial' : 'si'
  const weight = asShown(packet.scaledU16('Weight', WEIGHT[units]), resolutionDecimals(feature, units))
  const time = flags['Time Stamp present'] ? packet.dateTime('Time Stamp') : undefined
  const slot = readUserId(packet, flags['User ID present'])
  const body = flags['BMI and Height present'] && {
    bmi: packet.scaledU16('BMI', BMI),
    height: convert(packet.scaledU16('Height', HEIGHT[units]), 'cm'),
  }
  const { timing, status } = measurementTime(time)
  const measurement: Measurement = {
    kind: 'weight',
    values: { weight: convert(weight, 'kg'), ...body },
    status,
    ...timing,
    ...(slot !== undefined && { slot }),
  }
  return decoded(packet, [measurement])
}

/** Weight Scale Feature 0x2A9E. */
export function decodeWeightFeature(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.flags('Weight Scale Feature', 4, {
    'Time Stamp Supported': 0,
    'Multiple Users Supported': 1,
    'BMI Supported': 2,
  })
  const decimals = resolutionDecimals(bytes, 'si')
  packet.derived(
    'Weight Measurement Resolution',
    ((bytes[0] ?? 0) >>> 3) & 0xf,
    `decimals of kg: ${decimals ?? 'not said'}`,
  )
  packet.derived(
    'Height Measurement Resolution',
    (((bytes[0] ?? 0) >>> 7) | ((bytes[1] ?? 0) << 1)) & 7,
    'code, 0: not said',
  )
  return decoded(packet, [])
}

const BASE = {
  about: {
    kinds: ['weight'],
    unitRule: 'flag',
    timeRule: 'device-time-optional',
    specialValues: 'weight 0xFFFF is an unsuccessful measurement; user 255 is unknown',
    userSlots: 'optional',
    storedRecords: 'sent-once',
    commit: 'none: an indication is confirmed when its record is on disk',
    bonding: 'optional',
    setsClock: true,
    evidence: 'specification only',
    sources: ['Bluetooth SIG, Weight Scale Service 1.0', 'Bluetooth SIG, GATT Specification Supplement'],
  },
  plan: {
    service: SERVICE.weightScale,
    characteristic: CHARACTERISTIC.weightMeasurement,
    context: [CHARACTERISTIC.weightScaleFeature],
  },
} as const

/** A scale that speaks 0x181D, with a vendor's quirks if it has some. */
export function weightScaleDriver(variant: Variant): BleDriver {
  const decode = ([packet, ...context]: RawRecord): Decoded =>
    decodeWeight(packet.bytes, context.find((p) => p.source === CHARACTERISTIC.weightScaleFeature)?.bytes)
  return recordDriver(BASE, decode, { ...variant, beforeSubscribe: withConsent(variant.beforeSubscribe) })
}

export const weightScaleService = weightScaleDriver({
  about: {
    id: 'weight-scale-service',
    title: 'Scale (Weight Scale Service)',
    vendor: 'Bluetooth SIG',
    models: ['any with service 0x181D'],
    quirks: [
      'decimals as the features 0x2A9E say, three without them',
      'gives the consent code where the scale has User Data 0x181C',
    ],
  },
  match: advertises(SERVICE.weightScale),
})
