import type { Subject } from '../rights/decide.ts'
import type { Actor } from './entry.ts'

/** Somebody who calls over HTTP, as the audit names him. */
export function actorOf({ role, id, organisation }: Exclude<Subject, { readonly role: 'hub' }>): Actor {
  return role === 'client' ? { type: 'client', id, organisation } : { type: 'user', id, organisation, role }
}
