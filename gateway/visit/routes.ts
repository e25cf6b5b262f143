import { z } from 'zod'
import { idSchema } from '../../device-drivers/reading.ts'
import type { Commissioning } from './commissioning.ts'

/** What can be done over HTTP during a visit. The server is made of this table, and so are its tests. */

/** The installation and the report travel to the broker within this. */
export const BROKER_MS = 30_000

export interface VisitRoute {
  readonly path: `/api/${string}`
  readonly body: z.ZodType
  /** Answered with the visit as it then is. @param id of the path; empty where it has none */
  readonly take: (visit: Commissioning, id: string, body: unknown) => Promise<void> | void
}

const nothing = z.union([z.strictObject({}), z.undefined(), z.null()])
const placeSchema = z.union([
  z.strictObject({ address: z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/) }),
  z.strictObject({ target: z.string().regex(/^(\/dev\/\S{1,200}|tcp:\/\/[^\s/:]{1,200}:\d{1,5})$/) }),
])
const chooseSchema = z.strictObject({
  place: placeSchema,
  passkey: z
    .string()
    .regex(/^\d{6}$/, 'use the six digits that the device shows')
    .optional(),
  numbersAgree: z.boolean().optional(),
})
const skipSchema = z.strictObject({ reason: z.enum(['not-delivered', 'defective', 'later']) })

/** One POST each; `GET /api/visit` and `GET /api/report` only show. */
export const VISIT_ROUTES: readonly VisitRoute[] = [
  { path: '/api/refresh', body: nothing, take: (visit) => visit.refresh(AbortSignal.timeout(BROKER_MS)) },
  { path: '/api/steps/:id/search', body: nothing, take: (visit, id) => visit.search(id) },
  {
    path: '/api/steps/:id/choose',
    body: chooseSchema,
    take: (visit, id, body) => {
      const { place, passkey, numbersAgree } = chooseSchema.parse(body)
      visit.choose(id, place, { ...(passkey && { passkey }), ...(numbersAgree && { numbersAgree }) })
    },
  },
  { path: '/api/steps/:id/again', body: nothing, take: (visit, id) => visit.again(id) },
  { path: '/api/steps/:id/confirm', body: nothing, take: (visit, id) => visit.confirm(id) },
  {
    path: '/api/steps/:id/skip',
    body: skipSchema,
    take: (visit, id, body) => visit.skip(id, skipSchema.parse(body).reason),
  },
  { path: '/api/finish', body: nothing, take: (visit) => visit.finish(AbortSignal.timeout(BROKER_MS)) },
]

export const stepId = (given: unknown): string => (given === undefined ? '' : idSchema.parse(given))
