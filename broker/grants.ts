import type { Kind } from '../device-drivers/reading.ts'
import { decide, type Grant } from './rights/decide.ts'

export type { Grant } from './rights/decide.ts'

/**
 * Who gets what: the systems of which organisations {@link decide} lets read this of the citizen now. Feeds, alerts and
 * replay all ask here.
 * @param kinds of the reading, or all that an alert rests on
 * @param at ISO 8601 UTC time of handing out
 * @returns organisations without repetition, in the order of their grants
 */
export function organisationsFor(
  grants: readonly Grant[],
  citizen: string,
  kinds: Kind | readonly Kind[],
  at: string,
): string[] {
  const resource = { type: 'citizen', citizen, kinds: typeof kinds === 'string' ? [kinds] : kinds, grants } as const
  return [...new Set(grants.map((grant) => grant.organisation))].filter(
    (organisation) => decide(systemOf(organisation), 'readings.read', resource, at).allow,
  )
}

/** Any system of an organisation: what one of its clients may read is written to the feed of all. */
export const systemOf = (organisation: string) => ({ role: 'client', id: 'feed', organisation }) as const
