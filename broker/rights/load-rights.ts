import type { Journal } from '../store/journal.ts'
import { kindsOf } from './apply-rights.ts'
import type { Grant } from './decide.ts'
import { type Pseudonyms, pseudonymsUnder } from './pseudonyms.ts'

/** Grants and pseudonyms as the broker keeps them in memory, of one version of the registry. */
export interface Rights {
  /** By citizen, also those through a group; ordered by organisation and begin. */
  readonly grants: ReadonlyMap<string, readonly Grant[]>
  /** Of research organisations. */
  readonly pseudonyms: ReadonlyMap<string, Pseudonyms>
}

type Row = Record<string, unknown>
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const earlier = (a: string | undefined, b: string | undefined) =>
  a === undefined || (b !== undefined && b < a) ? b : a

function grantOf(row: Row): Grant {
  const to = earlier(earlier(text(row['to_at']), text(row['revoked_at'])), text(row['member_to']))
  const kinds = kindsOf(row['kinds'])
  const from = String(row['from_at'])
  const joined = text(row['member_from'])
  return {
    organisation: String(row['organisation']),
    citizen: String(row['citizen']),
    purpose: String(row['purpose']),
    from: joined !== undefined && joined > from ? joined : from,
    ...(to === undefined ? {} : { to }),
    ...(kinds === undefined ? {} : { kinds }),
    ...(row['type'] === 'research' ? { pseudonymous: true as const } : {}),
  }
}

export function loadRights(journal: Journal): Rights {
  const rows = journal.database
    .prepare(
      `SELECT g.*, o.type, g.subject AS citizen, NULL AS member_from, NULL AS member_to
         FROM grants g JOIN organisations o ON o.id = g.organisation WHERE g.scope = 'citizen'
       UNION ALL
       SELECT g.*, o.type, m.citizen, m.from_at, m.to_at
         FROM grants g JOIN organisations o ON o.id = g.organisation JOIN memberships m ON m.group_id = g.subject
         WHERE g.scope = 'group'
       ORDER BY organisation, from_at`,
    )
    .all()
  const grants = new Map<string, Grant[]>()
  for (const row of rows) {
    const grant = grantOf(row)
    const known = grants.get(grant.citizen)
    if (known === undefined) grants.set(grant.citizen, [grant])
    else known.push(grant)
  }
  const keys = journal.database
    .prepare(`SELECT k.organisation, k.key FROM organisation_keys k JOIN organisations o ON o.id = k.organisation
              WHERE o.type = 'research'`)
    .all()
  const pseudonyms = new Map(
    keys.map((row) => [String(row['organisation']), pseudonymsUnder(row['key'] as Uint8Array)] as const),
  )
  return { grants, pseudonyms }
}
