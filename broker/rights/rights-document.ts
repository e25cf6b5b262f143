import { z } from 'zod'
import { idSchema, KINDS } from '../../device-drivers/reading.ts'
import { utcTime } from '../store/iso-time.ts'
import { ROLES } from './decide.ts'

/** The sections of the provisioning document that say who may see what. */

/**
 * A Danish CPR number: day, month, year, serial number (CPR-kontoret, Personnummeret i CPR). Ten digits that could be
 * one are refused as an id, also by chance: it would be on topics, in logs and in URLs for good.
 */
const CPR_NUMBER = /(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])\d{2}-?\d{4}/

export const looksLikeCprNumber = (text: string): boolean => CPR_NUMBER.test(text)

/** An id that says nothing of a person. */
export const opaqueId = idSchema.refine((id) => !looksLikeCprNumber(id), {
  error: 'looks like a CPR number; choose an id that says nothing of a person',
})

/** Any ISO 8601 time with a zone; kept as UTC with milliseconds so that times compare as text. */
export const documentTime = z.iso
  .datetime({ offset: true, error: 'use a time with a zone, as 2026-01-31T08:00:00Z' })
  .transform(utcTime)
export const period = { from: documentTime, to: documentTime.optional() }

export const ORGANISATION_TYPES = ['clinic', 'municipality', 'gp', 'ward', 'research'] as const

/** Words, no sentences: purposes go into the audit, where no text of a person's writing may be. */
export const PURPOSES = ['treatment', 'care', 'quality', 'research', 'technical'] as const

const sentence = z.string().min(1).max(200)

export const rightsSections = {
  organisations: z
    .array(
      z.strictObject({
        id: opaqueId,
        title: sentence,
        /** A new organisation is a clinic unless said; a known one keeps its type. */
        type: z.enum(ORGANISATION_TYPES).optional(),
        /** Every reading also as a FHIR Observation, on a topic of its own: twice the traffic. */
        fhir: z.boolean('use true or false').default(false),
      }),
    )
    .default([]),
  groups: z.array(z.strictObject({ id: opaqueId })).default([]),
  memberships: z.array(z.strictObject({ group: opaqueId, citizen: opaqueId, ...period })).default([]),
  grants: z
    .array(
      z
        .strictObject({
          organisation: opaqueId,
          citizen: opaqueId.optional(),
          group: opaqueId.optional(),
          kinds: z.array(z.enum(KINDS)).min(1).optional(),
          ...period,
          purpose: z.enum(PURPOSES, `use one of ${PURPOSES.join(', ')}`),
          /** Who gave it: an id. */
          givenBy: opaqueId.optional(),
        })
        .refine((grant) => (grant.citizen === undefined) !== (grant.group === undefined), {
          error: 'name a citizen or a group, one of the two',
        }),
    )
    .default([]),
  /** People of an organisation; passwords are made by the provisioning command. */
  users: z
    .array(z.strictObject({ id: opaqueId, organisation: opaqueId, role: z.enum(ROLES), displayName: sentence }))
    .default([]),
}
const rightsSchema = z.object(rightsSections)
export type RightsDocument = z.output<typeof rightsSchema>
