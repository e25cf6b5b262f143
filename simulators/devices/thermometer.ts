import { byteWriter } from '../encoders/byte-writer.ts'
import { encodeTemperature, TEMPERATURE_TYPE } from '../encoders/thermometer.ts'
import { need, type Surroundings } from './device.ts'
import {
  createStoreAndForward,
  type StoreAndForwardDevice,
  type StoreAndForwardOptions,
  type VendorTraits,
} from './store-and-forward.ts'

export interface ThermometerOptions extends StoreAndForwardOptions {
  readonly unit?: 'Cel' | 'degF'
  readonly site?: keyof typeof TEMPERATURE_TYPE
}

const FREEZING_F = 32
const F_PER_C = 1.8

/** Health Thermometer Service 0x1809: value bodyTemperature in degrees Celsius, sent with one decimal. */
export function createThermometer(
  options: ThermometerOptions,
  around: Surroundings,
  vendor: VendorTraits = {},
): StoreAndForwardDevice {
  const unit = options.unit ?? 'Cel'
  const type = TEMPERATURE_TYPE[options.site ?? 'ear']
  return createStoreAndForward(
    {
      ...vendor,
      kind: 'temperature',
      service: '1809',
      characteristic: '2A1C',
      model: 'Thermometer-1809',
      others: [{ uuid: '2A1D', properties: ['read'], value: byteWriter().u8(type).bytes() }],
      encode: (values, { time }) => {
        const celsius = need(values, 'bodyTemperature', options.id)
        return encodeTemperature({
          unit,
          temperature: { value: unit === 'Cel' ? celsius : celsius * F_PER_C + FREEZING_F, decimals: 1 },
          ...(time ? { time } : {}),
          type,
        })
      },
    },
    options,
    around,
  )
}
