import type { Journal } from '../store/journal.ts'

/**
 * What a citizen may ask for: who got and saw their data, and who changed what about them (GDPR, article 15; the
 * controller answers, this is its material). Deliveries of the feeds are rows for many citizens at once; here they are
 * counted for the one.
 */

export interface ExtractLine {
  /** ISO 8601 UTC. */
  readonly at: string
  readonly organisation: string | undefined
  readonly actor: string
  readonly role: string | undefined
  readonly action: string
  readonly kinds: string | undefined
  /** Readings or alerts of this citizen; 0 when somebody looked and found none. */
  readonly count: number | undefined
  readonly purpose: string | undefined
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

/** Cursors of one citizen's readings, per organisation, ascending. */
function cursorsOf(journal: Journal, citizen: string): Map<string, number[]> {
  const cursors = new Map<string, number[]>()
  const rows = journal.database
    .prepare(
      `SELECT f.organisation, f.cursor FROM readings r JOIN feeds f ON f.reading = r.cursor
       WHERE r.citizen = ? ORDER BY f.organisation, f.cursor`,
    )
    .all(citizen)
  for (const row of rows) {
    const organisation = String(row['organisation'])
    const known = cursors.get(organisation)
    if (known === undefined) cursors.set(organisation, [Number(row['cursor'])])
    else known.push(Number(row['cursor']))
  }
  return cursors
}

/** How many of the ascending numbers are below `limit`. */
function below(ascending: readonly number[], limit: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ascending[middle] ?? 0) < limit) low = middle + 1
    else high = middle
  }
  return low
}

export function* extractFor(journal: Journal, citizen: string): Generator<ExtractLine> {
  const cursors = cursorsOf(journal, citizen)
  const rows = journal.database.prepare(
    'SELECT * FROM audit WHERE citizen = ? OR (citizen IS NULL AND first_cursor IS NOT NULL) ORDER BY position',
  )
  for (const row of rows.iterate(citizen)) {
    const organisation = text(row['organisation'])
    let count = number(row['count'])
    if (row['citizen'] === null) {
      const own = cursors.get(organisation ?? '') ?? []
      count = below(own, Number(row['last_cursor']) + 1) - below(own, Number(row['first_cursor']))
      if (count === 0) continue
    }
    yield {
      at: String(row['at']),
      organisation,
      actor: String(row['actor']),
      role: text(row['role']),
      action: String(row['action']),
      kinds: text(row['kinds']),
      count,
      purpose: text(row['purpose']),
    }
  }
}

/** What people read for the words of the house: Danish, English. */
const ACTIONS: Readonly<Record<string, readonly [danish: string, english: string]>> = {
  'readings.release': ['målinger sendt til', 'readings sent to'],
  'alerts.release': ['alarm sendt til', 'alert sent to'],
  'readings.read': ['målinger set hos', 'readings seen at'],
  'feed.read': ['målinger hentet af', 'readings fetched by'],
  'readings.read.denied': ['forsøg på at se målinger afvist, fra', 'attempt to see readings refused, from'],
  'grant.give': ['ret til data givet til', 'right to data given to'],
  'grant.revoke': ['ret til data taget fra', 'right to data taken from'],
  'limits.set': ['grænser ændret af', 'limits changed by'],
}

/** One line that a person can read, in both languages. The organisation's title is for the citizen, not for a log. */
export function readableLine(line: ExtractLine, titleOf: (organisation: string) => string | undefined): string {
  const [danish, english] = ACTIONS[line.action] ?? [line.action, line.action]
  const where = line.organisation === undefined ? '-' : (titleOf(line.organisation) ?? line.organisation)
  const who = line.role === undefined ? line.actor : `${line.actor} (${line.role})`
  const what = [line.kinds, line.count === undefined ? undefined : `antal / count ${line.count}`, line.purpose]
  return [line.at, `${danish} / ${english} ${where}`, who, ...what.filter((part) => part !== undefined)].join('  |  ')
}
