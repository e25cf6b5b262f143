import { z } from 'zod'
import { idSchema } from '../device-drivers/reading.ts'

/** What the device kinds of a scenario file have in common: where a device is found, and its habits. */

export const positive = z.number().positive()
export const count = z.int().min(1)
const address = z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'use an address as c0:01:00:00:00:0a, lower case')

const clock = z.strictObject({
  state: z.enum(['set', 'never-set', 'dead']).exactOptional(),
  offsetMs: z.number().exactOptional(),
  driftPpm: z.number().exactOptional(),
})

const security = z.enum([
  'none',
  'just-works',
  'bonded-once',
  'refuses-pairing',
  'requires-passkey',
  'requires-secure-connections',
])

export const ble = {
  id: idSchema,
  address,
  addressType: z.enum(['public', 'random']).exactOptional(),
  name: z.string().max(29).exactOptional(),
}

export const storing = {
  security: security.exactOptional(),
  batteryPercent: z.int().min(0).max(100).exactOptional(),
  clock: clock.exactOptional(),
  capacity: count.exactOptional(),
  keepsSent: z.boolean().exactOptional(),
  order: z.enum(['oldest-first', 'newest-first', 'shuffled']).exactOptional(),
  advertiseMs: z.union([positive, z.literal('always')]).exactOptional(),
  advertisingIntervalMs: positive.exactOptional(),
  restMs: z.number().min(0).exactOptional(),
  wantsTimeFirst: z.boolean().exactOptional(),
  timeCharacteristic: z.enum(['2A08', '2A2B', 'none']).exactOptional(),
  withoutTime: z.boolean().exactOptional(),
  leavesAfterMs: z.union([z.number().min(0), z.literal('never')]).exactOptional(),
  leavesAfterRecords: count.exactOptional(),
  sendsTwice: z.boolean().exactOptional(),
  cutsBytes: count.exactOptional(),
}

export const streaming = {
  security: security.exactOptional(),
  batteryPercent: z.int().min(0).max(100).exactOptional(),
  wornMs: positive.exactOptional(),
  settlesMs: z.number().min(0).exactOptional(),
  advertisingIntervalMs: positive.exactOptional(),
}

export const serial = {
  id: idSchema,
  /** TCP port on 127.0.0.1; 0 or absent: any free one. */
  port: z.int().min(0).max(65535).exactOptional(),
  line: z
    .strictObject({
      splitBytes: count.exactOptional(),
      mergeMs: positive.exactOptional(),
      garble: z.number().min(0).max(1).exactOptional(),
      cutAfterBytes: count.exactOptional(),
    })
    .exactOptional(),
  habits: z
    .strictObject({
      serial: z
        .string()
        .regex(/^\d{1,9}$/, 'use at most nine digits')
        .exactOptional(),
      capacity: count.exactOptional(),
      clock: clock.exactOptional(),
      lowBattery: z.boolean().exactOptional(),
      smartPoint: z.boolean().exactOptional(),
      marksMemory: z.boolean().exactOptional(),
      answerMs: positive.exactOptional(),
      wornMs: positive.exactOptional(),
      settlesMs: z.number().min(0).exactOptional(),
    })
    .exactOptional(),
}

export const habits = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape).exactOptional()
