import { UNKNOWN_TIME } from '../encoders/date-time.ts'
import { encodeSoehnle } from '../encoders/soehnle.ts'
import { need, type Surroundings } from './device.ts'
import { createStoreAndForward, type StoreAndForwardDevice, type StoreAndForwardOptions } from './store-and-forward.ts'

const ENERGY = 2865

/** Soehnle Shape50: value weight in kg, and bodyFat, musclePercent, bodyWaterPercent of somebody with bare feet. */
export function createSoehnleScale(options: StoreAndForwardOptions, around: Surroundings): StoreAndForwardDevice {
  return createStoreAndForward(
    {
      kind: 'body-composition',
      service: '181B',
      characteristic: '2A9C',
      model: 'Shape50',
      encode: (values, { time, slot }) => {
        const { bodyFat: fat, musclePercent: muscle, bodyWaterPercent: water } = values
        const bare = fat !== undefined && muscle !== undefined && water !== undefined
        return encodeSoehnle({
          time: time ?? UNKNOWN_TIME,
          user: slot ?? 1,
          weight: need(values, 'weight', options.id),
          ...(bare ? { composition: { fat, muscle, water }, energy: ENERGY } : {}),
        })
      },
    },
    { name: 'Shape50', timeCharacteristic: '2A2B', ...options },
    around,
  )
}
