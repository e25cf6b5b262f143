import { z } from 'zod'
import { alertMessageSchema } from './alert.ts'
import * as messages from './messages.ts'
import * as replay from './replay.ts'

/** Every payload of the contract under the name by which the broker serves its JSON Schema: `/v1/schemas/<name>.json`. */

/** What a FHIR R4 Observation of this house always has; the whole is defined by HL7 (hl7.org/fhir/R4/observation.html). */
const fhirObservationSchema = z.looseObject({
  resourceType: z.literal('Observation'),
  id: z.string().regex(/^[A-Za-z0-9.-]{1,64}$/),
  meta: z.looseObject({ tag: z.array(z.strictObject({ system: z.string(), code: z.string() })).min(1) }),
  identifier: z.array(z.looseObject({ value: z.string() })).min(2),
  status: z.enum(['final', 'preliminary']),
  code: z.looseObject({ text: z.string() }),
  subject: z.looseObject({ type: z.literal('Patient') }),
  effectiveDateTime: z.iso.datetime({ offset: true }),
  device: z.looseObject({ reference: z.string() }),
})

/** Any resource or bundle of `/fhir`. */
const fhirResourceSchema = z.looseObject({
  resourceType: z.enum(['Bundle', 'Observation', 'Device', 'CapabilityStatement', 'OperationOutcome']),
})

export const SCHEMAS = {
  readings: messages.readingsMessageSchema,
  receipt: messages.receiptSchema,
  'hub-state': messages.hubStateSchema,
  'hub-health': messages.hubHealthSchema,
  'device-state': messages.deviceStateSchema,
  'feed-reading': messages.feedReadingSchema,
  'fhir-observation': fhirObservationSchema,
  alert: alertMessageSchema,
  heartbeat: messages.heartbeatSchema,
  'reading-page': replay.readingPageSchema,
  'alert-entry': replay.alertEntrySchema,
  'alert-page': replay.alertPageSchema,
  health: replay.healthSchema,
  error: replay.errorSchema,
  'fhir-resource': fhirResourceSchema,
} as const satisfies Record<string, z.ZodType>

export type SchemaName = keyof typeof SCHEMAS
export const SCHEMA_NAMES = Object.keys(SCHEMAS) as readonly SchemaName[]

/** @param target the dialect that the document around it speaks: OpenAPI 3.1 the newer one, AsyncAPI 3 draft 7 */
export function jsonSchemaOf(
  name: SchemaName,
  target: 'draft-2020-12' | 'draft-7' = 'draft-2020-12',
): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(SCHEMAS[name], { target })
}
