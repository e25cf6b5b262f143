import type { Journal } from '../store/journal.ts'

/** Citizens to be judged again: their rules changed, or judging them failed. */
export interface DueCitizens {
  /** From a time of measuring on; an earlier mark stays. */
  mark(citizen: string, since: string): void
  since(citizen: string): string | undefined
  done(citizen: string): void
  next(limit: number, after: string): readonly string[]
  any(): boolean
}

export function openDueCitizens(journal: Journal): DueCitizens {
  const sql = (text: string) => journal.database.prepare(text)
  const upsert = sql(
    `INSERT INTO evaluations_due (citizen, since) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET since = min(since, excluded.since)`,
  )
  const select = sql('SELECT since FROM evaluations_due WHERE citizen = ?')
  const remove = sql('DELETE FROM evaluations_due WHERE citizen = ?')
  const selectNext = sql('SELECT citizen FROM evaluations_due WHERE citizen > ? ORDER BY citizen LIMIT ?')
  const selectAny = sql('SELECT 1 AS one FROM evaluations_due LIMIT 1')
  return {
    mark: (citizen, since) => void upsert.run(citizen, since),
    since(citizen) {
      const row = select.get(citizen)
      return row === undefined ? undefined : String(row['since'])
    },
    done: (citizen) => void remove.run(citizen),
    next: (limit, after) => selectNext.all(after, limit).map((row) => String(row['citizen'])),
    any: () => selectAny.get() !== undefined,
  }
}
