import { z } from 'zod'
import type { SerialDevice, Surroundings } from './devices/device.ts'
import { createLungMonitor } from './devices/lung-monitor.ts'
import { createNoninOximeter } from './devices/nonin-oximeter.ts'
import { createUltra2 } from './devices/onetouch-ultra2.ts'
import { createUltraMini } from './devices/onetouch-ultramini.ts'
import { createSerialContec, createSerialMasimo } from './devices/serial-oximeters.ts'
import { count, habits, positive, serial, storing, streaming } from './scenario-habits.ts'

/** Devices on a serial line with a protocol of their own, in a scenario. */

const flag = z.boolean().exactOptional()
const worn = { wornMs: streaming.wornMs, settlesMs: streaming.settlesMs, clock: storing.clock }
const keeping = { capacity: storing.capacity, clock: storing.clock }
const digits = z
  .string()
  .regex(/^\d{1,10}$/, 'use at most ten digits')
  .exactOptional()
const nineCharacters = z
  .string()
  .regex(/^[0-9A-Z]{9}$/, 'use nine digits or capitals')
  .exactOptional()

const kind = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.strictObject({ ...serial, kind: z.literal(name), habits: habits(shape) })

const noninStream = { ...worn, lowBattery: flag, smartPoint: flag, serial: digits }

export const SERIAL_LINE_KINDS = [
  kind('nonin-df1', noninStream),
  kind('nonin-df2', noninStream),
  kind('nonin-df7', noninStream),
  kind('contec-cms50-old', worn),
  kind('contec-cms50-new', worn),
  kind('masimo-ascii', { ...worn, serial: digits, lowPerfusion: flag }),
  kind('vitalograph-lung-monitor', {
    ...keeping,
    serial: digits,
    goodBlow: flag,
    answerMs: positive.exactOptional(),
    garblesFrames: count.exactOptional(),
  }),
  kind('onetouch-ultra2', {
    ...keeping,
    serial: nineCharacters,
    controlSolution: flag,
    order: z.enum(['newest-first', 'shuffled']).exactOptional(),
    displayUnit: z.enum(['mg/dL', 'mmol/L']).exactOptional(),
  }),
  kind('onetouch-ultramini', { ...keeping, serial: nineCharacters }),
] as const
export type SerialLineEntry = z.infer<(typeof SERIAL_LINE_KINDS)[number]>

const OXIMETRY = ['oxygenSaturation', 'pulseRate'] as const

/** As `DEVICE_KINDS` in scenario.ts. Glucose is in mg/dL, as these meters store it. */
export const SERIAL_LINE_NEEDS = {
  'nonin-df1': { driver: 'nonin-stream', quantities: OXIMETRY, options: { format: 1 } },
  'nonin-df2': { driver: 'nonin-stream', quantities: OXIMETRY, options: { format: 2 } },
  'nonin-df7': { driver: 'nonin-stream', quantities: OXIMETRY, options: { format: 7 } },
  'contec-cms50-old': { driver: 'contec-cms50-old', quantities: OXIMETRY },
  'contec-cms50-new': { driver: 'contec-cms50-new', quantities: OXIMETRY },
  'masimo-ascii': { driver: 'masimo-ascii', quantities: OXIMETRY },
  'vitalograph-lung-monitor': { driver: 'vitalograph-lung-monitor', quantities: ['fev1', 'fev6'] },
  'onetouch-ultra2': { driver: 'onetouch-ultra2', quantities: ['glucose'] },
  'onetouch-ultramini': { driver: 'onetouch-ultramini', quantities: ['glucose'] },
} as const satisfies Record<
  SerialLineEntry['kind'],
  { driver: string; quantities: readonly string[]; options?: Readonly<Record<string, number>> }
>

export const isSerialLine = (entry: { readonly kind: string }): entry is SerialLineEntry =>
  Object.hasOwn(SERIAL_LINE_NEEDS, entry.kind)

export function createSerialLineDevice(entry: SerialLineEntry, around: Surroundings): SerialDevice {
  const { id } = entry
  switch (entry.kind) {
    case 'nonin-df1':
      return createNoninOximeter({ id, format: 1, ...entry.habits }, around)
    case 'nonin-df2':
      return createNoninOximeter({ id, format: 2, ...entry.habits }, around)
    case 'nonin-df7':
      return createNoninOximeter({ id, format: 7, ...entry.habits }, around)
    case 'contec-cms50-old':
      return createSerialContec({ id, protocol: 'old', ...entry.habits }, around)
    case 'contec-cms50-new':
      return createSerialContec({ id, protocol: 'new', ...entry.habits }, around)
    case 'masimo-ascii':
      return createSerialMasimo({ id, ...entry.habits }, around)
    case 'vitalograph-lung-monitor':
      return createLungMonitor({ id, ...entry.habits }, around)
    case 'onetouch-ultra2':
      return createUltra2({ id, ...entry.habits }, around)
    case 'onetouch-ultramini':
      return createUltraMini({ id, ...entry.habits }, around)
  }
}
