import { KINDS, type Kind } from '../../device-drivers/reading.ts'
import { actorOf } from '../audit/actor.ts'
import type { Audit } from '../audit/entry.ts'
import type { Journal } from '../store/journal.ts'
import type { Onlooker } from './sight.ts'

/**
 * Who was shown whom, for the audit. A list or a stream shows many citizens again and again, to a screen that nobody may
 * be looking at: one row for each person and citizen in an hour says as much as one per answer, and three hundred rows
 * per look would drown the others. Other kinds than before are another row.
 */
export type Shown = (to: Onlooker, whom: readonly ShownCitizen[]) => void

export interface ShownCitizen {
  readonly citizen: string
  readonly kinds: readonly Kind[]
  readonly purpose: string | undefined
}

const EACH_MS = 3600_000
/** Twenty people and 2,000 citizens. */
const MAX_REMEMBERED = 40_000

/** @returns writes what is new before it leaves, in one transaction; throws 'audit-failed' */
export function openShown(journal: Journal, audit: Audit, clock: { now(): number }): Shown {
  const known = new Map<string, { readonly at: number; readonly kinds: ReadonlySet<Kind> }>()
  return (to, whom) => {
    const now = clock.now()
    const keyOf = (citizen: string) => `${to.organisation}/${to.role}/${to.id}/${citizen}`
    const fresh = whom.filter(({ citizen, kinds }) => {
      const before = known.get(keyOf(citizen))
      return before === undefined || now - before.at >= EACH_MS || kinds.some((kind) => !before.kinds.has(kind))
    })
    if (fresh.length === 0) return
    journal.transaction(() => {
      for (const { citizen, kinds, purpose } of fresh) {
        audit({
          actor: actorOf(to),
          action: 'work-list.read',
          citizen,
          ...(kinds.length === 0 ? {} : { kinds: KINDS.filter((kind) => kinds.includes(kind)) }),
          ...(purpose === undefined ? {} : { purpose }),
        })
      }
    })
    if (known.size + fresh.length > MAX_REMEMBERED) known.clear()
    for (const { citizen, kinds } of fresh) {
      const before = known.get(keyOf(citizen))
      const recent = before !== undefined && now - before.at < EACH_MS ? before.kinds : []
      known.set(keyOf(citizen), { at: now, kinds: new Set([...recent, ...kinds]) })
    }
  }
}
