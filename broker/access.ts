import { idSchema } from '../device-drivers/reading.ts'
import { parseTopic, topics } from './contract/topics.ts'

/**
 * Who may do what with which topic: default deny, decided from the identity alone. Grants are no matter here: what is
 * written below an organisation's root has passed the grant check already.
 */

interface HubIdentity {
  readonly role: 'hub'
  readonly id: string
}
export interface ClientIdentity {
  readonly role: 'client'
  readonly id: string
  readonly organisation: string
}
export type Identity = HubIdentity | ClientIdentity

/** aedes hands deeper topics to a matcher that throws beyond 100 levels; the deepest topic of the house has six. */
export const MAX_TOPIC_LEVELS = 8
/** The longest topic of the house is 109 characters (v1/orgs/<32>/backfill/<32>/<kind>). */
const MAX_TOPIC_LENGTH = 128

const VERB = /^[a-z][a-z-]{1,31}$/

/** What a hub may write: its own channels and its answers to requests. Clients write nothing. */
export function mayPublish(who: Identity, topic: string): boolean {
  if (who.role !== 'hub') return false
  const parsed = parseTopic(topic)
  if (parsed !== undefined) return parsed.type === 'hub' && parsed.hub === who.id
  const prefix = `v1/hubs/${who.id}/responses/`
  return topic.startsWith(prefix) && VERB.test(topic.slice(prefix.length))
}

/**
 * Decided for the filter as a set of topics: granted only if every topic that it can match may be received, see
 * {@link mayReceive}. A filter's literal prefix must therefore name the identity's own root; `$share/...`, `$SYS/...`
 * and leading wildcards have none.
 */
export function maySubscribe(who: Identity, filter: string): boolean {
  if (!isFilter(filter)) return false
  if (who.role === 'client') return filter === topics.heartbeat() || filter.startsWith(orgRoot(who.organisation))
  const root = `v1/hubs/${who.id}`
  return filter === `${root}/receipts` || filter === `${root}/config` || filter.startsWith(`${root}/requests/`)
}

/**
 * The same again at delivery: aedes keeps a denied filter of a SUBSCRIBE that also held a granted one, and brings it
 * back when the session is restored; and a right may be gone since the filter was granted.
 */
export function mayReceive(who: Identity, topic: string): boolean {
  if (who.role === 'client') {
    const root = orgRoot(who.organisation)
    // `root/#` also matches its parent level (MQTT 3.1.1, 4.7.1.2).
    return topic.startsWith(root) || topic === root.slice(0, -1) || topic === topics.heartbeat()
  }
  const root = `v1/hubs/${who.id}`
  return (
    topic === `${root}/receipts` ||
    topic === `${root}/config` ||
    topic === `${root}/requests` ||
    topic.startsWith(`${root}/requests/`)
  )
}

/**
 * The MQTT client id of an identity: exactly the account for a hub, the account or `<account>:<instance>` for a client.
 * A takeover (MQTT 3.1.1, 3.1.4-2) is thereby possible for the same account only.
 */
export function mayUseClientId(who: Identity, clientId: string): boolean {
  if (clientId === who.id) return true
  if (who.role === 'hub' || !clientId.startsWith(`${who.id}:`)) return false
  return /^[A-Za-z0-9_-]{1,32}$/.test(clientId.slice(who.id.length + 1))
}

/** Can be asked before the password is checked: no role lets this account use this client id otherwise. */
export function couldUseClientId(account: string, clientId: string): boolean {
  return idSchema.safeParse(account).success && (clientId === account || clientId.startsWith(`${account}:`))
}

const orgRoot = (organisation: string): string => `v1/orgs/${organisation}/`

/** A well-formed filter (MQTT 3.1.1, 4.7.1): `+` fills a level, `#` fills the last one, no NUL. */
function isFilter(filter: string): boolean {
  if (filter.length === 0 || filter.length > MAX_TOPIC_LENGTH || filter.includes('\0')) return false
  const levels = filter.split('/')
  if (levels.length > MAX_TOPIC_LEVELS) return false
  return levels.every((level, i) => level === '+' || (level === '#' && i === levels.length - 1) || !/[+#]/.test(level))
}
