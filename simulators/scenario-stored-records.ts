import { z } from 'zod'
import { createBodyScale } from './devices/body-scale.ts'
import type { BleDevice, Surroundings } from './devices/device.ts'
import { createGlucoseMeter } from './devices/glucose-meter.ts'
import { createGlucoseSensor } from './devices/glucose-sensor.ts'
import { createStoringOximeter } from './devices/storing-oximeter.ts'
import { ble, count, habits, storing } from './scenario-habits.ts'

/** Devices with a memory that is asked for, and body composition scales, in a scenario. */

const keeping = {
  security: storing.security,
  batteryPercent: storing.batteryPercent,
  clock: storing.clock,
  capacity: storing.capacity,
  advertiseMs: storing.advertiseMs,
  advertisingIntervalMs: storing.advertisingIntervalMs,
  restMs: storing.restMs,
  leavesAfterMs: storing.leavesAfterMs,
  order: storing.order,
  sendsTwice: storing.sendsTwice,
  leavesAfterRecords: storing.leavesAfterRecords,
  silentAfterRecords: count.exactOptional(),
  busyAtFirst: z.boolean().exactOptional(),
  endsWithNoRecords: z.boolean().exactOptional(),
  withoutCount: z.boolean().exactOptional(),
  losesOneRecord: z.boolean().exactOptional(),
  recordsPerPacket: count.exactOptional(),
}
const meter = {
  ...keeping,
  unit: z.enum(['mg/dL', 'mmol/L']).exactOptional(),
  timeCharacteristic: z.enum(['2A08', '2A2B', 'isens', 'none']).exactOptional(),
  controlSolution: z.boolean().exactOptional(),
  timeOffset: z.int().min(-1440).max(1440).exactOptional(),
  status: z.int().min(0).max(0xffff).exactOptional(),
  firstNumber: z.int().min(0).max(0xffff).exactOptional(),
}

const kind = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.strictObject({ ...ble, kind: z.literal(name), habits: habits(shape) })

export const STORED_RECORD_KINDS = [
  kind('glucose-meter', meter),
  kind('accu-chek', meter),
  kind('caresens', meter),
  kind('taidoc', meter),
  kind('glucose-sensor', {
    ...keeping,
    crc: z.boolean().exactOptional(),
    damagesEvery: count.exactOptional(),
    startedMinutesAgo: count.exactOptional(),
  }),
  kind('storing-oximeter', keeping),
  kind('body-scale', {
    ...storing,
    unit: z.enum(['kg', 'lb']).exactOptional(),
    twoPackets: z.boolean().exactOptional(),
    users: z.record(z.coerce.number<string>().int().min(0).max(254), z.int().min(0).max(9999)).exactOptional(),
  }),
] as const
type StoredRecordEntry = z.infer<(typeof STORED_RECORD_KINDS)[number]>

/** As `DEVICE_KINDS` in scenario.ts. */
export const STORED_RECORD_NEEDS = {
  'glucose-meter': { driver: 'glucose-service', quantities: ['glucose'] },
  'accu-chek': { driver: 'accu-chek', quantities: ['glucose'] },
  caresens: { driver: 'caresens', quantities: [] },
  taidoc: { driver: 'taidoc', quantities: ['glucose'] },
  'glucose-sensor': { driver: 'continuous-glucose-service', quantities: ['glucose'] },
  'storing-oximeter': { driver: 'pulse-oximeter-service', quantities: ['oxygenSaturation', 'pulseRate'] },
  'body-scale': { driver: 'body-composition-service', quantities: ['bodyFat', 'weight'] },
} as const satisfies Record<StoredRecordEntry['kind'], { driver: string; quantities: readonly string[] }>

type Where = Pick<StoredRecordEntry, 'id' | 'address' | 'addressType' | 'name'>

/** Pairs by the PIN on its label, which the scenario may ask for; here anybody is bonded. */
const ACCU_CHEK = { name: 'meter+00012345', security: 'bonded-once', timeCharacteristic: '2A08' } as const
const CARESENS = { name: 'CareSens 0123', timeCharacteristic: 'isens', endsWithNoRecords: true } as const
const TAIDOC = { name: 'TAIDOC TD4289', timeCharacteristic: 'none', countsFromNewest: true } as const

/** @param where the entry's id, address and name */
export function createStoredRecordDevice(entry: StoredRecordEntry, where: Where, around: Surroundings): BleDevice {
  switch (entry.kind) {
    case 'glucose-meter':
      return createGlucoseMeter({ ...where, ...entry.habits }, around)
    case 'accu-chek':
      return createGlucoseMeter({ ...ACCU_CHEK, ...where, ...entry.habits }, around)
    case 'caresens':
      return createGlucoseMeter({ ...CARESENS, ...where, ...entry.habits }, around)
    case 'taidoc':
      return createGlucoseMeter({ ...TAIDOC, ...where, ...entry.habits }, around)
    case 'glucose-sensor':
      return createGlucoseSensor({ ...where, ...entry.habits }, around)
    case 'storing-oximeter':
      return createStoringOximeter({ ...where, ...entry.habits }, around)
    case 'body-scale':
      return createBodyScale({ ...where, ...entry.habits }, around)
  }
}

export const isStoredRecordEntry = (entry: { readonly kind: string }): entry is StoredRecordEntry =>
  Object.hasOwn(STORED_RECORD_NEEDS, entry.kind)
