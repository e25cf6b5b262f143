import { type Episode, overlaps } from './episode.ts'
import { concerns, type RuleTimeline, watchedBy } from './fold-state.ts'
import { DAY_MS, type JudgedReading } from './judged-reading.ts'
import { episodesOf } from './rule-run.ts'

/**
 * What a draft of rules would have said of stored readings: the engine itself, given data and nothing else, so there
 * is nothing by which it could publish or call anybody.
 */

/** One citizen: the rules as they are, as they would be, and everything measured up to the end of the trial. */
export interface Trial {
  readonly citizen: string
  readonly now: readonly RuleTimeline[]
  readonly draft: readonly RuleTimeline[]
  /** In order. */
  readonly readings: readonly JudgedReading[]
}

export interface TrialAlert {
  readonly citizen: string
  readonly rule: string
  readonly level: string
  readonly openedAt: string
  readonly closedAt?: string
}

export interface CitizenTrial {
  readonly citizen: string
  readonly now: number
  readonly draft: number
  readonly nowPerWeek: number
  readonly draftPerWeek: number
  /** Would be told and is not. */
  readonly added: readonly TrialAlert[]
  /** Is told and would not be. */
  readonly gone: readonly TrialAlert[]
}

export interface DryRunResult {
  readonly from: string
  readonly to: string
  readonly weeks: number
  readonly citizens: readonly CitizenTrial[]
}

function alertsUnder(timelines: readonly RuleTimeline[], trial: Trial, from: string, to: string): Episode[] {
  return timelines.flatMap((timeline) => {
    const watched = watchedBy(timeline)
    const readings = trial.readings.filter((reading) => reading.at < to && concerns(watched, reading))
    return episodesOf(timeline, readings).filter(({ openedAt }) => openedAt >= from && openedAt < to)
  })
}

const isSame = (a: Episode, b: Episode): boolean => a.rule.id === b.rule.id && a.worst === b.worst && overlaps(a, b)

const named = (citizen: string, { rule, worst, openedAt, closedAt }: Episode): TrialAlert => ({
  citizen,
  rule: rule.id,
  level: worst,
  openedAt,
  ...(closedAt === undefined ? {} : { closedAt }),
})

/** @param from first moment that counts, ISO 8601; readings before it only teach what is normal @param to first without */
export function dryRun(trials: Iterable<Trial>, from: string, to: string): DryRunResult {
  const weeks = (Date.parse(to) - Date.parse(from)) / (7 * DAY_MS)
  const citizens = [...trials].map((trial): CitizenTrial => {
    const { citizen } = trial
    const now = alertsUnder(trial.now, trial, from, to)
    const draft = alertsUnder(trial.draft, trial, from, to)
    return {
      citizen,
      now: now.length,
      draft: draft.length,
      nowPerWeek: now.length / weeks,
      draftPerWeek: draft.length / weeks,
      added: draft.filter((one) => !now.some((other) => isSame(one, other))).map((one) => named(citizen, one)),
      gone: now.filter((one) => !draft.some((other) => isSame(one, other))).map((one) => named(citizen, one)),
    }
  })
  return { from, to, weeks, citizens }
}

const cell = (text: string | number, width: number): string => String(text).padStart(width)
const perWeek = (value: number): string => value.toFixed(2)

/** The result as a table for a terminal. */
export function dryRunTable({ from, to, weeks, citizens }: DryRunResult): string {
  const sum = (of: (one: CitizenTrial) => number) => citizens.reduce((total, one) => total + of(one), 0)
  const row = (name: string, now: number, draft: number, added: number, gone: number, persons: number): string =>
    [
      name.padEnd(32),
      cell(now, 6),
      cell(perWeek(now / weeks / persons), 9),
      cell(draft, 7),
      cell(perWeek(draft / weeks / persons), 9),
      cell(added, 7),
      cell(gone, 6),
    ].join('')
  const lines = citizens
    .filter((one) => one.now + one.draft > 0)
    .map((one) => row(one.citizen, one.now, one.draft, one.added.length, one.gone.length, 1))
  const total = row(
    `all ${citizens.length} citizens`,
    sum((c) => c.now),
    sum((c) => c.draft),
    sum((c) => c.added.length),
    sum((c) => c.gone.length),
    Math.max(1, citizens.length),
  )
  const each = (sign: string, alerts: readonly TrialAlert[]) =>
    alerts.map(({ citizen, rule, level, openedAt }) => `${sign} ${openedAt}  ${citizen}  ${level.padEnd(6)} ${rule}`)
  return [
    `alerts from ${from} to ${to} (${weeks.toFixed(1)} weeks); nothing was published`,
    [
      'citizen'.padEnd(32),
      cell('now', 6),
      cell('per week', 9),
      cell('draft', 7),
      cell('per week', 9),
      cell('added', 7),
      cell('gone', 6),
    ].join(''),
    ...lines,
    total,
    ...citizens.flatMap(({ added, gone }) => [...each('+', added), ...each('-', gone)]),
  ].join('\n')
}
