import { z } from 'zod'
import type { Journal } from '../store/journal.ts'

/** A row of the audit as it is shown: what does not apply is left out. */
export const auditRowSchema = z.strictObject({
  position: z.int(),
  at: z.string(),
  system: z.string(),
  actorType: z.enum(['user', 'client', 'hub', 'system']),
  actor: z.string(),
  role: z.string().optional(),
  organisation: z.string().optional(),
  onBehalfOf: z.string().optional(),
  action: z.string(),
  criticality: z.enum(['routine', 'important', 'critical']),
  citizen: z.string().optional(),
  subject: z.string().optional(),
  kinds: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  firstCursor: z.int().optional(),
  lastCursor: z.int().optional(),
  count: z.int().optional(),
  purpose: z.string().optional(),
  correlation: z.string().optional(),
})
export type AuditRow = z.infer<typeof auditRowSchema>

const NAMES = `position, at, system, actor_type AS actorType, actor, role, organisation, on_behalf_of AS onBehalfOf,
  action, criticality, citizen, subject, kinds, from_at AS "from", to_at AS "to", first_cursor AS firstCursor,
  last_cursor AS lastCursor, count, purpose, correlation`

const shown = (row: Record<string, unknown>): AuditRow =>
  auditRowSchema.parse(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)))

/** Rows of one organisation after a position, oldest first. */
export function auditOf(journal: Journal, organisation: string, after: number, limit: number): AuditRow[] {
  return journal.database
    .prepare(`SELECT ${NAMES} FROM audit WHERE organisation = ? AND position > ? ORDER BY position LIMIT ?`)
    .all(organisation, after, limit)
    .map(shown)
}

/**
 * Rows for a control by hand (stikprøve), chosen evenly at random; the machine deliveries, which are most rows, are
 * left out.
 * @param random in [0, 1)
 */
export function sampleAudit(journal: Journal, n: number, random: () => number): AuditRow[] {
  const candidates = journal.database
    .prepare(`SELECT position FROM audit WHERE action NOT IN ('readings.release', 'alerts.release')`)
    .all()
    .map((row) => Number(row['position']))
  const chosen: number[] = []
  while (chosen.length < n && candidates.length > 0) {
    chosen.push(...candidates.splice(Math.floor(random() * candidates.length), 1))
  }
  const row = journal.database.prepare(`SELECT ${NAMES} FROM audit WHERE position = ?`)
  return chosen
    .sort((a, b) => a - b)
    .flatMap((position) => {
      const found = row.get(position)
      return found === undefined ? [] : [shown(found)]
    })
}
