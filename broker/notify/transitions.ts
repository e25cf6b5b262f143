import type { AlertMessage } from '../contract/alert.ts'
import type { Journal } from '../store/journal.ts'
import type { AlertTransition } from './notifier.ts'

/** The changes of alerts as the engine wrote them down, in their order. A journal whose engine writes none has none. */
export function transitionsOf(journal: Journal): (cursor: number, limit: number) => readonly AlertTransition[] {
  const known = journal.database.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'alert_transitions'`).get()
  if (known === undefined) return () => []
  const select = journal.database.prepare(
    'SELECT cursor, at, message FROM alert_transitions WHERE cursor > ? ORDER BY cursor LIMIT ?',
  )
  return (cursor, limit) =>
    select.all(cursor, limit).map((row) => ({
      cursor: Number(row['cursor']),
      at: String(row['at']),
      message: JSON.parse(String(row['message'])) as AlertMessage,
    }))
}
