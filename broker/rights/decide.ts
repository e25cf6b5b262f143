import type { Kind } from '../../device-drivers/reading.ts'
import type { Identity } from '../access.ts'

/**
 * The one decision on who may see or do what with whose data. Pure: whoever asks brings the grants. What no line of
 * {@link RIGHTS} allows is denied. Topics are decided apart (access.ts): what is written below an organisation's root
 * has passed here.
 */

/** People of an organisation, by what they do there. */
export const ROLES = ['nurse', 'physician', 'technician', 'administrator', 'auditor'] as const
export type Role = (typeof ROLES)[number]

export interface UserIdentity {
  readonly role: Role
  readonly id: string
  readonly organisation: string
}

/** A hub, a system of an organisation (`client`), or a person of one. */
export type Subject = Identity | UserIdentity

/** An organisation's dated right to one citizen's readings. Times are ISO 8601 UTC; `to` is the first moment without. */
export interface Grant {
  readonly organisation: string
  readonly citizen: string
  /** All kinds when absent. */
  readonly kinds?: readonly Kind[]
  readonly from: string
  /** The earlier of its agreed end and its revocation. */
  readonly to?: string
  readonly purpose: string
  /** The organisation does research: it gets pseudonyms, and changes nothing. */
  readonly pseudonymous?: true
}

type Who = Subject['role']
interface Right {
  /** citizen: only with a grant that holds for every kind of the data. organisation: only within one's own. */
  readonly on: 'citizen' | 'organisation'
  readonly by: readonly Who[]
  /** Also under a pseudonymous grant. */
  readonly research?: true
}

const CARE = ['client', 'nurse', 'physician'] as const satisfies readonly Who[]

export const RIGHTS = {
  'readings.read': { on: 'citizen', by: CARE, research: true },
  /** Type a reading in. */
  'readings.write': { on: 'citizen', by: ['nurse', 'physician'] },
  'alerts.read': { on: 'citizen', by: CARE, research: true },
  /** Acknowledge, close, pause. */
  'alerts.handle': { on: 'citizen', by: CARE },
  'plan.set': { on: 'citizen', by: ['nurse', 'physician'] },
  'limits.set': { on: 'citizen', by: ['physician'] },
  /** The organisation's own feed, entry by entry decided as `readings.read` once more. */
  'feed.read': { on: 'organisation', by: CARE, research: true },
  /** Everybody who needs somebody, citizen by citizen and kind by kind decided as `alerts.read` and `readings.read` once more. */
  'work-list.read': { on: 'organisation', by: ['nurse', 'physician'] },
  'hubs.read': { on: 'organisation', by: ['technician', 'administrator'] },
  'hubs.provision': { on: 'organisation', by: ['technician'] },
  'users.manage': { on: 'organisation', by: ['administrator'] },
  'audit.read': { on: 'organisation', by: ['auditor'] },
} as const satisfies Record<string, Right>
export type Action = keyof typeof RIGHTS

export type Resource =
  | {
      readonly type: 'citizen'
      readonly citizen: string
      /** Of the data that is asked for; empty when it rests on none, as word of a silent hub: any grant will do. */
      readonly kinds: readonly Kind[]
      /** All grants on this citizen, of any organisation. */
      readonly grants: readonly Grant[]
    }
  | { readonly type: 'organisation'; readonly organisation: string }

export type DenyReason = 'action-unknown' | 'role' | 'foreign-organisation' | 'no-grant' | 'research-reads-only'

export type Decision =
  | { readonly allow: true; readonly purpose?: string; readonly pseudonymous: boolean }
  | { readonly allow: false; readonly reason: DenyReason }

const deny = (reason: DenyReason): Decision => ({ allow: false, reason })

const holds = (grant: Grant, at: string): boolean => grant.from <= at && (grant.to === undefined || at < grant.to)

const covers = (grant: Grant, kind: Kind): boolean => grant.kinds === undefined || grant.kinds.includes(kind)

/**
 * @param at ISO 8601 UTC time of handing out or acting, not of measuring: a grant that has ended gives nothing more,
 *   however old the reading is
 */
export function decide(subject: Subject, action: Action, resource: Resource, at: string): Decision {
  if (!Object.hasOwn(RIGHTS, action)) return deny('action-unknown')
  const right: Right = RIGHTS[action]
  if (right.on !== resource.type || subject.role === 'hub' || !right.by.includes(subject.role)) return deny('role')
  if (resource.type === 'organisation') {
    return resource.organisation === subject.organisation
      ? { allow: true, pseudonymous: false }
      : deny('foreign-organisation')
  }
  const own = resource.grants.filter(
    (grant) => grant.organisation === subject.organisation && grant.citizen === resource.citizen && holds(grant, at),
  )
  const used =
    resource.kinds.length === 0
      ? own.slice(0, 1)
      : resource.kinds.map((kind) => own.find((grant) => covers(grant, kind)))
  const first = used[0]
  if (first === undefined || used.includes(undefined)) return deny('no-grant')
  const pseudonymous = used.some((grant) => grant?.pseudonymous === true)
  if (pseudonymous && right.research !== true) return deny('research-reads-only')
  return { allow: true, purpose: first.purpose, pseudonymous }
}
