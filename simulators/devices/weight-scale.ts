import { byteWriter } from '../encoders/byte-writer.ts'
import { encodeWeight } from '../encoders/weight.ts'
import { need, type Surroundings } from './device.ts'
import {
  createStoreAndForward,
  type StoreAndForwardDevice,
  type StoreAndForwardOptions,
  type VendorTraits,
} from './store-and-forward.ts'

export interface ScaleOptions extends StoreAndForwardOptions {
  readonly unit?: 'kg' | 'lb'
  /** Height in metres of its user: then it sends the body mass index too. */
  readonly height?: number
  /** Every measurement fails (0xFFFF), as when the citizen steps down too early. */
  readonly unsuccessful?: boolean
}

/** Time stamp, several users, body mass index (2A9E, bits 0 to 2); resolution 0.05 kg (bits 3 to 6 = 4). */
const FEATURES = 0b0100_111
const POUNDS_PER_KG = 2.20462262
const METRES_PER_INCH = 0.0254

/** Weight Scale Service 0x181D: value weight in kg; two user slots. */
export function createWeightScale(
  options: ScaleOptions,
  around: Surroundings,
  vendor: VendorTraits = {},
): StoreAndForwardDevice {
  const unit = options.unit ?? 'kg'
  return createStoreAndForward(
    {
      ...vendor,
      kind: 'weight',
      service: '181D',
      characteristic: '2A9D',
      model: 'Scale-181D',
      others: [{ uuid: '2A9E', properties: ['read'], value: byteWriter().u32(FEATURES).bytes() }],
      encode: (values, { time, slot }) => {
        const kg = need(values, 'weight', options.id)
        const height = options.height
        return encodeWeight({
          unit,
          weight: options.unsuccessful ? undefined : unit === 'kg' ? kg : kg * POUNDS_PER_KG,
          ...(time ? { time } : {}),
          ...(slot === undefined ? {} : { user: slot }),
          ...(height === undefined
            ? {}
            : { bmi: kg / height ** 2, height: unit === 'kg' ? height : height / METRES_PER_INCH }),
        })
      },
    },
    options,
    around,
  )
}
