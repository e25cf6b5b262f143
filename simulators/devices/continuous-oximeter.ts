import { byteWriter } from '../encoders/byte-writer.ts'
import { encodeContinuous, MEASUREMENT_STATUS, SENSOR_STATUS } from '../encoders/pulse-oximeter.ts'
import { type BleDevice, need, type Surroundings } from './device.ts'
import { createStream } from './stream.ts'
import type { WornOptions } from './worn-device.ts'

export interface ContinuousOximeterOptions extends WornOptions {
  /** Never says that a value is good: the hub must wait until it stands still. */
  readonly withoutVerdict?: boolean
  /** Device and sensor status bits of every packet: 0x20 low perfusion. */
  readonly deviceStatus?: number
}

/** Measurement status and device status supported (2A60). */
const FEATURES = 0b11
/** How far off an early estimate is. */
const EARLY_ERROR = 3

/** Pulse Oximeter Service 0x1822, continuous: early estimates first, then values that hold, then an empty finger. */
export function createContinuousOximeter(options: ContinuousOximeterOptions, around: Surroundings): BleDevice {
  const good = options.withoutVerdict ? 0 : MEASUREMENT_STATUS.fullyQualified
  return createStream(
    {
      kind: 'oxygen-saturation',
      service: '1822',
      characteristic: '2A5F',
      model: 'Oximeter-1822',
      others: [{ uuid: '2A60', properties: ['read'], value: byteWriter().u16(FEATURES).bytes() }],
      encode: (values, settled) => {
        if (!values) {
          return encodeContinuous({
            oxygenSaturation: 'not-a-number',
            pulseRate: 'not-a-number',
            measurementStatus: MEASUREMENT_STATUS.unavailable,
            deviceStatus: SENSOR_STATUS.sensorUnconnected,
          })
        }
        const oxygenSaturation = Math.round(need(values, 'oxygenSaturation', options.id))
        return encodeContinuous({
          oxygenSaturation: settled ? oxygenSaturation : oxygenSaturation - EARLY_ERROR,
          pulseRate: Math.round(need(values, 'pulseRate', options.id)),
          measurementStatus: settled ? good : MEASUREMENT_STATUS.ongoing | MEASUREMENT_STATUS.earlyEstimate,
          deviceStatus: options.deviceStatus ?? 0,
        })
      },
    },
    options,
    around,
  )
}
