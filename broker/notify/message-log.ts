import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import type { Purpose } from './delivery.ts'
import type { Message, MessageState } from './message.ts'
import type { Notice } from './notice.ts'

/** Messages on disk, with what has become of them. Every write is in the caller's transaction. */
export interface MessageLog {
  /** @param now ms since 1970 UTC */
  insert(message: Message, notice: Notice, now: number): void
  update(message: Message): void
  find(key: string): Message | undefined
  noticeOf(key: string): Notice | undefined
  /** Channels on which something is to be sent at `now`. */
  waitingChannels(now: number): readonly string[]
  /** To be sent at `now`: the red ones first, then the longest due. */
  due(channel: string, now: number, limit: number): readonly Message[]
  /** Taken by a provider, and the time for a receipt is over. */
  overdue(now: number, limit: number): readonly Message[]
  /** After a start nobody is at anything: what was queued is tried at once. */
  retryAll(now: number): void
  /** Sends no more about an alert whose call is over, and misses no receipt; a group goes on while another's call runs. */
  cancelAbout(alert: string, organisation: string): void
  counts(now: number): MessageCounts
}

export interface MessageCounts {
  readonly byState: Readonly<Record<string, number>>
  /** Of the oldest message that the provider has not taken. */
  readonly oldestUnsentMs: number
}

const COLUMNS = 'key, purpose, person, channel, urgent, state, attempts, silences, next_at, reason'

function messageOf(row: Record<string, unknown>): Message {
  const { next_at: next, reason } = row
  return {
    key: String(row['key']),
    purpose: String(row['purpose']) as Purpose,
    person: String(row['person']),
    channel: String(row['channel']),
    urgent: row['urgent'] === 1,
    state: String(row['state']) as MessageState,
    attempts: Number(row['attempts']),
    silences: Number(row['silences']),
    nextAt: typeof next === 'string' ? Date.parse(next) : undefined,
    reason: typeof reason === 'string' ? reason : undefined,
  }
}

const iso = (value: number | undefined): string | null => (value === undefined ? null : isoTime(value))

export function openMessageLog(journal: Journal): MessageLog {
  const sql = (text: string) => journal.database.prepare(text)
  const insert = sql(
    `INSERT INTO notify_messages (${COLUMNS}, made_at, notice) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const update = sql(
    'UPDATE notify_messages SET state = ?, attempts = ?, silences = ?, next_at = ?, reason = ? WHERE key = ?',
  )
  const selectOne = sql(`SELECT ${COLUMNS} FROM notify_messages WHERE key = ?`)
  const selectNotice = sql('SELECT notice FROM notify_messages WHERE key = ?')
  const selectChannels = sql(`SELECT DISTINCT channel FROM notify_messages WHERE state = 'queued' AND next_at <= ?`)
  const selectDue = sql(
    `SELECT ${COLUMNS} FROM notify_messages WHERE state = 'queued' AND channel = ? AND next_at <= ?
     ORDER BY urgent DESC, next_at, key LIMIT ?`,
  )
  const selectOverdue = sql(
    `SELECT ${COLUMNS} FROM notify_messages WHERE state = 'sent' AND next_at <= ? ORDER BY next_at, key LIMIT ?`,
  )
  const retry = sql(`UPDATE notify_messages SET next_at = ? WHERE state = 'queued' AND next_at > ?`)
  const cancel = sql(
    `UPDATE notify_messages SET state = iif(state = 'queued', 'cancelled', state), next_at = NULL
     WHERE purpose = 'alert' AND next_at IS NOT NULL
       AND key IN (SELECT message FROM notify_deliveries WHERE subject = ? AND organisation = ?)
       AND NOT EXISTS (
         SELECT 1 FROM notify_deliveries d JOIN notify_calls c ON c.alert = d.subject AND c.organisation = d.organisation
         WHERE d.message = notify_messages.key AND c.ended IS NULL AND c.revision = d.revision
       )`,
  )
  const countStates = sql('SELECT state, count(*) AS count FROM notify_messages GROUP BY state')
  const selectOldest = sql(
    `SELECT min(made_at) AS oldest FROM notify_messages WHERE next_at IS NOT NULL AND state = 'queued'`,
  )
  return {
    insert({ key, purpose, person, channel, urgent, state, attempts, silences, nextAt, reason }, notice, now) {
      const facts = [key, purpose, person, channel, urgent ? 1 : 0, state, attempts, silences] as const
      insert.run(...facts, iso(nextAt), reason ?? null, isoTime(now), JSON.stringify(notice))
    },
    update: ({ key, state, attempts, silences, nextAt, reason }) =>
      void update.run(state, attempts, silences, iso(nextAt), reason ?? null, key),
    find(key) {
      const row = selectOne.get(key)
      return row === undefined ? undefined : messageOf(row)
    },
    noticeOf(key) {
      const text = selectNotice.get(key)?.['notice']
      return typeof text === 'string' ? (JSON.parse(text) as Notice) : undefined
    },
    waitingChannels: (now) => selectChannels.all(isoTime(now)).map((row) => String(row['channel'])),
    due: (channel, now, limit) => selectDue.all(channel, isoTime(now), limit).map(messageOf),
    overdue: (now, limit) => selectOverdue.all(isoTime(now), limit).map(messageOf),
    retryAll: (now) => void retry.run(isoTime(now), isoTime(now)),
    cancelAbout: (alert, organisation) => void cancel.run(alert, organisation),
    counts(now) {
      const oldest = selectOldest.get()?.['oldest']
      return {
        byState: Object.fromEntries(countStates.all().map((row) => [String(row['state']), Number(row['count'])])),
        oldestUnsentMs: typeof oldest === 'string' ? Math.max(0, now - Date.parse(oldest)) : 0,
      }
    },
  }
}
