import type { AlertMessage } from '../contract/alert.ts'
import type { Journal } from '../store/journal.ts'

/** One change of one alert, as it was told: written in the transaction that decided it, never changed. */
export interface AlertTransition {
  /** Counts up by one with each change of any alert. */
  readonly cursor: number
  /** Of the change, by the broker's clock. */
  readonly at: string
  readonly message: AlertMessage
}

export interface Transitions {
  /** In the caller's transaction. */
  append(message: AlertMessage): void
  /** The next ones after a cursor (0: from the first), oldest first. */
  transitionsAfter(cursor: number, limit: number): readonly AlertTransition[]
  /** All of one alert, oldest first. */
  transitionsOf(alert: string): readonly AlertTransition[]
  /** Alerts that were quiet under a pause at some time. */
  pausedBy(pause: string): readonly string[]
}

const transitionOf = (row: Record<string, unknown>): AlertTransition => ({
  cursor: Number(row['cursor']),
  at: String(row['at']),
  message: JSON.parse(String(row['message'])) as AlertMessage,
})

export function openTransitions(journal: Journal): Transitions {
  const sql = (text: string) => journal.database.prepare(text)
  const insert = sql('INSERT INTO alert_transitions (alert, revision, at, message) VALUES (?, ?, ?, ?)')
  const after = sql('SELECT cursor, at, message FROM alert_transitions WHERE cursor > ? ORDER BY cursor LIMIT ?')
  const ofAlert = sql('SELECT cursor, at, message FROM alert_transitions WHERE alert = ? ORDER BY revision')
  const paused = sql(
    `SELECT DISTINCT alert FROM alert_transitions WHERE json_extract(message, '$.pausedBy') = ? ORDER BY alert`,
  )
  return {
    pausedBy: (pause) => paused.all(pause).map((row) => String(row['alert'])),
    append: (message) => void insert.run(message.alert, message.revision, message.updatedAt, JSON.stringify(message)),
    transitionsAfter: (cursor, limit) => after.all(cursor, limit).map(transitionOf),
    transitionsOf: (alert) => ofAlert.all(alert).map(transitionOf),
  }
}
