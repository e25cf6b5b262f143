import type { Plain, RuleSource, Watch } from './alerts/effective-rules.ts'
import type { Journal } from './store/journal.ts'

/** Rows of the registry about rules, as the engine reads them. */

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

export function sourceOf(row: Record<string, unknown>): RuleSource {
  const to = text(row['to_at'])
  const reviewAt = text(row['review_at'])
  return {
    version: Number(row['version']),
    level: String(row['level']) as RuleSource['level'],
    scope: String(row['scope']),
    rule: String(row['rule']),
    from: String(row['from_at']),
    ...(to === undefined ? {} : { to }),
    author: String(row['author']),
    reason: String(row['reason']),
    ...(reviewAt === undefined ? {} : { reviewAt }),
    body: JSON.parse(String(row['body'])) as Plain,
  }
}

export function watchOf(row: Record<string, unknown>): Watch {
  const to = text(row['to_at'])
  const stage = text(row['stage'])
  const organisation = text(row['organisation'])
  return {
    citizen: String(row['citizen']),
    template: String(row['template']),
    ...(stage === undefined ? {} : { stage }),
    ...(organisation === undefined ? {} : { organisation }),
    from: String(row['from_at']),
    ...(to === undefined ? {} : { to }),
  }
}

/** Of one citizen, from the journal: in a transaction what holds there, whatever the registry has in memory. */
export function rulesInJournal(
  journal: Journal,
  citizen: string,
): { readonly watches: readonly Watch[]; readonly sources: readonly RuleSource[] } {
  const rows = journal.database.prepare(
    `SELECT * FROM rule_sources WHERE level IN ('citizen', 'limits') AND scope = ?1
     UNION ALL
     SELECT * FROM rule_sources WHERE level = 'template' AND scope IN (SELECT template FROM watches WHERE citizen = ?1)
     UNION ALL
     SELECT * FROM rule_sources
       WHERE level = 'organisation' AND scope IN (SELECT organisation FROM watches WHERE citizen = ?1)
     ORDER BY version`,
  )
  const watches = journal.database.prepare('SELECT * FROM watches WHERE citizen = ?').all(citizen).map(watchOf)
  return { watches, sources: rows.all(citizen).map(sourceOf) }
}

/** All sources, found by whom they concern. */
export interface RuleSources {
  for(citizen: string, watches: readonly Watch[]): readonly RuleSource[]
}

export function sourcesOf(sources: readonly RuleSource[]): RuleSources {
  const byScope = new Map<string, RuleSource[]>()
  for (const source of sources) {
    const kind = source.level === 'limits' ? 'citizen' : source.level
    const key = `${kind}/${source.scope}`
    const known = byScope.get(key)
    if (known === undefined) byScope.set(key, [source])
    else known.push(source)
  }
  return {
    for(citizen, watches) {
      const keys = new Set([
        ...watches.map(({ template }) => `template/${template}`),
        ...watches.flatMap(({ organisation }) => (organisation === undefined ? [] : [`organisation/${organisation}`])),
        `citizen/${citizen}`,
      ])
      return [...keys].flatMap((key) => byScope.get(key) ?? [])
    },
  }
}
