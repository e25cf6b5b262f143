import { z } from 'zod'
import { idSchema, readingSchema } from '../../device-drivers/reading.ts'

/**
 * What is to stand in one home, and the proof that it does. Whose measurements they are is the broker's knowledge:
 * neither document names a citizen, and the hub learns of none.
 */

/** Where a hub asks for its installation, and leaves its report; over TLS with its certificate. */
export const HUB_INSTALLATION_PATH = '/v1/hub/installation'
export const HUB_REPORT_PATH = '/v1/hub/report'

const utc = z.iso.datetime({ precision: 3 })
const driver = z.string().regex(/^[a-z0-9-]{2,40}$/)
const slot = z.int().min(0).max(255)

/** One device of the kit. `slots`: the user slots of a shared device that belong to somebody. */
export const kitDeviceSchema = z.strictObject({
  id: idSchema,
  driver,
  slots: z.array(slot).max(16).optional(),
})
export type KitDevice = z.infer<typeof kitDeviceSchema>

/** `GET /v1/hub/installation`: asked for by the hub itself; which hub is asked says its certificate. */
export const installationSchema = z.strictObject({
  installation: idSchema,
  hub: idSchema,
  /** Grows by one with each change by the clinic. */
  revision: z.int().min(1),
  devices: z.array(kitDeviceSchema).max(64),
})
export type Installation = z.infer<typeof installationSchema>

/** A technician's test measurement: shown, confirmed, and never clinical. */
const testMeasurementSchema = z.strictObject({
  reading: readingSchema.shape.id,
  kind: readingSchema.shape.kind,
  values: readingSchema.shape.values,
  measuredAt: utc,
  confirmedAt: utc,
})

const commissionedDeviceSchema = z.strictObject({
  id: idSchema,
  driver,
  model: z.string().max(64).optional(),
  serial: z.string().max(64).optional(),
  firmware: z.string().max(64).optional(),
  batteryPercent: z.int().min(0).max(100).optional(),
  /** Strongest signal heard while it was bound, dBm. */
  signalDbm: z.int().min(-127).max(20).optional(),
  /** Hub minus device, ms, as last read. */
  clockOffsetMs: z.int().optional(),
  clockSet: z.boolean().optional(),
  slots: z.array(slot).max(16).optional(),
  test: testMeasurementSchema,
})

export const removedDeviceSchema = z.strictObject({
  id: idSchema,
  driver,
  model: z.string().max(64).optional(),
  serial: z.string().max(64).optional(),
})

/** `POST /v1/hub/report`: what the technician leaves behind. A device without proof is named with the reason. */
export const commissioningReportSchema = z.strictObject({
  visit: idSchema,
  installation: idSchema,
  hub: idSchema,
  revision: z.int().min(1),
  startedAt: utc,
  finishedAt: utc,
  software: z.string().max(64),
  machine: z.string().max(64).optional(),
  /** From the test measurement on the hub's disk to the broker's receipt for it; the slowest of them. */
  uplinkMs: z.int().min(0),
  devices: z.array(commissionedDeviceSchema).max(64),
  skipped: z.array(z.strictObject({ id: idSchema, reason: z.enum(['not-delivered', 'defective', 'later']) })).max(64),
  /** Devices that were taken down in this visit, because the clinic has changed the kit; as they were found before. */
  removed: z.array(removedDeviceSchema).max(64).optional(),
})
export type CommissioningReport = z.infer<typeof commissioningReportSchema>
export type SkipReason = CommissioningReport['skipped'][number]['reason']

/** The report as the text that was signed, with the hub's signature (ECDSA P-256, SHA-256, IEEE P1363, base64). */
export const signedReportSchema = z.strictObject({
  text: z.string().max(64 * 1024),
  signature: z.base64().max(200),
})
export type SignedReport = z.infer<typeof signedReportSchema>
