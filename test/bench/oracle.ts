import { DatabaseSync } from 'node:sqlite'
import type { EmittedReading } from '../../simulators/devices/device.ts'
import type { Scenario } from '../../simulators/scenario.ts'
import { type Act, type Episode, episodesOf } from '../support/batch-evaluator.ts'

/** What must be true after any fault, judged from what the devices made and what the journal holds, and nothing else. */

/** A process that has just started recovers its log, and holds the file meanwhile. */
export const BUSY_MS = 5_000

export const recordKey = (device: string, source: string, hex: string): string =>
  `${device}/${source}/${hex.toLowerCase()}`
const keyOf = ({ device, source, hex }: EmittedReading): string => recordKey(device, source, hex)

/** Devices show whole seconds, and a busy machine reads their clocks late: the correction is no finer than this. */
const TIME_TOLERANCE_MS = 5_000

interface Stored {
  readonly id: string
  readonly key: string
  readonly citizen: string
  /** As the hub worked it out. */
  readonly measuredAt: string
}

interface JournalView {
  /** In order of storing. */
  readonly stored: readonly Stored[]
  readonly feedRows: number
  readonly gaps: number
  readonly quarantined: number
  readonly held: number
  readonly corrupt: number
  readonly alerts: readonly Record<string, unknown>[]
  readonly episodes: readonly StoredEpisode[]
}

interface StoredEpisode {
  readonly citizen: string
  readonly rule: string
  readonly alert: string
  readonly openedAt: string
  readonly closedAt: string | undefined
  readonly level: string
  readonly worst: string
  readonly readings: readonly string[]
}

export interface Verdict {
  readonly lost: readonly string[]
  readonly twice: readonly string[]
  readonly invented: readonly string[]
  readonly alertsWrong: readonly string[]
  /** Records whose time of measuring is not that of the act. */
  readonly timesWrong: number
  readonly alerts: number
  readonly stored: number
  /** Feed rows beside the stored readings: every clinical reading goes to the one organisation once. */
  readonly feedDifference: number
  readonly gaps: number
  readonly quarantined: number
  readonly held: number
  readonly corrupt: number
}

/** Broken pages and indexes of a database; 0 when it is whole. */
export function damageOf(path: string): number {
  const db = new DatabaseSync(path)
  try {
    const rows = db.prepare('PRAGMA integrity_check').all()
    return rows.filter((row) => row['integrity_check'] !== 'ok').length
  } finally {
    db.close()
  }
}

function viewOf(path: string): JournalView {
  const corrupt = damageOf(path)
  const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS })
  try {
    const sum = (sql: string): number => Number(db.prepare(sql).get()?.['n'] ?? 0)
    const rows = db
      .prepare(
        `SELECT r.id, r.device, r.citizen, r.measured_at, p.packets FROM readings r JOIN raw_packets p ON p.reading = r.cursor ORDER BY r.cursor`,
      )
      .all()
    return {
      stored: rows.map((row) => {
        const [first] = JSON.parse(String(row['packets'])) as { source: string; hex: string }[]
        return {
          id: String(row['id']),
          key: recordKey(String(row['device']), first?.source ?? '', first?.hex ?? ''),
          citizen: String(row['citizen']),
          measuredAt: String(row['measured_at']),
        }
      }),
      feedRows: sum('SELECT count(*) AS n FROM feeds'),
      gaps: sum('SELECT coalesce(sum(missing), 0) AS n FROM hub_epochs'),
      quarantined: sum('SELECT count(*) AS n FROM quarantine'),
      held: sum(`SELECT count(*) AS n FROM readings WHERE state = 'held'`),
      corrupt,
      alerts: db
        .prepare('SELECT message FROM alerts')
        .all()
        .map((row) => JSON.parse(String(row['message']))),
      episodes: db
        .prepare('SELECT citizen, rule, alert, episode FROM episodes')
        .all()
        .map((row) => ({
          ...JSON.parse(String(row['episode'])),
          citizen: String(row['citizen']),
          rule: String(row['rule']),
          alert: String(row['alert']),
        })),
    }
  } finally {
    db.close()
  }
}

/** How many different records are stored, while the broker runs. */
export function storedCount(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS })
  try {
    return Number(db.prepare('SELECT count(*) AS n FROM readings').get()?.['n'] ?? 0)
  } finally {
    db.close()
  }
}

const told = (e: Omit<Episode, 'unstable'>): string =>
  JSON.stringify([
    e.citizen,
    e.quantity,
    e.openedAt,
    e.closedAt ?? null,
    e.red ? 'red' : 'yellow',
    e.wasRed ? 'red' : 'yellow',
    e.keys,
  ])

/** 'limits-pulse-rate' -> 'pulseRate'. */
const quantityOf = (rule: string): string =>
  rule.replace(/^limits-/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** What people were told must stand on what the data says: nothing untold, nothing made up, one alert at a time. */
function factsWrong(view: JournalView): string[] {
  const byId = new Map(view.alerts.map((alert) => [String(alert['alert']), alert]))
  const own = new Map<string, number>()
  for (const { alert } of view.episodes) own.set(alert, (own.get(alert) ?? 0) + 1)
  const unfinished = view.alerts.filter(({ state }) => state === 'open' || state === 'acknowledged')
  const rules = unfinished.map((alert) => `${alert['citizen']} ${JSON.stringify(alert['rule'])}`)
  return [
    ...view.episodes.filter(({ alert }) => !byId.has(alert)).map(({ openedAt }) => `untold episode of ${openedAt}`),
    ...view.alerts
      .filter(({ alert, state }) => !own.has(String(alert)) && state !== 'withdrawn' && state !== 'closed')
      .map(({ alert }) => `alert ${String(alert)} without an episode`),
    ...view.episodes
      .filter(({ alert, closedAt }) => {
        const state = byId.get(alert)?.['state']
        return closedAt === undefined && (state === 'closed' || state === 'withdrawn')
      })
      .map(({ alert }) => `alert ${alert} ended, its episode did not`),
    ...rules.filter((rule, i) => rules.indexOf(rule) !== i).map((rule) => `two open alerts of ${rule}`),
  ]
}

function alertsWrong(
  view: JournalView,
  emitted: readonly EmittedReading[],
  scenario: Scenario,
  doubtful: ReadonlySet<string>,
): string[] {
  const made = new Map(emitted.map((e) => [keyOf(e), e]))
  const keys = new Map(view.stored.map(({ id, key }) => [id, key]))
  const acts = view.stored.flatMap(({ id, key, citizen, measuredAt }): Act[] => {
    const act = made.get(key)
    if (act === undefined) return []
    return [{ citizen, key, id, at: measuredAt, values: act.values, doubtful: doubtful.has(act.device) }]
  })
  const expected = episodesOf(acts, scenario.registry.limits).map(told)
  const found = view.episodes.map(({ citizen, rule, openedAt, closedAt, level, worst, readings }) =>
    told({
      citizen,
      quantity: quantityOf(rule),
      openedAt,
      closedAt,
      red: level === 'red',
      wasRed: worst === 'red',
      keys: readings.map((id) => keys.get(id) ?? 'unknown'),
    }),
  )
  const wanted = new Set(expected)
  const had = new Set(found)
  return [
    ...expected.filter((text) => !had.has(text)).map((text) => `missing ${text}`),
    ...found.filter((text) => !wanted.has(text)).map((text) => `unexpected ${text}`),
    ...factsWrong(view),
  ]
}

/** @param emitted what the devices made; every one of them must be stored */
export function judge(
  journalPath: string,
  emitted: readonly EmittedReading[],
  scenario: Scenario,
  doubtful: ReadonlySet<string> = new Set(),
): Verdict {
  const view = viewOf(journalPath)
  const wanted = new Set(emitted.map(keyOf))
  if (wanted.size !== emitted.length) throw new Error('two records look alike: the count would mean nothing')
  const counts = new Map<string, number>()
  for (const { key } of view.stored) counts.set(key, (counts.get(key) ?? 0) + 1)
  const actAt = new Map(emitted.map((e) => [keyOf(e), e.at]))
  const offBy = ({ key, measuredAt }: Stored): number => Math.abs(Date.parse(measuredAt) - (actAt.get(key) ?? 0))
  return {
    timesWrong: view.stored.filter((row) => actAt.has(row.key) && offBy(row) > TIME_TOLERANCE_MS).length,
    lost: [...wanted].filter((key) => !counts.has(key)),
    twice: [...counts].filter(([, count]) => count > 1).map(([key]) => key),
    invented: [...counts.keys()].filter((key) => !wanted.has(key)),
    alertsWrong: alertsWrong(view, emitted, scenario, doubtful),
    alerts: view.alerts.length,
    stored: view.stored.length,
    feedDifference: Math.abs(view.feedRows - view.stored.length),
    gaps: view.gaps,
    quarantined: view.quarantined,
    held: view.held,
    corrupt: view.corrupt,
  }
}
