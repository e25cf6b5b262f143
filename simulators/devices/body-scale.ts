import {
  type BodyCompositionFields,
  encodeBodyComposition,
  encodeBodyCompositionParts,
} from '../encoders/body-composition.ts'
import { byteWriter } from '../encoders/byte-writer.ts'
import { need, type Surroundings, type Values } from './device.ts'
import { createStoreAndForward, type StoreAndForwardDevice, type StoreAndForwardOptions } from './store-and-forward.ts'
import { createUserDataService, type UserDataService } from './user-data-service.ts'

export interface BodyScaleOptions extends StoreAndForwardOptions {
  readonly unit?: 'kg' | 'lb'
  /** Sends each measurement in two packets. */
  readonly twoPackets?: boolean
  /** Hands out nothing without consent; consent codes by user index. */
  readonly users?: Readonly<Record<number, number>>
}

export interface BodyScale extends StoreAndForwardDevice {
  /** Only with the habit `users`. */
  readonly userData: UserDataService | undefined
}

/** Time stamp, several users, and all quantities (2A9B, bits 0 to 10). */
const FEATURES = 0x7ff
const POUNDS_PER_KG = 2.20462262
const WATER_OF_WEIGHT = 0.55
const IMPEDANCE = 512.3

function fieldsOf(values: Values, id: string, unit: 'kg' | 'lb'): BodyCompositionFields {
  const per = unit === 'kg' ? 1 : POUNDS_PER_KG
  const kg = need(values, 'weight', id)
  return {
    unit,
    bodyFat: need(values, 'bodyFat', id),
    weight: kg * per,
    bodyWater: kg * WATER_OF_WEIGHT * per,
    impedance: IMPEDANCE,
    ...(values['musclePercent'] === undefined ? {} : { musclePercent: values['musclePercent'] }),
  }
}

/** Body Composition Service 0x181B: values bodyFat (%), weight (kg), and musclePercent. */
export function createBodyScale(options: BodyScaleOptions, around: Surroundings): BodyScale {
  const unit = options.unit ?? 'kg'
  const userData = options.users === undefined ? undefined : createUserDataService(around.time, options.users)
  /** Second halves by the first: the memory of the device knows one packet for each record. */
  const halves = new Map<Uint8Array, Uint8Array>()
  const device = createStoreAndForward(
    {
      kind: 'body-composition',
      service: '181B',
      characteristic: '2A9C',
      model: 'Scale-181B',
      others: [{ uuid: '2A9B', properties: ['read'], value: byteWriter().u32(FEATURES).bytes() }],
      ...(userData && { moreServices: () => [userData.service], handsOutTo: userData.consented }),
      secondPacket: (first) => halves.get(first),
      encode: (values, { time, slot }) => {
        const fields = {
          ...fieldsOf(values, options.id, unit),
          ...(time ? { time } : {}),
          ...(slot === undefined ? {} : { user: slot }),
        }
        if (!options.twoPackets) return encodeBodyComposition(fields)
        const [first, second] = encodeBodyCompositionParts(fields)
        halves.set(first, second)
        return first
      },
    },
    options,
    around,
  )
  return Object.assign(device, { userData })
}
