import { byteWriter } from '../encoders/byte-writer.ts'
import { encodeSpotCheck, MEASUREMENT_STATUS } from '../encoders/pulse-oximeter.ts'
import { need, type Surroundings } from './device.ts'
import { createStoreAndForward, type StoreAndForwardDevice, type StoreAndForwardOptions } from './store-and-forward.ts'

export interface SpotCheckOptions extends StoreAndForwardOptions {
  /** Bits added to the measurement status of every record: 0x0200 from storage, 0x4000 questionable. */
  readonly measurementStatus?: number
  /** Device and sensor status bits of every record: 0x20 low perfusion. */
  readonly deviceStatus?: number
}

/** Measurement status, device status, storage and time stamp supported (2A60). */
const FEATURES = 0b1111

/** Pulse Oximeter Service 0x1822, spot-check with storage: values oxygenSaturation (%) and pulseRate. */
export function createSpotCheckOximeter(options: SpotCheckOptions, around: Surroundings): StoreAndForwardDevice {
  return createStoreAndForward(
    {
      kind: 'oxygen-saturation',
      service: '1822',
      characteristic: '2A5E',
      model: 'Oximeter-1822',
      others: [{ uuid: '2A60', properties: ['read'], value: byteWriter().u16(FEATURES).bytes() }],
      encode: (values, { time, clockNotSet }) =>
        encodeSpotCheck({
          oxygenSaturation: Math.round(need(values, 'oxygenSaturation', options.id)),
          pulseRate: Math.round(need(values, 'pulseRate', options.id)),
          ...(time ? { time } : {}),
          measurementStatus: MEASUREMENT_STATUS.fullyQualified | (options.measurementStatus ?? 0),
          deviceStatus: options.deviceStatus ?? 0,
          clockNotSet,
        }),
    },
    options,
    around,
  )
}
