import type { QuantityName } from '../../device-drivers/quantities.ts'
import type { Kind, Reading } from '../../device-drivers/reading.ts'
import { rulesInJournal } from '../rule-rows.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import { type DryRunResult, dryRun } from './dry-run.ts'
import { type RuleSource, timelinesOf } from './effective-rules.ts'
import type { RuleTimeline } from './fold-state.ts'
import { DAY_MS, type JudgedReading, judgedReading } from './judged-reading.ts'
import type { Limits } from './limits.ts'

/** What a draft of one citizen's limits for one quantity would have said of the last weeks. */

/** Half a year shows every season of a course; a physician looks at weeks. */
export const MAX_WEEKS = 26
/**
 * Takes a tenth of a second in which nothing else is done (measured on two busy slow cores). Half a year of ten readings
 * a day is 1,820; of a glucose sensor it is five weeks.
 */
export const MAX_TRIED = 10_000
/** So long before, so that what was open when the trial began is known to have been. */
const BEFORE_MS = 28 * DAY_MS

export interface LimitTrial {
  readonly citizen: string
  readonly quantity: QuantityName
  readonly draft: Limits
  readonly weeks: number
  /** Kinds of readings that may be looked at. */
  readonly kinds: readonly Kind[]
  /** ms since 1970 UTC. */
  readonly now: number
}

function readingsFor(journal: Journal, { citizen, kinds }: LimitTrial, from: number): JudgedReading[] {
  return journal.database
    .prepare(
      `SELECT payload, stored_at FROM readings
       WHERE citizen = ? AND kind IN (SELECT value FROM json_each(?)) AND measured_at >= ? AND state = 'clinical'
       ORDER BY measured_at DESC LIMIT ${MAX_TRIED}`,
    )
    .all(citizen, JSON.stringify(kinds), isoTime(from))
    .flatMap((row) => judgedReading(JSON.parse(String(row['payload'])) as Reading, String(row['stored_at'])) ?? [])
    .sort((a, b) => (a.position < b.position ? -1 : 1))
}

/** Rules that compare the quantity with limits, at some time. */
const comparing =
  (quantity: QuantityName) =>
  ({ versions }: RuleTimeline): boolean =>
    versions.some(({ rule }) => rule.type === 'limits' && rule.quantity === quantity)

/**
 * Only rules that compare the quantity with limits are run: no other can differ. Of a citizen with more readings than
 * are tried at once the trial is shorter than asked for; the result says from when on it counts.
 */
export function tryLimits(journal: Journal, trial: LimitTrial): DryRunResult {
  const { citizen, quantity, draft, weeks, now } = trial
  const asked = now - weeks * 7 * DAY_MS
  const readings = readingsFor(journal, trial, asked - BEFORE_MS)
  const first = readings[0]
  const from = readings.length < MAX_TRIED || first === undefined ? asked : Math.max(asked, Date.parse(first.at))
  const { watches, sources } = rulesInJournal(journal, citizen)
  const drafted: RuleSource = {
    version: Math.max(0, ...sources.map(({ version }) => version)) + 1,
    level: 'limits',
    scope: citizen,
    rule: quantity,
    from: isoTime(from),
    author: 'draft',
    reason: 'draft',
    body: { ...draft },
  }
  // What was decided since would hold instead of the draft.
  const others = sources.filter(({ level, rule, from: begins }) => {
    return level !== 'limits' || rule !== quantity || begins < drafted.from
  })
  const run = {
    citizen,
    now: timelinesOf(citizen, watches, sources).filter(comparing(quantity)),
    draft: timelinesOf(citizen, watches, [...others, drafted]).filter(comparing(quantity)),
    readings,
  }
  return dryRun([run], isoTime(from), isoTime(now))
}
