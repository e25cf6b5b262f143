import type { ScenarioDevice } from '../scenario-schema.ts'
import { createBloodPressureCuff } from './blood-pressure-cuff.ts'
import { createContinuousOximeter } from './continuous-oximeter.ts'
import type { BleDevice, SerialDevice, Surroundings } from './device.ts'
import { createHeartRateBelt } from './heart-rate-belt.ts'
import { createNoninOximeter } from './nonin-oximeter.ts'
import { createSpotCheckOximeter } from './spot-check-oximeter.ts'
import { createThermometer } from './thermometer.ts'
import { createWeightScale } from './weight-scale.ts'

type BleEntry = Extract<ScenarioDevice, { address: string }>
type SerialEntry = Exclude<ScenarioDevice, BleEntry>

/** The Bluetooth device that a scenario describes. */
export function createBleDevice(entry: BleEntry, around: Surroundings): BleDevice {
  const { id, address } = entry
  const where = {
    id,
    address,
    ...(entry.addressType === undefined ? {} : { addressType: entry.addressType }),
    ...(entry.name === undefined ? {} : { name: entry.name }),
  }
  switch (entry.kind) {
    case 'blood-pressure-cuff':
      return createBloodPressureCuff({ ...where, ...entry.habits }, around)
    case 'spot-check-oximeter':
      return createSpotCheckOximeter({ ...where, ...entry.habits }, around)
    case 'weight-scale':
      return createWeightScale({ ...where, ...entry.habits }, around)
    case 'thermometer':
      return createThermometer({ ...where, ...entry.habits }, around)
    case 'heart-rate-belt':
      return createHeartRateBelt({ ...where, ...entry.habits }, around)
    case 'continuous-oximeter':
      return createContinuousOximeter({ ...where, ...entry.habits }, around)
  }
}

/** The serial device that a scenario describes. */
export function createSerialDevice(entry: SerialEntry, around: Surroundings): SerialDevice {
  return createNoninOximeter({ id: entry.id, format: entry.kind === 'nonin-df13' ? 13 : 8, ...entry.habits }, around)
}
