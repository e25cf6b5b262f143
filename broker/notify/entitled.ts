import type { AlertMessage } from '../contract/alert.ts'
import { type Grant, organisationsFor } from '../grants.ts'

/**
 * In the place of an organisation: those who look after hubs, line and broker. They have no grant and need none, for
 * what they are told holds no reading. No organisation can have this id, because ids have no such character.
 */
export const TECHNICIANS = '@technicians'

/**
 * Whose people may be told of an alert: organisations that may have all kinds of readings it rests on (of one that rests
 * on none, those that may have anything of this citizen). What is technical is for technicians; that nobody is watched
 * is theirs alone while it is blue, and the clinic's too from yellow on. @param at time of telling, ISO 8601 UTC
 */
export function entitledTo(
  grants: readonly Grant[],
  { citizen, kinds, category, level, state }: AlertMessage,
  at: string,
): readonly string[] {
  if (category === 'technical') return [TECHNICIANS]
  const granted = organisationsFor(grants, citizen, kinds, at)
  if (category !== 'unwatched') return granted
  // Whoever was told of it as yellow is told of its end, whatever it is by then.
  return level === 'blue' && state === 'open' ? [TECHNICIANS] : [TECHNICIANS, ...granted]
}
