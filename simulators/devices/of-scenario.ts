import { isIeee11073, SPECIALIZATION } from '../scenario-ieee11073.ts'
import { createOwnProtocolDevice, isOwnProtocol } from '../scenario-own-protocols.ts'
import type { ScenarioDevice } from '../scenario-schema.ts'
import { createSerialLineDevice, isSerialLine } from '../scenario-serial-lines.ts'
import { createStoredRecordDevice, isStoredRecordEntry } from '../scenario-stored-records.ts'
import { createVendorDevice, isVendorEntry } from '../scenario-vendors.ts'
import { createBloodPressureCuff } from './blood-pressure-cuff.ts'
import { createContinuousOximeter } from './continuous-oximeter.ts'
import type { BleDevice, SerialDevice, Surroundings } from './device.ts'
import { createHeartRateBelt } from './heart-rate-belt.ts'
import { createIeee11073Agent } from './ieee11073-agent.ts'
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
  if (isOwnProtocol(entry)) return createOwnProtocolDevice(entry, where, around)
  if (isStoredRecordEntry(entry)) return createStoredRecordDevice(entry, where, around)
  if (isVendorEntry(entry)) return createVendorDevice(entry, where, around)
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
  if (isIeee11073(entry)) {
    return createIeee11073Agent({ id: entry.id, specialization: SPECIALIZATION[entry.kind], ...entry.habits }, around)
  }
  if (isSerialLine(entry)) return createSerialLineDevice(entry, around)
  return createNoninOximeter({ id: entry.id, format: entry.kind === 'nonin-df13' ? 13 : 8, ...entry.habits }, around)
}
