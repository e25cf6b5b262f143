import type { AlertMessage } from '../contract/alert.ts'
import type { Journal } from '../store/journal.ts'
import type { Episode } from './episode.ts'
import type { AlertBook, StoredEpisode } from './reconcile.ts'

/** Alerts and episodes in the journal; everything runs inside the caller's transaction. */
export interface AlertRows {
  book(citizen: string): AlertBook
  alert(id: string): AlertMessage | undefined
  put(message: AlertMessage): void
  /** Episodes of a rule that opened after a position, and the one that was open there. */
  episodesAfter(citizen: string, rule: string, base: string, open: string | undefined): readonly StoredEpisode[]
  /** Open and acknowledged ones. */
  unfinished(): readonly AlertMessage[]
  alertsOf(citizen: string): readonly AlertMessage[]
}

const parse = (text: unknown): AlertMessage => JSON.parse(String(text)) as AlertMessage
const episodeOf = (row: Record<string, unknown>): Episode => JSON.parse(String(row['episode'])) as Episode

/** `time/id` as the two columns. */
function split(position: string): [at: string, first: string] {
  const slash = position.indexOf('/')
  return slash < 0 ? [position, ''] : [position.slice(0, slash), position.slice(slash + 1)]
}

export function openAlertRows(journal: Journal): AlertRows {
  const sql = (text: string) => journal.database.prepare(text)
  const select = sql('SELECT message FROM alerts WHERE id = ?')
  const upsert = sql(
    `INSERT INTO alerts (id, citizen, rule, state, opened_at, message) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, opened_at = excluded.opened_at, message = excluded.message`,
  )
  const selectUnfinished = sql(
    `SELECT message FROM alerts WHERE citizen = ? AND rule = ? AND state IN ('open', 'acknowledged')`,
  )
  // By their index: after a year there are a hundred times as many that are over.
  const selectAll = sql(
    `SELECT message FROM alerts INDEXED BY one_unfinished_alert WHERE state IN ('open', 'acknowledged') ORDER BY id`,
  )
  const selectOfCitizen = sql('SELECT message FROM alerts WHERE citizen = ? ORDER BY opened_at, id')
  const selectEpisodes = sql('SELECT episode FROM episodes WHERE alert = ? ORDER BY opened_at, rule, first')
  const selectAfter = sql(
    `SELECT alert, episode FROM episodes WHERE citizen = ? AND rule = ? AND (opened_at, first) > (?, ?)
     ORDER BY opened_at, first`,
  )
  const selectOne = sql(
    'SELECT alert, episode FROM episodes WHERE citizen = ? AND rule = ? AND opened_at = ? AND first = ?',
  )
  const upsertEpisode = sql(
    `INSERT INTO episodes (citizen, rule, opened_at, first, closed_at, alert, episode) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET closed_at = excluded.closed_at, alert = excluded.alert, episode = excluded.episode`,
  )
  const deleteEpisode = sql('DELETE FROM episodes WHERE citizen = ? AND rule = ? AND opened_at = ? AND first = ?')

  const stored = (row: Record<string, unknown>): StoredEpisode => ({
    alert: String(row['alert']),
    episode: episodeOf(row),
  })
  const alert = (id: string): AlertMessage | undefined => {
    const row = select.get(id)
    return row === undefined ? undefined : parse(row['message'])
  }

  return {
    alert,
    put(message) {
      const { alert: id, citizen, rule, state, openedAt } = message
      upsert.run(id, citizen, rule.id, state, openedAt, JSON.stringify(message))
    },
    episodesAfter(citizen, rule, base, open) {
      const after = selectAfter.all(citizen, rule, ...split(base)).map(stored)
      if (open === undefined) return after
      const row = selectOne.get(citizen, rule, ...split(open))
      return row === undefined ? after : [stored(row), ...after]
    },
    unfinished: () => selectAll.all().map((row) => parse(row['message'])),
    alertsOf: (citizen) => selectOfCitizen.all(citizen).map((row) => parse(row['message'])),
    book: (citizen) => ({
      alert,
      unfinished(rule) {
        const row = selectUnfinished.get(citizen, rule)
        return row === undefined ? undefined : parse(row['message'])
      },
      episodesOf: (id) => selectEpisodes.all(id).map(episodeOf),
      putEpisode(rule, { alert: by, episode }) {
        const { openedAt, first, closedAt } = episode
        upsertEpisode.run(citizen, rule, openedAt, first, closedAt ?? null, by, JSON.stringify(episode))
      },
      dropEpisode: (rule, { openedAt, first }) => void deleteEpisode.run(citizen, rule, openedAt, first),
    }),
  }
}
