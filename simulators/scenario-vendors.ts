import { z } from 'zod'
import { createAndCuff, createAndScale, createAndThermometer } from './devices/and-devices.ts'
import { createBloodPressureCuff } from './devices/blood-pressure-cuff.ts'
import { createContourMeter } from './devices/contour-meter.ts'
import type { BleDevice, Surroundings } from './devices/device.ts'
import { createHeartRateBelt } from './devices/heart-rate-belt.ts'
import { createOmronCuff, createOmronScale } from './devices/omron-devices.ts'
import { createSoehnleScale } from './devices/soehnle-scale.ts'
import { createXiaomiScale } from './devices/xiaomi-scale.ts'
import { encodePolarAdvertisement } from './encoders/vendor-advertisements.ts'
import { ble, habits, positive, storing, streaming } from './scenario-habits.ts'

/** Vendors' devices that stay close to a SIG service, and those that only advertise, in a scenario. */

const cuff = {
  ...storing,
  unit: z.enum(['mmHg', 'kPa']).exactOptional(),
  status: z.int().min(0).max(0xffff).exactOptional(),
  withoutMean: z.boolean().exactOptional(),
  cuffPressures: z.array(z.number()).exactOptional(),
}
const scale = { ...storing, unit: z.enum(['kg', 'lb']).exactOptional() }
const counted = { sequence: z.int().min(0).max(0xffff).exactOptional() }
const meter = {
  security: storing.security,
  clock: storing.clock,
  capacity: storing.capacity,
  order: storing.order,
  sendsTwice: storing.sendsTwice,
  advertiseMs: storing.advertiseMs,
  leavesAfterRecords: storing.leavesAfterRecords,
  unit: z.enum(['mg/dL', 'mmol/L']).exactOptional(),
}
const broadcast = {
  unit: z.enum(['kg', 'lb', 'jin']).exactOptional(),
  object: z.boolean().exactOptional(),
  clock: storing.clock,
  advertisingIntervalMs: positive.exactOptional(),
  stateMs: positive.exactOptional(),
}

const kind = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.strictObject({ ...ble, kind: z.literal(name), habits: habits(shape) })

export const VENDOR_KINDS = [
  kind('and-cuff', cuff),
  kind('and-thermometer', { ...storing, unit: z.enum(['Cel', 'degF']).exactOptional() }),
  kind('and-scale', scale),
  kind('omron-cuff', { ...cuff, ...counted }),
  kind('omron-scale', { ...scale, ...counted }),
  kind('beurer-cuff', cuff),
  kind('silvercrest-cuff', cuff),
  kind('polar-belt', streaming),
  kind('soehnle-scale', storing),
  kind('contour-meter', meter),
  kind('xiaomi-scale', broadcast),
  kind('xiaomi-composition-scale', broadcast),
] as const
export type VendorEntry = z.infer<(typeof VENDOR_KINDS)[number]>

const PRESSURES = ['systolic', 'diastolic', 'pulseRate'] as const

/** As `DEVICE_KINDS` in scenario.ts. */
export const VENDOR_NEEDS = {
  'and-cuff': { driver: 'and-blood-pressure', quantities: PRESSURES },
  'and-thermometer': { driver: 'and-thermometer', quantities: ['bodyTemperature'] },
  'and-scale': { driver: 'and-scale', quantities: ['weight'] },
  'omron-cuff': { driver: 'omron-blood-pressure', quantities: PRESSURES },
  'omron-scale': { driver: 'omron-scale', quantities: ['weight'] },
  'beurer-cuff': { driver: 'beurer-blood-pressure', quantities: PRESSURES },
  'silvercrest-cuff': { driver: 'silvercrest-blood-pressure', quantities: PRESSURES },
  'polar-belt': { driver: 'polar-heart-rate', quantities: ['heartRate'] },
  'soehnle-scale': { driver: 'soehnle-scale', quantities: ['weight'] },
  'contour-meter': { driver: 'contour-next', quantities: ['glucose'] },
  'xiaomi-scale': { driver: 'xiaomi-scale', quantities: ['weight'] },
  'xiaomi-composition-scale': { driver: 'xiaomi-composition-scale', quantities: ['weight'] },
} as const satisfies Record<VendorEntry['kind'], { driver: string; quantities: readonly string[] }>

type Where = Pick<VendorEntry, 'id' | 'address' | 'addressType' | 'name'>

/** Bonds, two memories, and a clock in a service of its own. */
const BEURER = { name: 'BM54', timeCharacteristic: '2A2B', security: 'bonded-once' } as const
/** Keeps what it has sent. It asks for a passkey, which the scenario may set as its security. */
const SILVERCREST = { name: 'SBM69', timeCharacteristic: 'none', keepsSent: true } as const

/** @param where the entry's id, address and name */
export function createVendorDevice(entry: VendorEntry, where: Where, around: Surroundings): BleDevice {
  switch (entry.kind) {
    case 'and-cuff':
      return createAndCuff({ ...where, ...entry.habits }, around)
    case 'and-thermometer':
      return createAndThermometer({ ...where, ...entry.habits }, around)
    case 'and-scale':
      return createAndScale({ ...where, ...entry.habits }, around)
    case 'omron-cuff':
      return createOmronCuff({ ...where, ...entry.habits }, around)
    case 'omron-scale':
      return createOmronScale({ ...where, ...entry.habits }, around)
    case 'beurer-cuff':
      return createBloodPressureCuff({ ...BEURER, ...where, ...entry.habits }, around)
    case 'silvercrest-cuff':
      return createBloodPressureCuff({ ...SILVERCREST, ...where, ...entry.habits }, around)
    case 'polar-belt':
      return createHeartRateBelt({ name: 'Polar H10 12345678', ...where, ...entry.habits }, around, {
        advertisement: (values) => ({
          nameInScanResponse: true,
          manufacturerData: encodePolarAdvertisement(values?.['heartRate'] ?? 0),
        }),
      })
    case 'soehnle-scale':
      return createSoehnleScale({ ...where, ...entry.habits }, around)
    case 'contour-meter':
      return createContourMeter({ ...where, ...entry.habits }, around)
    case 'xiaomi-scale':
      return createXiaomiScale({ ...where, ...entry.habits, model: 'scale' }, around)
    case 'xiaomi-composition-scale':
      return createXiaomiScale({ ...where, ...entry.habits, model: 'composition-scale' }, around)
  }
}

export const isVendorEntry = (entry: { readonly kind: string }): entry is VendorEntry =>
  Object.hasOwn(VENDOR_NEEDS, entry.kind)
