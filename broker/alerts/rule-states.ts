import type { Journal } from '../store/journal.ts'
import type { FoldState } from './fold-state.ts'
import { dayOf } from './judged-reading.ts'
import type { Snapshots, Standing } from './rule-run.ts'

/**
 * Where each rule of each citizen stands. In memory it is the newest reading; in the journal it may lie up to a day of
 * readings behind, and is folded on from there: a row for each rule and reading would cost more than judging it.
 */
export interface RuleStates {
  current(citizen: string, rule: string): Standing | undefined
  save(citizen: string, rule: string, state: FoldState, continued: boolean): void
  snapshots(citizen: string, rule: string): Snapshots
  /** What was written since the last commit is not on the disk: forget it. */
  forget(): void
  committed(): void
}

interface Cached extends Standing {
  /** Day of the state in the journal. */
  readonly savedOn: string
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

  const cache = new Map<string, Map<string, Cached>>()
  const unsaved = new Set<string>()
  const parse = (row: Record<string, unknown> | undefined): FoldState | undefined =>
    row === undefined ? undefined : (JSON.parse(String(row['state'])) as FoldState)

  function remember(citizen: string, rule: string, cached: Cached): void {
    const known = cache.get(citizen) ?? new Map<string, Cached>()
    known.set(rule, cached)
    cache.delete(citizen)
    cache.set(citizen, known)
    const oldest = cache.keys().next().value
    if (cache.size > MAX_CITIZENS && oldest !== undefined) cache.delete(oldest)
  }

  return {
    current(citizen, rule) {
      const known = cache.get(citizen)?.get(rule)
      if (known !== undefined) return { state: known.state, complete: known.complete }
      const state = parse(select.get(citizen, rule, NOW))
      if (state === undefined) return undefined
      remember(citizen, rule, { state, complete: false, savedOn: dayOf(state.position) })
      return { state, complete: false }
    },
    save(citizen, rule, state, continued) {
      const day = dayOf(state.position)
      const known = cache.get(citizen)?.get(rule)
      const behind = continued && known?.savedOn === day
      if (!behind) upsert.run(citizen, rule, NOW, JSON.stringify(state))
      unsaved.add(citizen)
      remember(citizen, rule, { state, complete: true, savedOn: day })
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
