import type { Action, Grant, Resource, Subject } from '../../broker/rights/decide.ts'

/** Who may do what, from the words of the rules and apart from the broker's table: slow, and meant to be read. */

export const WORLD = {
  organisations: ['org-north', 'org-south', 'org-study'],
  citizens: ['citizen-1', 'citizen-2'],
  kinds: ['weight', 'glucose', 'blood-pressure'] as const,
  times: [1, 2, 3, 4].map((day) => `2026-03-0${day}T00:00:00.000Z`),
}

/** Somebody who treats: a system of the organisation, a nurse or a physician. */
const treats = (role: string): boolean => ['client', 'nurse', 'physician'].includes(role)

function roleMay(role: string, action: Action): boolean {
  switch (action) {
    case 'readings.read':
    case 'alerts.read':
    case 'alerts.handle':
    case 'feed.read':
      return treats(role)
    case 'plan.set':
    case 'work-list.read':
    case 'readings.write':
      return role === 'nurse' || role === 'physician'
    case 'limits.set':
      return role === 'physician'
    case 'hubs.read':
      return role === 'technician' || role === 'administrator'
    case 'hubs.provision':
      return role === 'technician'
    case 'users.manage':
      return role === 'administrator'
    case 'audit.read':
      return role === 'auditor'
  }
}

const aboutCitizens: readonly Action[] = [
  'readings.read',
  'readings.write',
  'alerts.read',
  'alerts.handle',
  'plan.set',
  'limits.set',
]

/** The first grant of the organisation on the citizen that holds now and covers the kind (any kind when undefined). */
function grantFor(
  grants: readonly Grant[],
  organisation: string,
  citizen: string,
  kind: string | undefined,
  at: string,
) {
  for (const grant of grants) {
    if (grant.organisation !== organisation || grant.citizen !== citizen) continue
    if (at < grant.from) continue
    if (grant.to !== undefined && at >= grant.to) continue
    if (kind !== undefined && grant.kinds !== undefined && !(grant.kinds as readonly string[]).includes(kind)) continue
    return grant
  }
  return undefined
}

export function decideByTheWords(who: Subject, action: Action, what: Resource, at: string): boolean {
  if (who.role === 'hub') return false
  if (!roleMay(who.role, action)) return false
  if (what.type === 'organisation') return !aboutCitizens.includes(action) && what.organisation === who.organisation
  if (!aboutCitizens.includes(action)) return false
  const wanted: (string | undefined)[] = what.kinds.length === 0 ? [undefined] : [...what.kinds]
  for (const kind of wanted) {
    const grant = grantFor(what.grants, who.organisation, what.citizen, kind, at)
    if (grant === undefined) return false
    if (grant.pseudonymous === true && action !== 'readings.read' && action !== 'alerts.read') return false
  }
  return true
}

/** MQTT 3.1.1, 4.7: does the topic match the filter? */
export function matchesFilter(filter: string, topic: string): boolean {
  const [f, t] = [filter.split('/'), topic.split('/')]
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false
  for (const [i, level] of f.entries()) {
    if (level === '#') return true
    if (t[i] === undefined || (level !== '+' && level !== t[i])) return false
  }
  return f.length === t.length
}

/** A client may have the heartbeat, and whatever lies below the root of its own organisation. */
export function maySubscribeByTheWords(organisation: string, filter: string): boolean {
  if (filter === 'v1/heartbeat') return true
  const levels = filter.split('/')
  if (filter.length > 128 || levels.length > 8) return false
  for (const [i, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || i !== levels.length - 1)) return false
    if (level.includes('+') && level !== '+') return false
  }
  const [first, second, third, ...below] = levels
  return first === 'v1' && second === 'orgs' && third === organisation && below.length > 0
}
