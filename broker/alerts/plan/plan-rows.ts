import type { Kind } from '../../../device-drivers/reading.ts'
import type { Journal } from '../../store/journal.ts'
import { type Plan, planSchema } from './plan.ts'

/** Plans in the journal. */

/** One thing to correct in a document, as `Problem` of the registry document. */
interface PlanProblem {
  readonly path: string
  readonly remedy: string
}

const bodyOf = ({ citizen: _, kind: __, from: ___, to: ____, ...body }: Plan): string => JSON.stringify(body)

/**
 * Adds plans, and ends those that were given a `to`. What somebody decided is never rewritten: another decision is
 * another version with a later `from`. In the caller's transaction, which it undoes when there are problems.
 */
export function writePlans(
  journal: Journal,
  plans: readonly Plan[],
): { readonly changed: number; readonly problems: readonly PlanProblem[] } {
  const insert = journal.database.prepare(
    `INSERT INTO plans (citizen, kind, from_at, to_at, plan) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET to_at = excluded.to_at WHERE to_at IS NOT excluded.to_at`,
  )
  const known = journal.database.prepare('SELECT plan FROM plans WHERE citizen = ? AND kind = ? AND from_at = ?')
  let changed = 0
  const problems = plans.flatMap((plan, index): PlanProblem[] => {
    const body = bodyOf(plan)
    const before = known.get(plan.citizen, plan.kind, plan.from)
    if (before !== undefined && before['plan'] !== body) {
      return [{ path: `plans[${index}].from`, remedy: 'another plan holds from that time already; give a later from' }]
    }
    changed += Number(insert.run(plan.citizen, plan.kind, plan.from, plan.to ?? null, body).changes)
    return []
  })
  return { changed, problems }
}

/** Somebody takes plans of a citizen back. */
interface Ending {
  readonly citizen: string
  readonly kind: Kind
  /** Now, ISO 8601. */
  readonly at: string
  readonly by: string
  readonly reason: string
}

const KEEP = `INSERT INTO plan_endings (citizen, kind, from_at, at, author, reason, plan)
  SELECT citizen, kind, from_at, ?1, ?2, ?3, plan FROM plans WHERE citizen = ?4 AND kind = ?5`

/**
 * Takes back versions that were to begin at `from` or later. They never held, so nothing was judged by them; the endings
 * keep them. In the caller's transaction. @returns how many
 */
export function takeBackPlans(journal: Journal, { citizen, kind, at, by, reason }: Ending, from: string): number {
  const unbegun = 'from_at > ?1 AND from_at >= ?6'
  journal.database.prepare(`${KEEP} AND ${unbegun}`).run(at, by, reason, citizen, kind, from)
  const { changes } = journal.database
    .prepare('DELETE FROM plans WHERE citizen = ? AND kind = ? AND from_at > ? AND from_at >= ?')
    .run(citizen, kind, at, from)
  return Number(changes)
}

/** The plan that holds now ends now. In the caller's transaction. @returns false: none holds */
export function endPlan(journal: Journal, { citizen, kind, at, by, reason }: Ending): boolean {
  const holding = `(to_at IS NULL OR to_at > ?1) AND from_at =
    (SELECT max(from_at) FROM plans WHERE citizen = ?4 AND kind = ?5 AND from_at <= ?1)`
  const { changes } = journal.database.prepare(`${KEEP} AND ${holding}`).run(at, by, reason, citizen, kind)
  if (Number(changes) === 0) return false
  journal.database
    .prepare(
      `UPDATE plans SET to_at = ?1 WHERE citizen = ?2 AND kind = ?3 AND from_at =
         (SELECT max(from_at) FROM plans WHERE citizen = ?2 AND kind = ?3 AND from_at <= ?1)`,
    )
    .run(at, citizen, kind)
  return true
}

const rowOf = (row: Record<string, unknown>) => ({
  citizen: String(row['citizen']),
  kind: String(row['kind']) as Kind,
  from: String(row['from_at']),
  ...(typeof row['to_at'] === 'string' ? { to: row['to_at'] } : {}),
})

function planOf(row: Record<string, unknown>): Plan {
  const body: unknown = JSON.parse(String(row['plan']))
  return planSchema.parse({ ...rowOf(row), ...Object(body) })
}

/** All versions of one citizen's plans, by kind and begin. */
export function plansOf(journal: Journal, citizen: string): readonly Plan[] {
  return journal.database
    .prepare('SELECT * FROM plans WHERE citizen = ? ORDER BY kind, from_at')
    .all(citizen)
    .map(planOf)
}

/** The same, read anew when the registry has changed: who looks at all of a clinic would wait for the parsing each time. */
export function openKeptPlans(
  journal: Journal,
  registry: { readonly version: number },
): (citizen: string) => readonly Plan[] {
  const kept = new Map<string, readonly Plan[]>()
  let version = registry.version
  return (citizen) => {
    if (version !== registry.version) kept.clear()
    version = registry.version
    const plans = kept.get(citizen) ?? plansOf(journal, citizen)
    kept.set(citizen, plans)
    return plans
  }
}

/**
 * All versions of all citizens' plans, by citizen. What was read before and has not changed is not parsed again: after a
 * change of one plan the other 6,000 of 2,000 citizens would take 0.1 s, in which no reading is stored (measured on two
 * slow cores). What is agreed in the same words for several is checked once.
 */
export function openPlanReader(journal: Journal): () => ReadonlyMap<string, readonly Plan[]> {
  const select = journal.database.prepare('SELECT * FROM plans ORDER BY citizen, kind, from_at')
  let known = new Map<string, Plan>()

  function read(row: Record<string, unknown>, checked: Map<string, Plan>): Plan {
    const words = String(row['plan'])
    const like = checked.get(words)
    if (like !== undefined) {
      const { to: _, ...terms } = like
      return { ...terms, ...rowOf(row) }
    }
    const plan = planOf(row)
    checked.set(words, plan)
    return plan
  }

  return () => {
    const now = new Map<string, Plan>()
    const checked = new Map<string, Plan>()
    const plans = new Map<string, Plan[]>()
    for (const row of select.all()) {
      const text = JSON.stringify(row)
      const plan = known.get(text) ?? read(row, checked)
      now.set(text, plan)
      const own = plans.get(plan.citizen)
      if (own === undefined) plans.set(plan.citizen, [plan])
      else own.push(plan)
    }
    known = now
    return plans
  }
}
