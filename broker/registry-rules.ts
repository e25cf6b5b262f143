import { openDueCitizens } from './alerts/due-citizens.ts'
import { effectiveRules, type Plain, type RuleSource } from './alerts/effective-rules.ts'
import { limitsBody } from './alerts/limit-rows.ts'
import type { Problem, RegistryDocument } from './registry-document.ts'
import { type RuleSources, sourceOf, sourcesOf, watchOf } from './rule-rows.ts'
import type { Journal } from './store/journal.ts'

/** The sections of a registry document that say which rules hold: every version is kept as it was decided. */

interface Decision {
  readonly section: string
  readonly index: number
  readonly level: 'template' | 'organisation' | 'citizen'
  readonly scope: string
  readonly rule: string
  readonly from: string
  readonly to: string | undefined
  readonly author: string
  readonly reason: string
  readonly reviewBy: string | undefined
  readonly body: string
}

function decisionsOf(document: RegistryDocument): Decision[] {
  const templates = document.templates.map((template, index): Decision => {
    const { template: scope, from, to, author, reason, reviewBy, ...body } = template
    return {
      section: 'templates',
      index,
      level: 'template',
      scope,
      rule: '',
      from,
      to,
      author,
      reason,
      reviewBy,
      body: JSON.stringify(body),
    }
  })
  const change =
    (section: string, level: 'organisation' | 'citizen') =>
    (
      row: RegistryDocument['citizenRules'][number] | RegistryDocument['organisationRules'][number],
      index: number,
    ): Decision => {
      const scope = 'citizen' in row ? row.citizen : row.organisation
      const { rule, from, to, author, reason, reviewBy, set, off } = row
      const body = JSON.stringify(off === true ? { off } : { set })
      return { section, index, level, scope, rule, from, to, author, reason, reviewBy, body }
    }
  return [
    ...templates,
    ...document.organisationRules.map(change('organisationRules', 'organisation')),
    ...document.citizenRules.map(change('citizenRules', 'citizen')),
  ]
}

/** Whom a decision concerns. */
function concerned(journal: Journal, { level, scope }: Pick<Decision, 'level' | 'scope'>): string[] {
  if (level === 'citizen') return [scope]
  const column = level === 'template' ? 'template' : 'organisation'
  const rows = journal.database.prepare(`SELECT DISTINCT citizen FROM watches WHERE ${column} = ?`).all(scope)
  return rows.map((row) => String(row['citizen']))
}

export interface RulesWritten {
  readonly changed: Readonly<Record<string, number>>
  readonly problems: readonly Problem[]
}

/** Writes new versions; the only change of an old one is that it gets an end. Marks who is to be judged again. */
export function writeRules(journal: Journal, document: RegistryDocument): RulesWritten {
  const problems: Problem[] = []
  const changed = {
    templates: 0,
    watches: writeWatches(journal, document, problems),
    organisationRules: 0,
    citizenRules: 0,
  }
  const due = openDueCitizens(journal)
  const insert = journal.database.prepare(
    `INSERT INTO rule_sources (level, scope, rule, from_at, to_at, author, reason, review_at, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (level, scope, rule, from_at) DO NOTHING`,
  )
  const same = journal.database.prepare(
    'SELECT to_at, body = ? AS same FROM rule_sources WHERE level = ? AND scope = ? AND rule = ? AND from_at = ?',
  )
  const end = journal.database.prepare(
    'UPDATE rule_sources SET to_at = ? WHERE level = ? AND scope = ? AND rule = ? AND from_at = ?',
  )
  for (const decision of decisionsOf(document)) {
    const { section, index, level, scope, rule, from, to, author, reason, reviewBy, body } = decision
    const key = [level, scope, rule, from] as const
    const added = Number(insert.run(...key, to ?? null, author, reason, reviewBy ?? null, body).changes)
    let since = added > 0 ? from : undefined
    if (added === 0) {
      const known = same.get(body, ...key)
      const knownTo = typeof known?.['to_at'] === 'string' ? known['to_at'] : undefined
      if (known?.['same'] !== 1) {
        problems.push({
          path: `${section}[${index}].from`,
          remedy: 'another version holds from that time already; give a later from',
        })
      } else if (knownTo !== to) {
        end.run(to ?? null, ...key)
        since = [knownTo, to].flatMap((time) => time ?? []).sort()[0]
      }
    }
    if (since === undefined) continue
    changed[section as keyof typeof changed] += 1
    for (const citizen of concerned(journal, decision)) due.mark(citizen, since)
  }
  return { changed, problems }
}

function writeWatches(journal: Journal, document: RegistryDocument, problems: Problem[]): number {
  const due = openDueCitizens(journal)
  const insert = journal.database.prepare(
    `INSERT INTO watches (citizen, template, from_at, to_at, stage, organisation, author, reason, review_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (citizen, template, from_at) DO UPDATE SET to_at = excluded.to_at
     WHERE stage IS excluded.stage AND organisation IS excluded.organisation AND to_at IS NOT excluded.to_at`,
  )
  const known = journal.database.prepare(
    'SELECT 1 AS one FROM watches WHERE citizen = ? AND template = ? AND from_at = ? AND stage IS ? AND organisation IS ?',
  )
  const template = journal.database.prepare(`SELECT 1 AS one FROM rule_sources WHERE level = 'template' AND scope = ?`)
  const written = new Set(document.templates.map(({ template: id }) => id))
  let changed = 0
  for (const [index, watch] of document.watches.entries()) {
    const { citizen, template: id, stage = null, organisation = null, from, to = null, author, reason } = watch
    const count = Number(
      insert.run(citizen, id, from, to, stage, organisation, author, reason, watch.reviewBy ?? null).changes,
    )
    changed += count
    if (count > 0) due.mark(citizen, from)
    if (known.get(citizen, id, from, stage, organisation) === undefined) {
      problems.push({
        path: `watches[${index}].from`,
        remedy: 'another stage or organisation holds from that time already; give a later from',
      })
    }
    if (!written.has(id) && template.get(id) === undefined) {
      problems.push({ path: `watches[${index}].template`, remedy: 'unknown template; add it to templates first' })
    }
  }
  return changed
}

/** A misspelt stage would watch by the rules of no stage. */
function stageProblems(document: RegistryDocument, all: RuleSources): Problem[] {
  return document.watches.flatMap(({ citizen, template, stage, from }, index): Problem[] => {
    if (stage === undefined) return []
    const known = all
      .for(citizen, [{ citizen, template, from }])
      .filter(({ level }) => level === 'template')
      .flatMap(({ body }) => Object.keys(Object(body['stages'])))
    if (known.includes(stage)) return []
    return [{ path: `watches[${index}].stage`, remedy: `use one of ${[...new Set(known)].join(', ')}` }]
  })
}

/** The levels together must make valid rules for everybody whom the document concerns. */
export function effectiveProblems(journal: Journal, document: RegistryDocument): Problem[] {
  const decisions = decisionsOf(document)
  const places = new Map<string, { readonly path: string; readonly from: string }>()
  for (const decision of decisions) {
    const path = `${decision.section}[${decision.index}]`
    for (const citizen of concerned(journal, decision)) places.set(citizen, { path, from: decision.from })
  }
  for (const [index, { citizen, from }] of document.watches.entries()) {
    if (!places.has(citizen)) places.set(citizen, { path: `watches[${index}]`, from })
  }
  for (const [index, { citizen, from }] of document.limits.entries()) {
    if (!places.has(citizen)) places.set(citizen, { path: `limits[${index}]`, from })
  }
  if (places.size === 0) return []
  const all = sourcesOf(journal.database.prepare('SELECT * FROM rule_sources ORDER BY version').all().map(sourceOf))
  const select = journal.database.prepare('SELECT * FROM watches WHERE citizen = ?')
  const problems: Problem[] = [...stageProblems(document, all)]
  for (const [citizen, { path, from }] of places) {
    const watches = select.all(citizen).map(watchOf)
    for (const { id, problem } of effectiveRules(citizen, watches, all.for(citizen, watches), from)) {
      if (problem === undefined) continue
      const remedy = `makes the rule ${id} of ${citizen} invalid: ${problem.path} ${problem.remedy}`
      problems.push({ path, remedy, ...(problem.limits ? { code: 'limits-invalid' as const } : {}) })
    }
  }
  return problems
}

/** The decisions of a document as if they held from a time on: for a trial, written nowhere. */
export function draftSources(document: RegistryDocument, from: string, firstVersion: number): RuleSource[] {
  const limits = document.limits.map((version) => ({
    level: 'limits' as const,
    scope: version.citizen,
    rule: version.quantity,
    author: version.author,
    reason: version.reason,
    body: { ...limitsBody(version) },
  }))
  const decisions = decisionsOf(document).map(({ level, scope, rule, author, reason, body }) => ({
    level,
    scope,
    rule,
    author,
    reason,
    body: JSON.parse(body) as Plain,
  }))
  return [...decisions, ...limits].map((decision, index) => ({ ...decision, version: firstVersion + index, from }))
}
