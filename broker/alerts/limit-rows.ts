import type { Problem, RegistryDocument } from '../registry-document.ts'
import type { Journal } from '../store/journal.ts'
import { openDueCitizens } from './due-citizens.ts'

/** Citizens' own limits in the journal: each version is followed by another, and never rewritten. */

type Version = RegistryDocument['limits'][number]

/** What the engine reads: the four bounds, or that there are none of the citizen's own. */
export function limitsBody({ off, alertLow, warningLow, warningHigh, alertHigh }: Version): object {
  return off === true ? { off } : { alertLow, warningLow, warningHigh, alertHigh }
}

export interface LimitsWritten {
  readonly added: number
  readonly problems: readonly Problem[]
}

/**
 * Adds versions, and ends those that are given a `to`; marks who is to be judged again. In the caller's transaction,
 * which it undoes when there are problems.
 */
export function writeLimits(journal: Journal, versions: readonly Version[]): LimitsWritten {
  const insert = journal.database.prepare(
    `INSERT INTO limits (citizen, quantity, from_at, alert_low, warning_low, warning_high, alert_high, author, reason)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const insertSource = journal.database.prepare(
    `INSERT INTO rule_sources (level, scope, rule, from_at, to_at, author, reason, review_at, body)
     VALUES ('limits', ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const same = journal.database.prepare(
    `SELECT s.to_at FROM limits l JOIN rule_sources s
       ON s.level = 'limits' AND s.scope = l.citizen AND s.rule = l.quantity AND s.from_at = l.from_at
     WHERE l.citizen = ? AND l.quantity = ? AND l.from_at = ?
       AND alert_low IS ? AND warning_low IS ? AND warning_high IS ? AND alert_high IS ?
       AND (json_extract(s.body, '$.off') IS NOT NULL) = ?`,
  )
  const end = journal.database.prepare(
    `UPDATE rule_sources SET to_at = ? WHERE level = 'limits' AND scope = ? AND rule = ? AND from_at = ?`,
  )
  const due = openDueCitizens(journal)
  let added = 0
  const problems = versions.flatMap((version, index): Problem[] => {
    const { citizen, quantity, from, to = null, author, reason, reviewBy = null } = version
    const key = [citizen, quantity, from] as const
    const { alertLow = null, warningLow = null, warningHigh = null, alertHigh = null } = version
    const bounds = [alertLow, warningLow, warningHigh, alertHigh] as const
    if (Number(insert.run(...key, ...bounds, author, reason).changes) > 0) {
      added += 1
      insertSource.run(...key, to, author, reason, reviewBy, JSON.stringify(limitsBody(version)))
      due.mark(citizen, from)
      return []
    }
    const known = same.get(...key, ...bounds, version.off === true ? 1 : 0)
    if (known === undefined) {
      const remedy = 'other limits hold from that time already; give a later from'
      return [{ path: `limits[${index}].from`, remedy, code: 'limits-invalid' }]
    }
    const ended = typeof known['to_at'] === 'string' ? known['to_at'] : null
    if (ended === to) return []
    added += 1
    end.run(to, ...key)
    due.mark(citizen, [ended, to].flatMap((time) => time ?? []).sort()[0] ?? from)
    return []
  })
  return { added, problems }
}
