import { decodeBloodPressure } from '../ble/blood-pressure.ts'
import { decodeCurrentTime, decodeDateTime } from '../ble/device-clock.ts'
import { decodeBodySensorLocation, decodeHeartRate } from '../ble/heart-rate.ts'
import { decodeBatteryLevel, decodeInformation, decodeSystemId } from '../ble/identity.ts'
import { decodeContinuous, decodeFeatures, decodeSpotCheck } from '../ble/plx-measurement.ts'
import { decodeTemperature, decodeTemperatureType } from '../ble/thermometer.ts'
import { decodeWeight, decodeWeightFeature } from '../ble/weight-scale.ts'
import type { Decoded } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { IEEE_11073_DECODERS } from '../ieee11073/decoders.ts'
import { SERIAL_DECODERS } from '../serial/decoders.ts'
import { decodeCommand, decodeFormat8, decodeFormat13, decodeSerialNumber } from '../serial/nonin-decode.ts'
import { decodeNumber } from './number.ts'
import { OWN_PROTOCOL_DECODERS } from './own-protocols.ts'
import { STORED_RECORD_DECODERS } from './stored-records.ts'
import { VENDOR_BLE_DECODERS } from './vendor-ble.ts'

/** Reads one packet that stands alone. @param characteristic as in the table's key */
export type Decode = (bytes: Uint8Array, characteristic: string) => Decoded

/**
 * Every decoder by service and characteristic (Bluetooth: short UUIDs; serial: the line and the protocol). 'any': the
 * characteristic means the same in every service; '*': the service says it all. New decoders get a line here, and with it `npm run decode`.
 */
export const DECODERS: Readonly<Record<string, Decode>> = {
  'util SFLOAT-LE': decodeNumber,
  'util FLOAT-LE': decodeNumber,
  'any 2A08': decodeDateTime,
  'any 2A2B': decodeCurrentTime,
  '180A 2A23': decodeSystemId,
  '180A 2A24': decodeInformation,
  '180A 2A25': decodeInformation,
  '180A 2A26': decodeInformation,
  '180A 2A27': decodeInformation,
  '180A 2A28': decodeInformation,
  '180A 2A29': decodeInformation,
  '180F 2A19': decodeBatteryLevel,
  '1809 2A1C': (bytes, characteristic) => decodeTemperature(bytes, characteristic),
  '1809 2A1E': (bytes, characteristic) => decodeTemperature(bytes, characteristic),
  '1809 2A1D': decodeTemperatureType,
  '180D 2A37': (bytes) => decodeHeartRate([bytes]),
  '180D 2A38': decodeBodySensorLocation,
  '1810 2A35': decodeBloodPressure,
  '1810 2A36': decodeBloodPressure,
  '181D 2A9D': (bytes) => decodeWeight(bytes),
  '181D 2A9E': decodeWeightFeature,
  '1822 2A5E': decodeSpotCheck,
  '1822 2A5F': (bytes) => decodeContinuous(bytes),
  '1822 2A60': decodeFeatures,
  'SPP 9600 8N1 Nonin data format 8': (bytes) => decodeFormat8(bytes),
  'SPP 9600 8N1 Nonin data format 13': (bytes) => decodeFormat13(bytes),
  'SPP F4 response': decodeSerialNumber,
  'SPP command': decodeCommand,
  ...IEEE_11073_DECODERS,
  ...OWN_PROTOCOL_DECODERS,
  ...SERIAL_DECODERS,
  ...STORED_RECORD_DECODERS,
  ...VENDOR_BLE_DECODERS,
}

/** The decoder for a service and a characteristic, upper or lower case; undefined when there is none. */
export function decoderFor(service: string, characteristic: string): Decode | undefined {
  const wanted = [`${service} ${characteristic}`, `any ${characteristic}`, `${service} *`].map((key) =>
    key.toLowerCase(),
  )
  const key = Object.keys(DECODERS).find((candidate) => wanted.includes(candidate.toLowerCase()))
  return key === undefined ? undefined : DECODERS[key]
}

/** @param hex any case, blanks and hyphens allowed between bytes */
export function decodeHex(service: string, characteristic: string, hex: string): Decoded {
  const decode = decoderFor(service, characteristic)
  if (decode === undefined) {
    throw new PreCareError('decoder-unknown', `no decoder for service ${service}, characteristic ${characteristic}`)
  }
  const digits = hex.replace(/[\s-]/g, '')
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new PreCareError('packet-malformed', 'the bytes are not written in hex')
  return decode(new Uint8Array(Buffer.from(digits, 'hex')), characteristic.toUpperCase())
}
