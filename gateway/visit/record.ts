import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import {
  installationSchema,
  removedDeviceSchema,
  type SkipReason,
  signedReportSchema,
} from '../../broker/contract/installation.ts'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { idSchema, rawReadingSchema } from '../../device-drivers/reading.ts'
import { writeDurably } from '../durable-file.ts'

/** How far a visit has come, on the disk after every step: a visit that is interrupted goes on where it stopped. */

const utc = z.iso.datetime({ precision: 3 })
const options = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
const skipReason = z.enum(['not-delivered', 'defective', 'later'] satisfies SkipReason[])

const stepSchema = z.strictObject({
  id: idSchema,
  driver: z.string(),
  slots: z.array(z.int()).optional(),
  /** waiting: nothing yet. bound: its place is known. measured: a test value waits for a person. */
  state: z.enum(['waiting', 'bound', 'measured', 'confirmed', 'skipped']),
  place: z.union([z.strictObject({ address: z.string() }), z.strictObject({ target: z.string() })]).optional(),
  options: options.default({}),
  /** It has been talked to, and what it told then. */
  met: z.boolean().default(false),
  model: z.string().optional(),
  serial: z.string().optional(),
  firmware: z.string().optional(),
  batteryPercent: z.int().optional(),
  signalDbm: z.int().optional(),
  clockOffsetMs: z.int().optional(),
  clockSet: z.boolean().optional(),
  test: z
    .strictObject({
      reading: z.string(),
      kind: rawReadingSchema.shape.kind,
      values: rawReadingSchema.shape.values,
      measuredAt: utc,
      confirmedAt: utc.optional(),
    })
    .optional(),
  /** From the hub's disk to the broker's receipt, ms. */
  uplinkMs: z.int().optional(),
  skipped: skipReason.optional(),
})
export type Step = z.infer<typeof stepSchema>

const recordSchema = z.strictObject({
  visit: idSchema,
  startedAt: utc,
  installation: installationSchema.optional(),
  steps: z.array(stepSchema),
  /** Devices that were bound here before, and are no part of the kit any more. */
  removed: z.array(removedDeviceSchema).optional(),
  report: signedReportSchema.optional(),
  /** The broker has stored the report. */
  deliveredAt: utc.optional(),
})
export type VisitRecord = z.infer<typeof recordSchema>

const pathIn = (dataDir: string): string => join(dataDir, 'visit.json')

/** Undefined when there is none. @throws PreCareError 'store-corrupt' when it can't be read: it is never started over by itself */
export function readVisitRecord(dataDir: string): VisitRecord | undefined {
  const path = pathIn(dataDir)
  try {
    return recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new PreCareError('store-corrupt', `${path}: ${messageOf(error)}`, { cause: error })
  }
}

export function writeVisitRecord(dataDir: string, record: VisitRecord): void {
  writeDurably(pathIn(dataDir), `${JSON.stringify(record)}\n`)
}
