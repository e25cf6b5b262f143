import type { Episode } from '../../broker/alerts/episode.ts'
import { judgedReading } from '../../broker/alerts/judged-reading.ts'
import { type Rule, ruleSchema } from '../../broker/alerts/rule.ts'
import { advance } from '../../broker/alerts/rule-run.ts'
import type { Exacerbation, Person } from '../../simulators/cohort/cohort.ts'

/** What rules find in a cohort, judged by the broker's own engine. */

const BEGINNING = '2000-01-01T00:00:00.000Z'
const NO_SNAPSHOTS = { before: () => undefined, positions: () => [], put: () => undefined, drop: () => undefined }
const DAY_MS = 24 * 3600_000

function episodesOf(person: Person, rules: readonly Rule[]): Episode[] {
  const judged = person.readings.flatMap((reading) => judgedReading(reading, reading.receivedAt) ?? [])
  judged.sort((a, b) => (a.position < b.position ? -1 : 1))
  return rules.flatMap((rule) => {
    const timeline = { id: rule.id, versions: [{ rule, version: 1, from: BEGINNING }] }
    return advance(timeline, undefined, judged, NO_SNAPSHOTS, () => judged).episodes
  })
}

/**
 * An alert in the days before the onset can spare an admission; one three days after it still shortens it. Two weeks:
 * weight begins to rise at least one week before an admission (Chaudhry 2007).
 */
const BEFORE_MS = 14 * DAY_MS
const AFTER_MS = 3 * DAY_MS

export const FOUND_MEANS =
  'an alert opened after the first change, at most 14 days before the onset and at most 3 days after it'
export const CHANCE_MEANS = 'the same stretch of time laid over all people of the condition with nothing planted'

const isWithin = (at: string, { changesFrom, onset }: Exacerbation): boolean =>
  at >= changesFrom && Date.parse(onset) - BEFORE_MS <= Date.parse(at) && Date.parse(at) <= Date.parse(onset) + AFTER_MS

export interface Outcome {
  /** Strength of each planted exacerbation, of the mean of its kind. */
  readonly planted: readonly number[]
  readonly missed: readonly number[]
  /** How many would be found if nothing were going on. */
  readonly byChance: number
  readonly alerts: number
  /** Opened while nothing of the planted was going on; in the slow beginning or late is neither false nor found. */
  readonly falseAlerts: number
  /** By id of the rule. */
  readonly falseBy: Readonly<Record<string, number>>
  readonly weeks: number
  /** Days from the first alert to the onset; negative: after it. */
  readonly warning: readonly number[]
}

/** @param people of one condition */
export function outcomeOf(people: readonly Person[], rules: readonly unknown[]): Outcome {
  const parsed = rules.map((rule) => ruleSchema.parse(rule))
  const judged = people.map((person) => ({
    person,
    opened: episodesOf(person, parsed)
      .map(({ openedAt, rule }) => ({ at: openedAt, rule: rule.id }))
      .sort((a, b) => (a.at < b.at ? -1 : 1)),
  }))
  const well = judged.filter(({ person }) => person.exacerbation === undefined)
  const warning: number[] = []
  const planted: number[] = []
  const missed: number[] = []
  const falseBy: Record<string, number> = {}
  let alerts = 0
  let weeks = 0
  let byChance = 0
  for (const { person, opened } of judged) {
    const ill = person.exacerbation
    alerts += opened.length
    for (const { at, rule } of opened)
      if (ill === undefined || at < ill.changesFrom || at > ill.until) falseBy[rule] = (falseBy[rule] ?? 0) + 1
    const first = person.readings[0]?.measuredAt ?? BEGINNING
    const last = person.readings.at(-1)?.measuredAt ?? first
    weeks += (Date.parse(last) - Date.parse(first)) / (7 * DAY_MS)
    if (ill === undefined) continue
    planted.push(ill.strength)
    const right = opened.find(({ at }) => isWithin(at, ill))
    if (right === undefined) missed.push(ill.strength)
    else warning.push((Date.parse(ill.onset) - Date.parse(right.at)) / DAY_MS)
    byChance += well.filter((one) => one.opened.some(({ at }) => isWithin(at, ill))).length / Math.max(1, well.length)
  }
  const falseAlerts = Object.values(falseBy).reduce((sum, count) => sum + count, 0)
  return { planted, missed, byChance, alerts, falseAlerts, falseBy, weeks, warning }
}

/** Of several conditions together. */
export function together(outcomes: readonly Outcome[]): Outcome {
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, one) => total + of(one), 0)
  return {
    planted: outcomes.flatMap(({ planted }) => planted),
    missed: outcomes.flatMap(({ missed }) => missed),
    byChance: sum(({ byChance }) => byChance),
    alerts: sum(({ alerts }) => alerts),
    falseAlerts: sum(({ falseAlerts }) => falseAlerts),
    falseBy: Object.assign({}, ...outcomes.map(({ falseBy }) => falseBy)),
    weeks: sum(({ weeks }) => weeks),
    warning: outcomes.flatMap(({ warning }) => warning).sort((a, b) => a - b),
  }
}
