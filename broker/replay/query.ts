import { z } from 'zod'
import { idSchema, KINDS } from '../../device-drivers/reading.ts'
import { utcTime } from '../store/iso-time.ts'
import { MAX_PAGE } from './replay.ts'

/** What may be asked for in a query string, and what is said of anything else. */

const DEFAULT_PAGE = 500

const whole = z.coerce.number().int()
const time = (text: string) => z.iso.datetime({ offset: true, error: text }).transform(utcTime)
/** `?kind=a,b` and `?kind=a&kind=b` are the same. */
const several = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat().flatMap((one) => one.split(',')))

const TIME = 'use a time with a zone, as 2026-01-31T08:00:00Z'

export const replayQuerySchema = z.strictObject({
  since: whole.min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  limit: whole.min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  citizen: idSchema.optional(),
  kind: several.pipe(z.array(z.enum(KINDS, { error: `use one or more of ${KINDS.join(', ')}` })).min(1)).optional(),
  from: time(TIME).optional(),
  to: time(TIME).optional(),
})

export const alertQuerySchema = replayQuerySchema.pick({ since: true, limit: true, citizen: true })

/** One sentence that names each field that is wrong and what to write instead. */
export function queryAdvice(error: z.ZodError): string {
  const problems = error.issues.map((issue) => {
    // What somebody wrote in the place of a name may be a person's, and is not said back.
    if (issue.code === 'unrecognized_keys') return 'a parameter is not known: remove it'
    const name = String(issue.path[0] ?? '')
    if (name === 'since') return 'since: use a cursor, a whole number from 0'
    if (name === 'limit') return `limit: use 1 to ${MAX_PAGE}`
    return `${name}: ${issue.message}`
  })
  return `${problems.join('; ')}.`
}
