import { randomBytes } from 'node:crypto'
import type { Kind } from '../../device-drivers/reading.ts'
import type { Actor, Audit } from '../audit/entry.ts'
import type { Journal } from '../store/journal.ts'
import { writeRows } from '../store/write-rows.ts'
import { KEY_BYTES } from './pseudonyms.ts'
import type { RightsDocument } from './rights-document.ts'

/** Who applies a document, and where that is written down. */
export interface Applying {
  readonly actor: Actor
  readonly audit: Audit
}

function writeOrganisations(journal: Journal, { organisations }: RightsDocument): number {
  const sql = (text: string) => journal.database.prepare(text)
  const written = writeRows(
    organisations,
    sql(`INSERT INTO organisations (id, title, type, fhir) VALUES (?1, ?2, coalesce(?3, 'clinic'), ?4)
         ON CONFLICT DO UPDATE SET title = ?2, type = coalesce(?3, type), fhir = ?4
         WHERE title <> ?2 OR type <> coalesce(?3, type) OR fhir <> ?4`),
    (o) => [o.id, o.title, o.type ?? null, o.fhir ? 1 : 0],
  )
  // Beside the readings that it hides: whoever can read the one can read the other, and a restored backup without the
  // key would give every citizen of a study a second pseudonym.
  const insertKey = sql('INSERT INTO organisation_keys (organisation, key) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const research = sql(`SELECT id FROM organisations WHERE type = 'research'`).all()
  for (const row of research) insertKey.run(String(row['id']), randomBytes(KEY_BYTES))
  return written
}

type GrantRow = RightsDocument['grants'][number]
const scopeOf = (grant: GrantRow) => (grant.group === undefined ? 'citizen' : 'group')
const subjectOf = (grant: GrantRow) => grant.group ?? grant.citizen ?? ''

function writeGrants(journal: Journal, { grants }: RightsDocument, applying: Applying | undefined): number {
  const statement = journal.database.prepare(
    `INSERT INTO grants (organisation, scope, subject, purpose, from_at, to_at, kinds, given_by)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET to_at = excluded.to_at, kinds = excluded.kinds
     WHERE to_at IS NOT excluded.to_at OR kinds IS NOT excluded.kinds`,
  )
  let written = 0
  for (const grant of grants) {
    const { organisation, purpose, from, to, kinds, givenBy } = grant
    const { changes } = statement.run(
      organisation,
      scopeOf(grant),
      subjectOf(grant),
      purpose,
      from,
      to ?? null,
      kinds === undefined ? null : JSON.stringify(kinds),
      givenBy ?? null,
    )
    if (Number(changes) === 0) continue
    written += 1
    applying?.audit({
      actor: { ...applying.actor, organisation },
      ...(givenBy === undefined ? {} : { onBehalfOf: givenBy }),
      action: 'grant.give',
      ...(grant.citizen === undefined ? { subject: subjectOf(grant) } : { citizen: grant.citizen }),
      ...(kinds === undefined ? {} : { kinds }),
      from,
      ...(to === undefined ? {} : { to }),
      purpose,
    })
  }
  return written
}

/** Writes organisations, groups, memberships and grants, in the caller's transaction. @returns rows changed by section */
export function writeRights(
  journal: Journal,
  document: RightsDocument,
  applying: Applying | undefined,
): Readonly<Record<'organisations' | 'groups' | 'memberships' | 'grants', number>> {
  const sql = (text: string) => journal.database.prepare(text)
  return {
    organisations: writeOrganisations(journal, document),
    groups: writeRows(document.groups, sql('INSERT INTO groups (id) VALUES (?) ON CONFLICT DO NOTHING'), (g) => [g.id]),
    memberships: writeRows(
      document.memberships,
      sql(`INSERT INTO memberships (group_id, citizen, from_at, to_at) VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET to_at = excluded.to_at WHERE to_at IS NOT excluded.to_at`),
      (m) => [m.group, m.citizen, m.from, m.to ?? null],
    ),
    grants: writeGrants(journal, document, applying),
  }
}

/** Which grants a revocation ends: of one organisation on one citizen or group, for one purpose or for all. */
export interface Revocation {
  readonly organisation: string
  readonly citizen?: string
  readonly group?: string
  readonly purpose?: string
}

/**
 * Ends grants at once and for good, in the caller's transaction; a running broker gives nothing more from the next
 * reading on. The caller raises the registry's version.
 * @param at ISO 8601 UTC
 * @returns how many were ended
 */
export function revokeGrants(journal: Journal, what: Revocation, at: string, applying: Applying): number {
  const { organisation, citizen, group, purpose } = what
  const scope = group === undefined ? 'citizen' : 'group'
  const { changes } = journal.database
    .prepare(
      `UPDATE grants SET revoked_at = ?1 WHERE organisation = ?2 AND scope = ?3 AND subject = ?4
         AND (?5 IS NULL OR purpose = ?5) AND revoked_at IS NULL AND (to_at IS NULL OR to_at > ?1)`,
    )
    .run(at, organisation, scope, group ?? citizen ?? '', purpose ?? null)
  if (Number(changes) > 0) {
    applying.audit({
      actor: { ...applying.actor, organisation },
      action: 'grant.revoke',
      ...(citizen === undefined ? {} : { citizen }),
      ...(group === undefined ? {} : { subject: group }),
      count: Number(changes),
      ...(purpose === undefined ? {} : { purpose }),
    })
  }
  return Number(changes)
}

/** Kinds as they are kept, JSON or nothing. */
export const kindsOf = (kinds: unknown): readonly Kind[] | undefined =>
  typeof kinds === 'string' ? (JSON.parse(kinds) as Kind[]) : undefined
