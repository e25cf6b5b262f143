import type { Kind } from '../../device-drivers/reading.ts'
import { organisationsFor } from '../grants.ts'
import type { Registry } from '../registry.ts'
import { disguiseAlert } from '../rights/pseudonyms.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import type { ReplayPage } from './replay.ts'

/** What alerts were told while a subscriber was away: every change of every alert, in the order in which it was decided. */

/** What a change must say for itself to be handed out; the rest is passed on as it was published. */
interface ToldAlert {
  readonly citizen: string
  readonly kind?: Kind
  readonly kinds?: readonly Kind[]
}

/** One change of one alert. `cursor` grows, with gaps; that none is missing shows in the alert's own `revision`, +1 each. */
export interface AlertEntry {
  readonly cursor: number
  readonly at: string
  readonly alert: ToldAlert
}

export interface AlertReplay {
  /** @param citizen the journal's own id, also for research */
  alerts(organisation: string, cursor: number, limit: number, citizen?: string): ReplayPage<AlertEntry>
}

const kindsOf = ({ kind, kinds }: ToldAlert): readonly Kind[] => kinds ?? (kind === undefined ? [] : [kind])

/** Reads the table `alert_transitions` (cursor, at, message). */
export function openAlertReplay(
  journal: Journal,
  registry: Pick<Registry, 'grantsOf' | 'pseudonymsOf'>,
  clock: { now(): number },
): AlertReplay {
  const select = journal.database.prepare(
    'SELECT cursor, at, message FROM alert_transitions WHERE cursor > ? ORDER BY cursor LIMIT ?',
  )
  const selectNewest = journal.database.prepare('SELECT max(cursor) AS newest FROM alert_transitions')

  function isGranted(organisation: string, alert: ToldAlert, now: string): boolean {
    const { citizen } = alert
    return organisationsFor(registry.grantsOf(citizen), citizen, kindsOf(alert), now).includes(organisation)
  }

  return {
    alerts(organisation, cursor, limit, citizen) {
      const newest = Number(selectNewest.get()?.['newest'] ?? 0)
      const now = isoTime(clock.now())
      const rows = select.all(cursor, limit).map((row) => ({
        cursor: Number(row['cursor']),
        at: String(row['at']),
        alert: JSON.parse(String(row['message'])) as ToldAlert,
      }))
      const fitting = rows.filter(({ alert }) => citizen === undefined || alert.citizen === citizen)
      const granted = fitting.filter(({ alert }) => isGranted(organisation, alert, now))
      const pseudonym = registry.pseudonymsOf(organisation)
      const items =
        pseudonym === undefined
          ? granted
          : granted.map((entry) => ({ ...entry, alert: disguiseAlert(entry.alert, pseudonym) as ToldAlert }))
      // What another organisation is told is no business of this one, not even as a count.
      const next = rows.length < limit ? Math.max(cursor, newest) : Number(rows.at(-1)?.cursor)
      return { items, next, withheld: 0, newest }
    },
  }
}
