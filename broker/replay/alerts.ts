import { openTransitions } from '../alerts/transitions.ts'
import type { AlertMessage } from '../contract/alert.ts'
import { organisationsFor } from '../grants.ts'
import type { Registry } from '../registry.ts'
import { disguiseAlert } from '../rights/pseudonyms.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import type { ReplayPage } from './replay.ts'

/** What alerts were told while a subscriber was away: every change of every alert, in the order in which it was decided. */

/** One change of one alert. `cursor` grows, with gaps; that none is missing shows in the alert's own `revision`, +1 each. */
export interface AlertEntry {
  readonly cursor: number
  readonly at: string
  readonly alert: AlertMessage
}

export interface AlertReplay {
  /** @param citizen the journal's own id, also for research */
  alerts(organisation: string, cursor: number, limit: number, citizen?: string): ReplayPage<AlertEntry>
}

export function openAlertReplay(
  journal: Journal,
  registry: Pick<Registry, 'grantsOf' | 'pseudonymsOf'>,
  clock: { now(): number },
): AlertReplay {
  const { transitionsAfter } = openTransitions(journal)
  const selectNewest = journal.database.prepare('SELECT max(cursor) AS newest FROM alert_transitions')

  /** Who may have all kinds that an alert rests on may have the alert. */
  const isGranted = (organisation: string, { citizen, kinds }: AlertMessage, now: string): boolean =>
    organisationsFor(registry.grantsOf(citizen), citizen, kinds, now).includes(organisation)

  return {
    alerts(organisation, cursor, limit, citizen) {
      const newest = Number(selectNewest.get()?.['newest'] ?? 0)
      const now = isoTime(clock.now())
      const rows = transitionsAfter(cursor, limit).map(({ message, ...told }) => ({ ...told, alert: message }))
      const fitting = rows.filter(({ alert }) => citizen === undefined || alert.citizen === citizen)
      const granted = fitting.filter(({ alert }) => isGranted(organisation, alert, now))
      const pseudonym = registry.pseudonymsOf(organisation)
      const items =
        pseudonym === undefined
          ? granted
          : granted.map((entry) => ({ ...entry, alert: disguiseAlert(entry.alert, pseudonym) as AlertMessage }))
      // What another organisation is told is no business of this one, not even as a count.
      const next = rows.length < limit ? Math.max(cursor, newest) : Number(rows.at(-1)?.cursor)
      return { items, next, withheld: 0, newest }
    },
  }
}
