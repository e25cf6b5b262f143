import { KINDS } from '../../device-drivers/reading.ts'
import type { alertQuerySchema, replayQuerySchema } from '../replay/query.ts'
import { MAX_PAGE } from '../replay/replay.ts'

/** Queries in the words of the OpenAPI document. */

export type Parameters = Readonly<
  Record<string, { readonly schema: Readonly<Record<string, unknown>>; readonly description: string }>
>

/** Typed by the query's own schema: none can be missing or left over. */
export const REPLAY_PARAMETERS: Readonly<Record<keyof typeof replayQuerySchema.shape, Parameters[string]>> = {
  since: { schema: { type: 'integer', minimum: 0, default: 0 }, description: 'Entries after this cursor' },
  limit: {
    schema: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: 500 },
    description: 'Entries of a page; of lines: at most so many, all when absent',
  },
  citizen: { schema: { type: 'string', pattern: '^[a-z0-9-]{4,32}$' }, description: 'Of this citizen only' },
  kind: {
    schema: { type: 'array', items: { type: 'string', enum: KINDS } },
    description: 'Of these kinds only; several by comma or by repeating it',
  },
  from: { schema: { type: 'string', format: 'date-time' }, description: 'Measured at this time or later' },
  to: { schema: { type: 'string', format: 'date-time' }, description: 'Measured before this time' },
}

const { since, limit, citizen } = REPLAY_PARAMETERS
export const ALERT_PARAMETERS: Readonly<Record<keyof typeof alertQuerySchema.shape, Parameters[string]>> = {
  since,
  limit,
  citizen,
}

export const SEARCH_PARAMETERS: Parameters = {
  patient: { schema: { type: 'string' }, description: 'The opaque id of a citizen' },
  date: { schema: { type: 'array', items: { type: 'string' } }, description: 'eq, ge, gt, le or lt and a day or time' },
  code: { schema: { type: 'string' }, description: 'code or system|code, several by comma' },
  'combo-code': { schema: { type: 'string' }, description: 'The same, also in components' },
  _count: { schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 }, description: 'Entries of a page' },
  _cursor: { schema: { type: 'integer', minimum: 0 }, description: 'Where to read on, as the link next says' },
}
