import { type Identity, mayReceive, maySubscribe } from '../../broker/access.ts'
import {
  type Action,
  decide,
  type Grant,
  type Resource,
  RIGHTS,
  ROLES,
  type Subject,
} from '../../broker/rights/decide.ts'
import { decideByTheWords, matchesFilter, maySubscribeByTheWords, WORLD } from '../support/access-oracle.ts'
import { seeded } from '../support/random.ts'

/** Random decisions, by the broker and by the words of the rules. */

export interface Compared {
  readonly decisions: number
  readonly allowed: number
  readonly differences: number
}

export function compareDecisions(seed: number, count: number): Compared {
  const random = seeded(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const actions = Object.keys(RIGHTS) as Action[]
  const roles = ['hub', 'client', 'client', ...ROLES, 'nurse', 'physician'] as const
  const someKinds = () => WORLD.kinds.filter(() => random() < 0.5)
  const grant = (): Grant => ({
    organisation: pick(WORLD.organisations),
    citizen: pick(WORLD.citizens),
    from: pick(WORLD.times),
    purpose: 'care',
    ...(random() < 0.5 ? {} : { to: pick(WORLD.times) }),
    ...(random() < 0.5 ? {} : { kinds: [pick(WORLD.kinds)] }),
    ...(random() < 0.8 ? {} : { pseudonymous: true as const }),
  })
  let allowed = 0
  let differences = 0
  for (let i = 0; i < count; i++) {
    const subject = { role: pick(roles), id: 'somebody', organisation: pick(WORLD.organisations) } as Subject
    const action = pick(actions)
    const resource: Resource =
      random() < 0.2
        ? { type: 'organisation', organisation: pick(WORLD.organisations) }
        : {
            type: 'citizen',
            citizen: pick(WORLD.citizens),
            kinds: someKinds(),
            grants: Array.from({ length: Math.floor(random() * 8) }, grant),
          }
    const at = pick(WORLD.times)
    const { allow } = decide(subject, action, resource, at)
    if (allow) allowed += 1
    if (allow !== decideByTheWords(subject, action, resource, at)) differences += 1
  }
  return { decisions: count, allowed, differences }
}

/** Filters against topics: what is granted, and what would come of it at delivery. */
export function compareFilters(seed: number, count: number): Compared {
  const random = seeded(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const levels = ['v1', 'orgs', 'org-a', 'org-b', 'alerts', 'x', '+', '#', '$share', '$SYS', '', 'a#', 'heartbeat']
  const path = (words: readonly string[]) => {
    const own = random() < 0.5 ? ['v1', 'orgs', pick(['org-a', 'org-a', 'org-b', '+'])] : []
    return [...own, ...Array.from({ length: Math.floor(random() * 6) }, () => pick(words))].join('/')
  }
  const client: Identity = { role: 'client', id: 'reader', organisation: 'org-a' }
  let allowed = 0
  let differences = 0
  for (let i = 0; i < count; i++) {
    const filter = path(levels)
    const granted = maySubscribe(client, filter)
    if (granted) allowed += 1
    const topic = path(levels.filter((level) => !/[+#]/.test(level)))
    const leaks = granted && matchesFilter(filter, topic) && !mayReceive(client, topic)
    if (leaks || granted !== (filter !== '' && maySubscribeByTheWords('org-a', filter))) differences += 1
  }
  return { decisions: count, allowed, differences }
}
