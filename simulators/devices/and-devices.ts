import type { ServiceDefinition } from '../bluetooth/peripheral.ts'
import { encodeAndWeight } from '../encoders/and-weight.ts'
import { type CuffOptions, createBloodPressureCuff } from './blood-pressure-cuff.ts'
import { need, type Surroundings } from './device.ts'
import {
  createStoreAndForward,
  type StoreAndForwardDevice,
  type StoreAndForwardOptions,
  type VendorTraits,
} from './store-and-forward.ts'
import { createThermometer, type ThermometerOptions } from './thermometer.ts'

/** A&D Medical: nothing before the time was written, unsent records only, then they hang up. They bond once. */

const COMMAND_SERVICE = '233BF0005A341B6D975C000D5690ABE4'
const COMMAND = '233BF0015A341B6D975C000D5690ABE4'
const SCALE_SERVICE = '234341001FE41EFF80CB00FF78297D8B'
const SCALE_MEASUREMENT = '234341011FE41EFF80CB00FF78297D8B'
/** [length, ask, send all]. */
const SEND_ALL = '0200e1'

function commands(offerAgain: () => void): readonly ServiceDefinition[] {
  const onWrite = (bytes: Uint8Array): void => {
    if (Buffer.from(bytes).toString('hex') === SEND_ALL) offerAgain()
  }
  return [
    {
      uuid: COMMAND_SERVICE,
      characteristics: [{ uuid: COMMAND, properties: ['read', 'write'], value: Uint8Array.of(0), onWrite }],
    },
  ]
}

const TRAITS: VendorTraits = { moreServices: commands }

const HABITS = {
  wantsTimeFirst: true,
  timeCharacteristic: '2A08',
  security: 'bonded-once',
  identity: { manufacturer: 'A&D Medical' },
} as const

/** UA-651BLE; with `timeCharacteristic: '2A2B'` a UA-1200BLE. */
export const createAndCuff = (options: CuffOptions, around: Surroundings): StoreAndForwardDevice =>
  createBloodPressureCuff({ name: 'A&D_UA-651BLE_0A1B2C', ...HABITS, ...options }, around, TRAITS)

/** UT-201BLE. */
export const createAndThermometer = (options: ThermometerOptions, around: Surroundings): StoreAndForwardDevice =>
  createThermometer({ name: 'A&D_UT201BLE_0A1B2C', ...HABITS, ...options }, around, TRAITS)

export interface AndScaleOptions extends StoreAndForwardOptions {
  readonly unit?: 'kg' | 'lb'
}

const POUNDS_PER_KG = 2.20462262

/** UC-352BLE: value weight in kg, sent in steps of 0.1. */
export function createAndScale(options: AndScaleOptions, around: Surroundings): StoreAndForwardDevice {
  const unit = options.unit ?? 'kg'
  return createStoreAndForward(
    {
      ...TRAITS,
      kind: 'weight',
      service: SCALE_SERVICE,
      characteristic: SCALE_MEASUREMENT,
      model: 'UC-352BLE',
      encode: (values, { time }) => {
        const kg = need(values, 'weight', options.id)
        return encodeAndWeight({ unit, weight: unit === 'kg' ? kg : kg * POUNDS_PER_KG, ...(time ? { time } : {}) })
      },
    },
    { name: 'A&D_UC-352BLE_0A1B2C', ...HABITS, ...options },
    around,
  )
}
