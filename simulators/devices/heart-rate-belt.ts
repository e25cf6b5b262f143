import { encodeHeartRate } from '../encoders/heart-rate.ts'
import { type BleDevice, need, type Surroundings } from './device.ts'
import { createStream, type StreamService } from './stream.ts'
import type { WornOptions } from './worn-device.ts'

/** Body Sensor Location 0x2A38: chest. */
const CHEST = 1
/** RR intervals go out in 1/1024 s. */
const RR_PER_MINUTE = 60 * 1024

/** Heart Rate Service 0x180D: value heartRate, with RR intervals; contact is lost when it is taken off. */
export function createHeartRateBelt(
  options: WornOptions,
  around: Surroundings,
  vendor: Pick<StreamService, 'advertisement'> = {},
): BleDevice {
  return createStream(
    {
      ...vendor,
      kind: 'heart-rate',
      service: '180D',
      characteristic: '2A37',
      model: 'Belt-180D',
      others: [{ uuid: '2A38', properties: ['read'], value: Uint8Array.of(CHEST) }],
      encode: (values, settled) => {
        if (!values) return encodeHeartRate({ heartRate: 0, contact: false })
        const heartRate = Math.round(need(values, 'heartRate', options.id))
        // Until the electrodes are moist a belt reports contact and no heart rate.
        if (!settled) return encodeHeartRate({ heartRate: 0, contact: true })
        return encodeHeartRate({ heartRate, contact: true, rr: [Math.round(RR_PER_MINUTE / heartRate)] })
      },
    },
    options,
    around,
  )
}
