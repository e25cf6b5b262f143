import type { Kind } from '../../device-drivers/reading.ts'
import { openPauses } from '../alerts/pauses.ts'
import type { AlertMessage } from '../contract/alert.ts'
import type { Journal } from '../store/journal.ts'
import { openBreath } from './breath.ts'
import { chosen, type LatestValues } from './latest.ts'
import { STANDINGS, type Standing, type WorkItem, type WorkList } from './shapes.ts'
import type { Sight } from './sight.ts'

/** Who needs a nurse now, worst first. */

/** A ward that has more open is told how many, and works from the top. */
const MAX_ITEMS = 300

/** For technicians, or of the citizen by whom the engine proves itself. */
const NOT_FOR_A_NURSE: ReadonlySet<AlertMessage['category']> = new Set(['technical', 'self-test'])

export const isForANurse = ({ category }: Pick<AlertMessage, 'category'>): boolean => !NOT_FOR_A_NURSE.has(category)

/** What an alert says of its citizen. */
export function standingOf({ category, level }: Pick<AlertMessage, 'category' | 'level'>): Standing {
  if (category === 'missing') return 'blue'
  return category === 'unwatched' ? 'unknown' : level
}

const rank = (alert: AlertMessage): number => STANDINGS.indexOf(standingOf(alert))

const worstFirst = (a: AlertMessage, b: AlertMessage): number =>
  rank(a) - rank(b) || (a.raisedAt < b.raisedAt ? -1 : a.raisedAt > b.raisedAt ? 1 : a.alert < b.alert ? -1 : 1)

/** The citizen's line without values. @param alerts unfinished ones, at least one @param endOf when a pause is over */
export function itemOf(
  citizen: string,
  alerts: readonly AlertMessage[],
  endOf: (pause: string) => string | undefined,
): Omit<WorkItem, 'latest'> {
  const sorted = alerts.toSorted(worstFirst)
  // What is paused calls for nobody: the others say how urgent it is.
  const loud = sorted.filter(({ pausedBy }) => pausedBy === undefined)
  const speaking = loud.length > 0 ? loud : sorted
  const [worst] = speaking
  if (worst === undefined) throw new RangeError('a citizen on the list has an alert')
  const ends = loud.length > 0 ? [] : sorted.flatMap(({ pausedBy }) => endOf(pausedBy ?? '') ?? [])
  const [pausedUntil] = ends.toSorted()
  const standing = standingOf(worst)
  const since = speaking.find((alert) => standingOf(alert) === standing)?.raisedAt ?? worst.raisedAt
  return {
    citizen,
    standing,
    ...(pausedUntil === undefined ? {} : { pausedUntil }),
    acknowledged: speaking.every(({ state }) => state === 'acknowledged'),
    since,
    alerts: sorted,
  }
}

type Line = Omit<WorkItem, 'latest'>

const inOrder = (a: Line, b: Line): number =>
  Number(a.pausedUntil !== undefined) - Number(b.pausedUntil !== undefined) ||
  STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing) ||
  Number(a.acknowledged) - Number(b.acknowledged) ||
  (a.since < b.since ? -1 : a.since > b.since ? 1 : a.citizen < b.citizen ? -1 : 1)

export interface WorkLists {
  /** Yields to other work when values have to be read from the disk. */
  list(sight: Sight): Promise<WorkList>
  /** The line of one citizen; undefined when there is nothing to tell. */
  item(sight: Sight, citizen: string): WorkItem | undefined
}

/** Kinds of which something is in an answer. */
export const kindsIn = ({ alerts, latest }: Pick<WorkItem, 'alerts' | 'latest'>): Kind[] => [
  ...new Set([...alerts.flatMap(({ kinds }) => kinds), ...latest.map(({ kind }) => kind)]),
]

export function openWorkLists(journal: Journal, latest: LatestValues, clock: { monotonic(): number }): WorkLists {
  const sql = (text: string) => journal.database.prepare(text)
  // The index of unfinished alerts: in a year there are a hundred times as many that are over.
  const unfinished = (where: string) =>
    sql(`SELECT message FROM alerts INDEXED BY one_unfinished_alert WHERE state IN ('open', 'acknowledged') ${where}`)
  const selectAll = unfinished('')
  const selectOf = unfinished('AND citizen = ?')
  const selectCursor = sql('SELECT max(cursor) AS newest FROM alert_transitions')
  const pauses = openPauses(journal)

  const seenBy = (sight: Sight, rows: readonly Record<string, unknown>[]): AlertMessage[] =>
    rows
      .map((row) => JSON.parse(String(row['message'])) as AlertMessage)
      .filter((alert) => isForANurse(alert) && sight.seesAlert(alert))

  function withValues(sight: Sight, line: Line): WorkItem {
    const kinds = sight.kindsOf(line.citizen)
    const alerted = line.alerts.flatMap(({ evidence }) => evidence.map(({ quantity }) => quantity))
    const values = latest.of(line.citizen).filter(({ kind }) => kinds.includes(kind))
    return { ...line, latest: chosen(values, alerted) }
  }

  function openEnds(): (pause: string) => string | undefined {
    const ends = new Map<string, string | undefined>()
    return (pause) => {
      if (!ends.has(pause)) ends.set(pause, pauses.get(pause)?.to)
      return ends.get(pause)
    }
  }

  return {
    async list(sight) {
      const cursor = Number(selectCursor.get()?.['newest'] ?? 0)
      const byCitizen = Map.groupBy(seenBy(sight, selectAll.all()), ({ citizen }) => citizen)
      const endOf = openEnds()
      const lines = [...byCitizen].map(([citizen, alerts]) => itemOf(citizen, alerts, endOf)).sort(inOrder)
      const counts = { red: 0, yellow: 0, blue: 0, unknown: 0, paused: 0 }
      for (const { standing, pausedUntil } of lines) counts[pausedUntil === undefined ? standing : 'paused'] += 1
      const calm = sight.citizens().filter((citizen) => !byCitizen.has(citizen)).length
      const items: WorkItem[] = []
      const breathe = openBreath(clock)
      for (const line of lines.slice(0, MAX_ITEMS)) {
        items.push(withValues(sight, line))
        await breathe()
      }
      return { at: sight.at, cursor, items, counts, calm }
    },
    item(sight, citizen) {
      const alerts = seenBy(sight, selectOf.all(citizen))
      return alerts.length === 0 ? undefined : withValues(sight, itemOf(citizen, alerts, openEnds()))
    },
  }
}
