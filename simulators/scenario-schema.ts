import { z } from 'zod'
import { idSchema, KINDS } from '../device-drivers/reading.ts'
import { ble, count, habits, positive, serial, storing, streaming } from './scenario-habits.ts'

import { IEEE_11073_KINDS } from './scenario-ieee11073.ts'
import { OWN_PROTOCOL_KINDS } from './scenario-own-protocols.ts'
import { SERIAL_LINE_KINDS } from './scenario-serial-lines.ts'
import { STORED_RECORD_KINDS } from './scenario-stored-records.ts'
import { VENDOR_KINDS } from './scenario-vendors.ts'

/** The shape of a scenario file. What its parts mean to one another is checked in `scenario.ts`. */

const seconds = z.number().min(0)
const values = z.record(z.string().regex(/^[a-z][A-Za-z0-9]+$/, 'use the name of a quantity, as systolic'), z.number())
const driver = z.string().regex(/^[a-z0-9-]{2,40}$/)
const iso = z.iso.datetime('use a time as 2026-01-31T08:00:00Z')

/** The broker's provisioning document, as it is given to `broker provision`. */
const registrySchema = z.strictObject({
  organisations: z.array(z.strictObject({ id: idSchema, title: z.string().min(1), fhir: z.boolean().optional() })),
  citizens: z.array(z.strictObject({ id: idSchema })),
  hubs: z.array(z.strictObject({ id: idSchema })).min(1),
  devices: z.array(z.strictObject({ id: idSchema, hub: idSchema, driver })),
  assignments: z.array(
    z.strictObject({
      device: idSchema,
      slot: z.int().min(0).max(255).exactOptional(),
      citizen: idSchema,
      from: iso,
      to: iso.exactOptional(),
    }),
  ),
  grants: z.array(
    z.strictObject({
      organisation: idSchema,
      citizen: idSchema,
      kinds: z.array(z.enum(KINDS)).exactOptional(),
      from: iso,
      to: iso.exactOptional(),
      purpose: z.string().min(1),
    }),
  ),
  limits: z.array(
    z.strictObject({
      citizen: idSchema,
      quantity: z.string().min(1),
      alertLow: z.number().exactOptional(),
      warningLow: z.number().exactOptional(),
      warningHigh: z.number().exactOptional(),
      alertHigh: z.number().exactOptional(),
      from: iso,
      author: z.string().min(1),
      reason: z.string().min(1),
    }),
  ),
  clients: z.array(z.strictObject({ id: idSchema, organisation: idSchema })),
})

const deviceSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...ble,
    kind: z.literal('blood-pressure-cuff'),
    habits: habits({
      ...storing,
      unit: z.enum(['mmHg', 'kPa']).exactOptional(),
      status: z.int().min(0).max(0xffff).exactOptional(),
      withoutMean: z.boolean().exactOptional(),
      cuffPressures: z.array(z.number()).exactOptional(),
    }),
  }),
  z.strictObject({
    ...ble,
    kind: z.literal('spot-check-oximeter'),
    habits: habits({
      ...storing,
      measurementStatus: z.int().min(0).max(0xffff).exactOptional(),
      deviceStatus: z.int().min(0).max(0xffffff).exactOptional(),
    }),
  }),
  z.strictObject({
    ...ble,
    kind: z.literal('weight-scale'),
    habits: habits({
      ...storing,
      unit: z.enum(['kg', 'lb']).exactOptional(),
      height: positive.exactOptional(),
      unsuccessful: z.boolean().exactOptional(),
    }),
  }),
  z.strictObject({
    ...ble,
    kind: z.literal('thermometer'),
    habits: habits({
      ...storing,
      unit: z.enum(['Cel', 'degF']).exactOptional(),
      site: z.enum(['armpit', 'body', 'ear', 'finger', 'mouth', 'rectum', 'tympanum']).exactOptional(),
    }),
  }),
  z.strictObject({ ...ble, kind: z.literal('heart-rate-belt'), habits: habits(streaming) }),
  z.strictObject({
    ...ble,
    kind: z.literal('continuous-oximeter'),
    habits: habits({
      ...streaming,
      withoutVerdict: z.boolean().exactOptional(),
      deviceStatus: z.int().min(0).max(0xffffff).exactOptional(),
    }),
  }),
  z.strictObject({ ...serial, kind: z.literal('nonin-df13') }),
  z.strictObject({ ...serial, kind: z.literal('nonin-df8') }),
  ...IEEE_11073_KINDS,
  ...OWN_PROTOCOL_KINDS,
  ...SERIAL_LINE_KINDS,
  ...STORED_RECORD_KINDS,
  ...VENDOR_KINDS,
])
export type ScenarioDevice = z.infer<typeof deviceSchema>

const seriesSchema = z.strictObject({
  device: idSchema,
  slot: z.int().min(0).max(255).exactOptional(),
  firstAtS: seconds,
  everyS: z.union([positive, z.tuple([positive, positive])]),
  count: count.exactOptional(),
  baseline: values,
  noise: values.exactOptional(),
  course: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('stable') }),
      z.strictObject({ type: z.literal('deteriorating'), fromS: seconds, untilS: positive, to: values }),
    ])
    .exactOptional(),
})

const when = { atS: seconds, everyS: positive.exactOptional() }
const faultSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...when, type: z.literal('radio-off'), hub: idSchema, forS: positive }),
  /** The device goes out of reach: supervision timeout. */
  z.strictObject({ ...when, type: z.literal('link-lost'), device: idSchema }),
  z.strictObject({ ...when, type: z.literal('line-cut'), device: idSchema }),
  /** Bond and clock are lost. */
  z.strictObject({ ...when, type: z.literal('battery-change'), device: idSchema }),
])
export type Fault = z.infer<typeof faultSchema>

export const scenarioSchema = z.strictObject({
  title: z.string().min(1),
  speed: positive.max(1000),
  seed: z.int().min(0),
  timeZone: z.string().exactOptional(),
  registry: registrySchema,
  devices: z.array(deviceSchema).min(1),
  series: z.array(seriesSchema),
  faults: z.array(faultSchema),
})
export type Scenario = z.infer<typeof scenarioSchema>
