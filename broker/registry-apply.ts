import { writeLimits } from './alerts/limit-rows.ts'
import { writePlans } from './alerts/plan/plan-rows.ts'
import { documentError, type Problem, parseRegistryDocument, type RegistryDocument } from './registry-document.ts'
import { effectiveProblems, writeRules } from './registry-rules.ts'
import { type Applying, writeRights } from './rights/apply-rights.ts'
import type { Journal } from './store/journal.ts'
import { writeRows } from './store/write-rows.ts'

/** As kept: the whole device has slot -1. */
export const WHOLE_DEVICE = -1

/** What applying a document did, or in a dry run would do. */
export interface RegistryChange {
  /** Rows added or changed, by section of the document. */
  readonly changed: Readonly<Record<string, number>>
  /** Grows by one with each application that changed something. */
  readonly version: number
}

/** Thrown to roll a dry run back; carries what it found out. */
class DryRun extends Error {
  readonly change: RegistryChange
  constructor(change: RegistryChange) {
    super('dry run')
    this.change = change
  }
}

function knownIds(journal: Journal, table: string): Set<string> {
  const rows = journal.database.prepare(`SELECT id FROM ${table}`).all()
  return new Set(rows.map((row) => String(row['id'])))
}

/** References are checked after all sections are written, so the order of sections and documents doesn't matter. */
function referenceProblems(journal: Journal, document: RegistryDocument): Problem[] {
  const problems: Problem[] = []
  const known = {
    organisation: knownIds(journal, 'organisations'),
    citizen: knownIds(journal, 'citizens'),
    hub: knownIds(journal, 'hubs'),
    device: knownIds(journal, 'devices'),
    group: knownIds(journal, 'groups'),
  }
  const check = (section: string, rows: readonly object[]) => {
    for (const [index, row] of rows.entries()) {
      for (const [field, ids] of Object.entries(known)) {
        const value: unknown = Reflect.get(row, field)
        if (typeof value !== 'string' || ids.has(value)) continue
        problems.push({ path: `${section}[${index}].${field}`, remedy: `unknown ${field}; add it to ${field}s first` })
      }
    }
  }
  check('devices', document.devices)
  check('assignments', document.assignments)
  check('memberships', document.memberships)
  check('grants', document.grants)
  check('limits', document.limits)
  check('watches', document.watches)
  check('organisationRules', document.organisationRules)
  check('citizenRules', document.citizenRules)
  check('plans', document.plans)
  check('clients', document.clients)
  check('users', document.users)
  return problems
}

function periodProblems(document: RegistryDocument): Problem[] {
  const problems: Problem[] = []
  const check = (section: string, rows: readonly { readonly from: string; readonly to?: string | undefined }[]) => {
    for (const [index, row] of rows.entries()) {
      if (row.to === undefined || row.to > row.from) continue
      problems.push({ path: `${section}[${index}].to`, remedy: 'must be later than from' })
    }
  }
  check('assignments', document.assignments)
  check('memberships', document.memberships)
  check('grants', document.grants)
  check('limits', document.limits)
  check('templates', document.templates)
  check('watches', document.watches)
  check('organisationRules', document.organisationRules)
  check('citizenRules', document.citizenRules)
  return problems
}

/** Two citizens must never be able to claim one reading; a whole device overlaps with each of its slots. */
function overlapProblems(journal: Journal, document: RegistryDocument): Problem[] {
  const overlap = journal.database.prepare(
    `SELECT b.citizen, b.from_at FROM assignments a JOIN assignments b ON a.device = b.device
     WHERE a.device = ? AND a.slot = ? AND a.from_at = ? AND (a.slot <> b.slot OR a.from_at <> b.from_at)
       AND (a.slot = b.slot OR a.slot = ${WHOLE_DEVICE} OR b.slot = ${WHOLE_DEVICE})
       AND (b.to_at IS NULL OR b.to_at > a.from_at) AND (a.to_at IS NULL OR a.to_at > b.from_at) LIMIT 1`,
  )
  return document.assignments.flatMap((assignment, index) => {
    const other = overlap.get(assignment.device, assignment.slot ?? WHOLE_DEVICE, assignment.from)
    if (other === undefined) return []
    const remedy = `overlaps the assignment to ${String(other['citizen'])} from ${String(other['from_at'])}; end that first`
    return [{ path: `assignments[${index}]`, remedy }]
  })
}

function write(journal: Journal, document: RegistryDocument, applying: Applying | undefined): RegistryChange {
  const sql = (text: string) => journal.database.prepare(text)
  const limits = writeLimits(journal, document.limits)
  const rules = writeRules(journal, document)
  const plans = writePlans(journal, document.plans)
  const changed = {
    ...writeRights(journal, document, applying),
    citizens: writeRows(document.citizens, sql('INSERT INTO citizens (id) VALUES (?) ON CONFLICT DO NOTHING'), (c) => [
      c.id,
    ]),
    hubs: writeRows(document.hubs, sql('INSERT INTO hubs (id) VALUES (?) ON CONFLICT DO NOTHING'), (h) => [h.id]),
    devices: writeRows(
      document.devices,
      sql(`INSERT INTO devices (id, hub, driver) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET hub = excluded.hub, driver = excluded.driver
           WHERE hub <> excluded.hub OR driver <> excluded.driver`),
      (d) => [d.id, d.hub, d.driver],
    ),
    assignments: writeRows(
      document.assignments,
      sql(`INSERT INTO assignments (device, slot, from_at, to_at, citizen) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET to_at = excluded.to_at, citizen = excluded.citizen
           WHERE to_at IS NOT excluded.to_at OR citizen <> excluded.citizen`),
      (a) => [a.device, a.slot ?? WHOLE_DEVICE, a.from, a.to ?? null, a.citizen],
    ),
    limits: limits.added,
    ...rules.changed,
    plans: plans.changed,
  }
  const problems = [
    ...periodProblems(document),
    ...referenceProblems(journal, document),
    ...overlapProblems(journal, document),
    ...limits.problems,
    ...rules.problems,
    ...effectiveProblems(journal, document),
    ...plans.problems,
  ]
  if (problems.length > 0) throw documentError(problems)
  const any = Object.values(changed).some((count) => count > 0)
  if (!any) return { changed, version: registryVersion(journal) }
  const version = raiseVersion(journal)
  const total = Object.values(changed).reduce((sum, count) => sum + count, 0)
  applying?.audit({ actor: applying.actor, action: 'registry.apply', subject: `version-${version}`, count: total })
  return { changed, version }
}

/** 0 before the first document. */
export function registryVersion(journal: Journal): number {
  return Number(journal.database.prepare(`SELECT value FROM meta WHERE key = 'registry-version'`).get()?.['value'] ?? 0)
}

/** In the caller's transaction: a running broker reads the registry anew. */
export function raiseVersion(journal: Journal): number {
  const version = registryVersion(journal) + 1
  journal.database
    .prepare(`INSERT INTO meta VALUES ('registry-version', ?) ON CONFLICT DO UPDATE SET value = excluded.value`)
    .run(String(version))
  return version
}

/**
 * Applies a provisioning document: adds what is missing and changes what differs, all or nothing. Applying it again
 * changes nothing. What the document does not name stays; a period is ended by giving its `to`. A running broker
 * notices the new version by itself and releases held readings that now belong to somebody.
 *
 * @param input the parsed JSON of the document, unchecked
 * @throws PreCareError 'config-invalid' or 'limits-invalid' naming each field that is wrong and the remedy
 */
export function applyRegistry(
  journal: Journal,
  input: unknown,
  options?: { readonly dryRun?: boolean; readonly applying?: Applying },
): RegistryChange {
  const document = parseRegistryDocument(input)
  try {
    return journal.transaction(() => {
      const change = write(journal, document, options?.applying)
      if (options?.dryRun === true) throw new DryRun(change)
      return change
    })
  } catch (error) {
    if (error instanceof DryRun) return error.change
    throw error
  }
}
