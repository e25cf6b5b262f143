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

function planOf(row: Record<string, unknown>): Plan {
  const period = { from: String(row['from_at']), ...(typeof row['to_at'] === 'string' ? { to: row['to_at'] } : {}) }
  const body: unknown = JSON.parse(String(row['plan']))
  const about = { citizen: String(row['citizen']), kind: String(row['kind']) as Kind }
  return planSchema.parse({ ...about, ...period, ...Object(body) })
}

/** All versions of one citizen's plans, by kind and begin. */
export function plansOf(journal: Journal, citizen: string): readonly Plan[] {
  return journal.database
    .prepare('SELECT * FROM plans WHERE citizen = ? ORDER BY kind, from_at')
    .all(citizen)
    .map(planOf)
}

/** All versions of all citizens' plans, by citizen. */
export function readPlans(journal: Journal): ReadonlyMap<string, readonly Plan[]> {
  const plans = new Map<string, Plan[]>()
  for (const row of journal.database.prepare('SELECT * FROM plans ORDER BY citizen, kind, from_at').all()) {
    const plan = planOf(row)
    const known = plans.get(plan.citizen)
    if (known === undefined) plans.set(plan.citizen, [plan])
    else known.push(plan)
  }
  return plans
}
