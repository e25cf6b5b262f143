import type { AlertMessage } from '../../../contract/alert.ts'
import type { Standing } from '../../shapes.ts'

/** How the citizen stands now, from the alerts that are not over. Pure. */

const ORDER: readonly Standing[] = ['red', 'yellow', 'blue', 'unknown']

export const isUnfinished = ({ state }: Pick<AlertMessage, 'state'>): boolean =>
  state === 'open' || state === 'acknowledged'

/** blue: not measured. unknown: nobody can know, the home is silent. */
export function standingOf({ category, level }: Pick<AlertMessage, 'category' | 'level'>): Standing {
  if (category === 'unwatched') return 'unknown'
  return category === 'missing' ? 'blue' : level
}

/** What the clinic has to deal with: nothing for technicians, nothing that proves the engine. */
export const forClinic = ({ category }: Pick<AlertMessage, 'category'>): boolean =>
  category !== 'technical' && category !== 'self-test'

const rank = (alert: AlertMessage): number => ORDER.indexOf(standingOf(alert))

/** Open and acknowledged ones, worst first, then those that nobody has acknowledged, then the oldest. */
export function openAlerts(alerts: readonly AlertMessage[]): AlertMessage[] {
  return alerts
    .filter((alert) => isUnfinished(alert) && forClinic(alert))
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        Number(a.state === 'acknowledged') - Number(b.state === 'acknowledged') ||
        (a.raisedAt < b.raisedAt ? -1 : 1),
    )
}

/** Those that are over, newest first. */
export const pastAlerts = (alerts: readonly AlertMessage[]): AlertMessage[] =>
  alerts.filter((alert) => !isUnfinished(alert) && forClinic(alert)).sort((a, b) => (a.openedAt < b.openedAt ? 1 : -1))

export function worstOf(alerts: readonly AlertMessage[]): Standing | 'calm' {
  const [worst] = openAlerts(alerts)
  return worst === undefined ? 'calm' : standingOf(worst)
}
