import type { Kind } from '../../device-drivers/reading.ts'
import { parseTopic } from '../contract/topics.ts'
import type { Journal } from '../store/journal.ts'
import type { Audit } from './entry.ts'

/**
 * Alerts that wait in the outbox, written into the audit: with the commit that put them there, which costs no sync of its
 * own. What another process put there, as a person at the command line, is written before it is handed out.
 */
export interface AlertReleases {
  /** Writes what is new; in the caller's transaction, or one of its own when there is something. */
  write(): void
}

/** How far the outbox is in the audit. */
const POSITION = 'alerts-audited'

/** Which kinds an alert rests on, as its payload says. */
export function kindsOfAlert(alert: unknown): readonly Kind[] {
  if (typeof alert !== 'object' || alert === null) return []
  const kinds: unknown = Reflect.get(alert, 'kinds')
  if (Array.isArray(kinds)) return kinds as Kind[]
  const kind: unknown = Reflect.get(alert, 'kind')
  return typeof kind === 'string' ? [kind as Kind] : []
}

/** The alert as it was told: its transition names rule version, readings and evaluator. */
function revisionOf(id: string, alert: unknown): string {
  const revision: unknown = Reflect.get(Object(alert), 'revision')
  return typeof revision === 'number' ? `${id}/${revision}` : id
}

export function openAlertReleases(journal: Journal, audit: Audit): AlertReleases {
  const sql = (text: string) => journal.database.prepare(text)
  const selectPosition = sql('SELECT value FROM meta WHERE key = ?')
  const upsertPosition = sql('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
  const selectNew = sql('SELECT id, topic, payload FROM alert_outbox WHERE id > ? ORDER BY id')

  function writeOne(topic: string, payload: string): void {
    const parsed = parseTopic(topic)
    // Clearing a topic shows nothing.
    if (parsed?.type !== 'alert' || payload === '') return
    const alert: unknown = JSON.parse(payload)
    const kinds = kindsOfAlert(alert)
    audit({
      actor: { type: 'system', id: 'feed', organisation: parsed.org },
      action: 'alerts.release',
      citizen: parsed.citizen,
      subject: revisionOf(parsed.alert, alert),
      ...(kinds.length === 0 ? {} : { kinds }),
      count: 1,
    })
  }

  return {
    write() {
      const rows = selectNew.all(Number(selectPosition.get(POSITION)?.['value'] ?? 0))
      const last = rows.at(-1)
      if (last === undefined) return
      const writeAll = () => {
        for (const row of rows) writeOne(String(row['topic']), String(row['payload']))
        upsertPosition.run(POSITION, String(last['id']))
      }
      if (journal.database.isTransaction) writeAll()
      else journal.transaction(writeAll)
    },
  }
}
