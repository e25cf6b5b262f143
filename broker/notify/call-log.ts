import type { AlertMessage, Level } from '../contract/alert.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import type { Call, Ending } from './call.ts'

/** Calls on disk, and how far the transitions of alerts were read. Every write is in the caller's transaction. */
export interface CallLog {
  position(): number
  moveTo(cursor: number): void
  find(alert: string, organisation: string): Call | undefined
  /** Calls about this alert that run, of all organisations. */
  runningAbout(alert: string): readonly Call[]
  /** Calls that run and whose next step is due at `now`, the earliest first. */
  due(now: number, limit: number): readonly Call[]
  /** All that run, for the hand-over from one person on call to the next. */
  running(): readonly Call[]
  save(call: Call, alert: AlertMessage): void
  update(call: Call): void
  /** The alert as it was last seen. */
  alertOf(alert: string, organisation: string): AlertMessage | undefined
  seen(alert: AlertMessage): void
  counts(): { readonly running: number; readonly unanswered: number }
}

const ms = (value: unknown): number | undefined => (typeof value === 'string' ? Date.parse(value) : undefined)
const iso = (value: number | undefined): string | null => (value === undefined ? null : isoTime(value))

function callOf(row: Record<string, unknown>): Call {
  return {
    alert: String(row['alert']),
    organisation: String(row['organisation']),
    revision: Number(row['revision']),
    level: String(row['level']) as Level,
    policy: String(row['policy']),
    startedAt: ms(row['started_at']) ?? 0,
    step: Number(row['step']),
    dueAt: ms(row['due_at']),
    ended: typeof row['ended'] === 'string' ? (row['ended'] as Ending) : undefined,
  }
}

const COLUMNS = 'alert, organisation, revision, level, policy, started_at, step, due_at, ended'

export function openCallLog(journal: Journal): CallLog {
  const sql = (text: string) => journal.database.prepare(text)
  const selectPosition = sql('SELECT cursor FROM notify_position')
  const updatePosition = sql('UPDATE notify_position SET cursor = ?')
  const selectOne = sql(`SELECT ${COLUMNS} FROM notify_calls WHERE alert = ? AND organisation = ?`)
  const selectAbout = sql(`SELECT ${COLUMNS} FROM notify_calls WHERE alert = ? AND ended IS NULL`)
  const selectDue = sql(
    `SELECT ${COLUMNS} FROM notify_calls WHERE ended IS NULL AND due_at <= ? ORDER BY due_at, alert LIMIT ?`,
  )
  const selectRunning = sql(`SELECT ${COLUMNS} FROM notify_calls WHERE ended IS NULL ORDER BY due_at, alert`)
  const upsert = sql(
    `INSERT INTO notify_calls (${COLUMNS}, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET revision = excluded.revision, level = excluded.level, policy = excluded.policy,
       started_at = excluded.started_at, step = excluded.step, due_at = excluded.due_at, ended = excluded.ended,
       message = excluded.message`,
  )
  const updateCall = sql(
    'UPDATE notify_calls SET step = ?, due_at = ?, ended = ? WHERE alert = ? AND organisation = ? AND revision = ?',
  )
  const selectAlert = sql('SELECT message FROM notify_calls WHERE alert = ? AND organisation = ?')
  const updateAlert = sql('UPDATE notify_calls SET message = ? WHERE alert = ?')
  const count = sql(
    `SELECT count(*) FILTER (WHERE ended IS NULL) AS running, count(*) FILTER (WHERE ended = 'unanswered') AS unanswered
     FROM notify_calls`,
  )
  return {
    position: () => Number(selectPosition.get()?.['cursor'] ?? 0),
    moveTo: (cursor) => void updatePosition.run(cursor),
    find(alert, organisation) {
      const row = selectOne.get(alert, organisation)
      return row === undefined ? undefined : callOf(row)
    },
    runningAbout: (alert) => selectAbout.all(alert).map(callOf),
    due: (now, limit) => selectDue.all(isoTime(now), limit).map(callOf),
    running: () => selectRunning.all().map(callOf),
    save(call, alert) {
      const { startedAt, dueAt, ended } = call
      const { organisation, revision, level, policy, step } = call
      const times = [isoTime(startedAt), step, iso(dueAt), ended ?? null] as const
      upsert.run(call.alert, organisation, revision, level, policy, ...times, JSON.stringify(alert))
    },
    update({ step, dueAt, ended, alert, organisation, revision }) {
      updateCall.run(step, iso(dueAt), ended ?? null, alert, organisation, revision)
    },
    alertOf(alert, organisation) {
      const text = selectAlert.get(alert, organisation)?.['message']
      return typeof text === 'string' ? (JSON.parse(text) as AlertMessage) : undefined
    },
    seen: (alert) => void updateAlert.run(JSON.stringify(alert), alert.alert),
    counts() {
      const row = count.get()
      return { running: Number(row?.['running'] ?? 0), unanswered: Number(row?.['unanswered'] ?? 0) }
    },
  }
}
