import type { Journal } from '../store/journal.ts'
import type { FoldState } from './fold-state.ts'
import type { Snapshots } from './rule-run.ts'

/** Where each rule of each citizen stands, kept in the journal; what is used often stays in memory. */
export interface RuleStates {
  current(citizen: string, rule: string): FoldState | undefined
  save(citizen: string, rule: string, state: FoldState): void
  snapshots(citizen: string, rule: string): Snapshots
  /** What was written since the last commit is not on the disk: forget it. */
  forget(): void
  committed(): void
}

/** Sorts after every position. */
const NOW = '~'
/** About 1 kB each for 8 rules: 40 MB at most. */
const MAX_CITIZENS = 5_000

export function openRuleStates(journal: Journal): RuleStates {
  const sql = (text: string) => journal.database.prepare(text)
  const select = sql('SELECT state FROM rule_states WHERE citizen = ? AND rule = ? AND position = ?')
  const upsert = sql(
    `INSERT INTO rule_states (citizen, rule, position, state) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET state = excluded.state`,
  )
  const selectBefore = sql(
    `SELECT state FROM rule_states WHERE citizen = ? AND rule = ? AND position < ? ORDER BY position DESC LIMIT 1`,
  )
  const selectPositions = sql(
    `SELECT position FROM rule_states WHERE citizen = ? AND rule = ? AND position < '${NOW}' ORDER BY position`,
  )
  const remove = sql('DELETE FROM rule_states WHERE citizen = ? AND rule = ? AND position = ?')

  const cache = new Map<string, Map<string, FoldState>>()
  const unsaved = new Set<string>()
  const parse = (row: Record<string, unknown> | undefined): FoldState | undefined =>
    row === undefined ? undefined : (JSON.parse(String(row['state'])) as FoldState)

  function remember(citizen: string, rule: string, state: FoldState): void {
    const known = cache.get(citizen) ?? new Map<string, FoldState>()
    known.set(rule, state)
    cache.delete(citizen)
    cache.set(citizen, known)
    const oldest = cache.keys().next().value
    if (cache.size > MAX_CITIZENS && oldest !== undefined) cache.delete(oldest)
  }

  return {
    current(citizen, rule) {
      const known = cache.get(citizen)?.get(rule)
      if (known !== undefined) return known
      const state = parse(select.get(citizen, rule, NOW))
      if (state !== undefined) remember(citizen, rule, state)
      return state
    },
    save(citizen, rule, state) {
      upsert.run(citizen, rule, NOW, JSON.stringify(state))
      unsaved.add(citizen)
      remember(citizen, rule, state)
    },
    snapshots: (citizen, rule) => ({
      before: (position) => parse(selectBefore.get(citizen, rule, position < NOW ? position : NOW)),
      positions: () => selectPositions.all(citizen, rule).map((row) => String(row['position'])),
      put: (state) => void upsert.run(citizen, rule, state.position, JSON.stringify(state)),
      drop(positions) {
        for (const position of positions) remove.run(citizen, rule, position)
      },
    }),
    forget() {
      for (const citizen of unsaved) cache.delete(citizen)
      unsaved.clear()
    },
    committed: () => unsaved.clear(),
  }
}
