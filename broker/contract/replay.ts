import { z } from 'zod'
import { alertMessageSchema } from './alert.ts'
import { feedReadingSchema } from './messages.ts'

/** What the broker answers over HTTP, all JSON. */

const cursor = z.int().min(0)

/** A page of a feed; see `ReplayPage`. */
const pageOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({
    items: z.array(item),
    /** Where to read on. */
    next: cursor,
    /** Entries that the organisation may not have any more. */
    withheld: cursor,
    /** Of the feed. There is more while `next` is below it. */
    newest: cursor,
  })

/** `GET /v1/readings`. */
export const readingPageSchema = pageOf(feedReadingSchema)

/** One change of one alert; the alert's `revision` counts up by one. */
export const alertEntrySchema = z.strictObject({
  cursor: z.int().min(1),
  at: z.iso.datetime({ precision: 3 }),
  alert: alertMessageSchema,
})

/** `GET /v1/alerts`. */
export const alertPageSchema = pageOf(alertEntrySchema)

/** Every answer that is no success. */
export const errorSchema = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    advice: z.string(),
    /** What to write instead, by field of the body: `limits.warningLow`. */
    fields: z.array(z.strictObject({ path: z.string(), remedy: z.string() })).optional(),
  }),
  /** With `cursor-ahead`: where the feed ends. */
  newest: cursor.optional(),
})

/** `GET /healthz` and `GET /readyz`. */
export const healthSchema = z.strictObject({ status: z.enum(['alive', 'ready']) })
