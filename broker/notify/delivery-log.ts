import type { Level } from '../contract/alert.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import type { Delivery, Purpose, Recipient } from './delivery.ts'

/** Deliveries on disk until a message carries them. Every write is in the caller's transaction. */
export interface DeliveryLog {
  /** Adds what is not there yet: a key is decided once, however often it is decided. @returns how many were new */
  add(deliveries: readonly Delivery[]): number
  /** Takes back what an organisation's call about an alert has not sent yet. */
  cancelQueued(alert: string, organisation: string): void
  /** Who may have got the alert and no all-clear since: everybody to whom a message was tried. */
  told(alert: string, organisation: string): readonly Recipient[]
  /** Recipients for whom something is due at `now`, the most severe first. */
  dueFor(now: number): readonly (Recipient & { readonly purpose: Purpose })[]
  /** Everything that waits for a recipient, due or not: what is sent anyway takes the rest along. */
  waitingFor(recipient: Recipient, purpose: Purpose, limit: number): readonly Delivery[]
  carriedBy(message: string, deliveries: readonly Delivery[]): void
  /** Deliveries that a message carries. */
  membersOf(message: string): readonly Delivery[]
  /** States of the messages of one step; undefined for a delivery that no message carries yet. */
  statesOfStep(delivery: Delivery): readonly (string | undefined)[]
  counts(now: number): { readonly queued: number; readonly oldestQueuedMs: number }
}

const COLUMNS = 'key, purpose, subject, organisation, revision, step, level, person, channel, due_at, detail'

function deliveryOf(row: Record<string, unknown>): Delivery {
  const detail = row['detail']
  return {
    key: String(row['key']),
    purpose: String(row['purpose']) as Purpose,
    subject: String(row['subject']),
    organisation: String(row['organisation']),
    revision: Number(row['revision']),
    step: Number(row['step']),
    level: String(row['level']) as Level,
    person: String(row['person']),
    channel: String(row['channel']),
    dueAt: Date.parse(String(row['due_at'])),
    ...(typeof detail === 'string' ? { detail } : {}),
  }
}

const recipientOf = (row: Record<string, unknown>): Recipient => ({
  person: String(row['person']),
  channel: String(row['channel']),
})

export function openDeliveryLog(journal: Journal): DeliveryLog {
  const sql = (text: string) => journal.database.prepare(text)
  const queued = 'message IS NULL AND cancelled = 0'
  const insert = sql(
    `INSERT INTO notify_deliveries (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const cancel = sql(
    `UPDATE notify_deliveries SET cancelled = 1 WHERE subject = ? AND organisation = ? AND purpose = 'alert' AND ${queued}`,
  )
  const selectTold = sql(
    `SELECT DISTINCT d.person, d.channel FROM notify_deliveries d JOIN notify_messages m ON m.key = d.message
     WHERE d.subject = ?1 AND d.organisation = ?2 AND d.purpose = 'alert' AND m.attempts > 0
       AND NOT EXISTS (
         SELECT 1 FROM notify_deliveries c WHERE c.subject = ?1 AND c.organisation = ?2 AND c.purpose = 'all-clear'
           AND c.person = d.person AND c.channel = d.channel AND c.revision >= d.revision
       )
     ORDER BY d.person, d.channel`,
  )
  const selectDue = sql(
    `SELECT person, channel, purpose, max(level = 'red') AS red FROM notify_deliveries
     WHERE ${queued} AND due_at <= ? GROUP BY person, channel, purpose ORDER BY red DESC, min(due_at)`,
  )
  const selectWaiting = sql(
    `SELECT ${COLUMNS} FROM notify_deliveries WHERE ${queued} AND person = ? AND channel = ? AND purpose = ?
     ORDER BY level = 'red' DESC, due_at, key LIMIT ?`,
  )
  const carry = sql('UPDATE notify_deliveries SET message = ? WHERE key = ?')
  const selectMembers = sql(`SELECT ${COLUMNS} FROM notify_deliveries WHERE message = ? ORDER BY key`)
  const selectStates = sql(
    `SELECT m.state FROM notify_deliveries d LEFT JOIN notify_messages m ON m.key = d.message
     WHERE d.subject = ? AND d.organisation = ? AND d.purpose = 'alert' AND d.revision = ? AND d.step = ?`,
  )
  const count = sql(`SELECT count(*) AS queued, min(due_at) AS oldest FROM notify_deliveries WHERE ${queued}`)
  return {
    add(deliveries) {
      let added = 0
      for (const d of deliveries) {
        const what = [d.key, d.purpose, d.subject, d.organisation, d.revision, d.step, d.level] as const
        added += Number(insert.run(...what, d.person, d.channel, isoTime(d.dueAt), d.detail ?? null).changes)
      }
      return added
    },
    cancelQueued: (alert, organisation) => void cancel.run(alert, organisation),
    told: (alert, organisation) => selectTold.all(alert, organisation).map(recipientOf),
    dueFor: (now) =>
      selectDue.all(isoTime(now)).map((row) => ({ ...recipientOf(row), purpose: String(row['purpose']) as Purpose })),
    waitingFor: ({ person, channel }, purpose, limit) =>
      selectWaiting.all(person, channel, purpose, limit).map(deliveryOf),
    carriedBy(message, deliveries) {
      for (const { key } of deliveries) carry.run(message, key)
    },
    membersOf: (message) => selectMembers.all(message).map(deliveryOf),
    statesOfStep: ({ subject, organisation, revision, step }) =>
      selectStates
        .all(subject, organisation, revision, step)
        .map((row) => (typeof row['state'] === 'string' ? row['state'] : undefined)),
    counts(now) {
      const row = count.get()
      const oldest = row?.['oldest']
      return {
        queued: Number(row?.['queued'] ?? 0),
        oldestQueuedMs: typeof oldest === 'string' ? Math.max(0, now - Date.parse(oldest)) : 0,
      }
    },
  }
}
