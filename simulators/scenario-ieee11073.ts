import { z } from 'zod'
import type { Specialization } from './devices/ieee11073-objects.ts'
import { count, habits, positive, serial, storing } from './scenario-habits.ts'

/** Agents of IEEE 11073-20601 in a scenario: one kind for each specialization, all with the same habits. */

const agentHabits = habits({
  systemId: z
    .string()
    .regex(/^[0-9A-F]{16}$/, 'use an EUI-64 as 00091FFFFE000001')
    .exactOptional(),
  configuration: z.enum(['standard', 'extended']).exactOptional(),
  form: z.enum(['fixed', 'variable']).exactOptional(),
  scanner: z.enum(['fixed', 'grouped']).exactOptional(),
  confirmed: z.boolean().exactOptional(),
  unit: z.enum(['kPa', 'lb', 'degF', 'mmol/L']).exactOptional(),
  stamp: z.enum(['absolute', 'base-offset', 'none']).exactOptional(),
  withStatus: z.boolean().exactOptional(),
  controlSolution: z.boolean().exactOptional(),
  site: z.enum(['ear', 'mouth', 'armpit', 'rectum']).exactOptional(),
  capacity: count.exactOptional(),
  batch: count.exactOptional(),
  order: z.enum(['oldest-first', 'shuffled']).exactOptional(),
  clock: storing.clock,
  batteryPercent: storing.batteryPercent,
  asksForTime: z.boolean().exactOptional(),
  answersGet: z.enum(['at-once', 'late', 'never']).exactOptional(),
  abortsAfterReport: count.exactOptional(),
  lies: z.strictObject({ about: z.enum(['apdu', 'event']), reports: count }).exactOptional(),
  answerMs: positive.exactOptional(),
  retryMs: positive.exactOptional(),
})

const kind = <Name extends `ieee11073-${Specialization}`>(name: Name) =>
  z.strictObject({ ...serial, kind: z.literal(name), habits: agentHabits })

export const IEEE_11073_KINDS = [
  kind('ieee11073-oximeter'),
  kind('ieee11073-blood-pressure'),
  kind('ieee11073-scale'),
  kind('ieee11073-thermometer'),
  kind('ieee11073-glucose'),
] as const
export type Ieee11073Entry = z.infer<(typeof IEEE_11073_KINDS)[number]>

const DRIVER = 'ieee11073'

/** As `DEVICE_KINDS` in scenario.ts. */
export const IEEE_11073_NEEDS = {
  'ieee11073-oximeter': { driver: DRIVER, quantities: ['oxygenSaturation', 'pulseRate'] },
  'ieee11073-blood-pressure': { driver: DRIVER, quantities: ['systolic', 'diastolic', 'pulseRate'] },
  'ieee11073-scale': { driver: DRIVER, quantities: ['weight'] },
  'ieee11073-thermometer': { driver: DRIVER, quantities: ['bodyTemperature'] },
  'ieee11073-glucose': { driver: DRIVER, quantities: ['glucose'] },
} as const

export const SPECIALIZATION = {
  'ieee11073-oximeter': 'oximeter',
  'ieee11073-blood-pressure': 'blood-pressure',
  'ieee11073-scale': 'scale',
  'ieee11073-thermometer': 'thermometer',
  'ieee11073-glucose': 'glucose',
} as const satisfies Record<Ieee11073Entry['kind'], Specialization>

export const isIeee11073 = (entry: { readonly kind: string }): entry is Ieee11073Entry =>
  Object.hasOwn(SPECIALIZATION, entry.kind)
