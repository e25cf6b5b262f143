import { z } from 'zod'
import type { BleDevice, Surroundings } from './devices/device.ts'
import { createAndesFit, createBeurerOximeter, createContecSpirometer, createOneTouch } from './devices/own-memories.ts'
import { createContecOximeter, createJumper, createNoninBle, createRing } from './devices/own-oximeters.ts'
import { ble, count, habits, positive, storing, streaming } from './scenario-habits.ts'

/** Vendors' Bluetooth devices with a protocol of their own, and spirometers, in a scenario. */

const flag = z.boolean().exactOptional()

const talking = {
  security: storing.security,
  batteryPercent: storing.batteryPercent,
  clock: storing.clock,
  capacity: storing.capacity,
  order: storing.order,
  sendsTwice: storing.sendsTwice,
  advertiseMs: positive.exactOptional(),
  advertisingIntervalMs: storing.advertisingIntervalMs,
  leavesAfterRecords: storing.leavesAfterRecords,
  garblesRecord: count.exactOptional(),
}

const kind = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.strictObject({ ...ble, kind: z.literal(name), habits: habits(shape) })

export const OWN_PROTOCOL_KINDS = [
  kind('nonin-ble', { ...streaming, lowBattery: flag, weakSignal: flag }),
  kind('viatom-ring', { ...streaming, losesCrc: flag }),
  kind('contec-cms50d-bt', { ...streaming, garblesEvery: count.exactOptional() }),
  kind('jumper-oximeter', streaming),
  kind('beurer-po60', talking),
  kind('andesfit-spirometer', { ...talking, swapped: flag, notReadyTimes: count.exactOptional() }),
  kind('contec-sp80b', { ...talking, curvePoints: count.exactOptional() }),
  kind('onetouch-verio', { ...talking, unpaired: flag, controlSolution: flag }),
] as const
export type OwnProtocolEntry = z.infer<(typeof OWN_PROTOCOL_KINDS)[number]>

const OXIMETRY = ['oxygenSaturation', 'pulseRate'] as const

/** As `DEVICE_KINDS` in scenario.ts; the driver of each kind has its name. */
export const OWN_PROTOCOL_NEEDS = {
  'nonin-ble': { driver: 'nonin-ble', quantities: OXIMETRY },
  'viatom-ring': { driver: 'viatom-ring', quantities: OXIMETRY },
  'contec-cms50d-bt': { driver: 'contec-cms50d-bt', quantities: OXIMETRY },
  'jumper-oximeter': { driver: 'jumper-oximeter', quantities: OXIMETRY },
  'beurer-po60': { driver: 'beurer-po60', quantities: OXIMETRY },
  'andesfit-spirometer': { driver: 'andesfit-spirometer', quantities: ['fev1', 'peakFlow'] },
  'contec-sp80b': { driver: 'contec-sp80b', quantities: ['fev1', 'fvc', 'peakFlow'] },
  'onetouch-verio': { driver: 'onetouch-verio', quantities: ['glucose'] },
} as const satisfies Record<OwnProtocolEntry['kind'], { driver: string; quantities: readonly string[] }>

export const isOwnProtocol = (entry: { readonly kind: string }): entry is OwnProtocolEntry =>
  Object.hasOwn(OWN_PROTOCOL_NEEDS, entry.kind)

type Where = Pick<OwnProtocolEntry, 'id' | 'address' | 'addressType' | 'name'>

/** @param where the entry's id, address and name */
export function createOwnProtocolDevice(entry: OwnProtocolEntry, where: Where, around: Surroundings): BleDevice {
  switch (entry.kind) {
    case 'nonin-ble':
      return createNoninBle({ ...where, ...entry.habits }, around)
    case 'viatom-ring':
      return createRing({ ...where, ...entry.habits }, around)
    case 'contec-cms50d-bt':
      return createContecOximeter({ ...where, ...entry.habits }, around)
    case 'jumper-oximeter':
      return createJumper({ ...where, ...entry.habits }, around)
    case 'beurer-po60':
      return createBeurerOximeter({ ...where, ...entry.habits }, around)
    case 'andesfit-spirometer':
      return createAndesFit({ ...where, ...entry.habits }, around)
    case 'contec-sp80b':
      return createContecSpirometer({ ...where, ...entry.habits }, around)
    case 'onetouch-verio':
      return createOneTouch({ ...where, ...entry.habits }, around)
  }
}
