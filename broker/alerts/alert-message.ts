import type { AlertMessage, Level } from '../contract/alert.ts'
import { compareLevels, type Episode, MAX_EVIDENCE, MAX_READINGS, worseOf } from './episode.ts'

/** What people are told, made of what the data says and of what people did. Pure. */

/**
 * Of the judging itself (fold.ts and what it calls): grows when the same readings under the same rules may be judged
 * otherwise than before, so that each alert says by what it was decided.
 */
export const EVALUATOR_VERSION = 1

/** Why a person ended an alert whose episode had not ended. */
export const CLOSE_REASONS = ['handled', 'false-alarm', 'known-condition', 'duplicate', 'other'] as const
export type CloseReason = (typeof CLOSE_REASONS)[number]
const CLOSED_BY_A_PERSON: ReadonlySet<string> = new Set<string>(CLOSE_REASONS)

/** Later data says that it never was. */
export const CORRECTED = 'corrected-data'
/** Later data joined it to another alert. */
export const MERGED = 'merged'

export const isUnfinished = ({ state }: Pick<AlertMessage, 'state'>): boolean =>
  state === 'open' || state === 'acknowledged'

const closedByAPerson = (alert: AlertMessage | undefined): alert is AlertMessage =>
  alert?.state === 'closed' && alert.cause !== undefined && CLOSED_BY_A_PERSON.has(alert.cause)

/** What the message is made of beside the episodes. */
export interface Telling {
  readonly alert: string
  readonly citizen: string
  /** Wall time of the broker, ISO 8601. */
  readonly now: string
  /** Pause that holds now for an alert raised at that time on that level. */
  readonly pausedBy: (level: Level, raisedAt: string) => string | undefined
}

/** Somebody is told at once of what is younger than its rule's horizon. */
export const isFresh = ({ newestAt, horizonHours }: Episode, now: string): boolean =>
  Date.parse(now) - Date.parse(newestAt) <= horizonHours * 3_600_000

interface Standing {
  readonly state: AlertMessage['state']
  readonly level: Level
  readonly acknowledged: AlertMessage['acknowledged']
}

/** Before somebody has seen it the worst counts; afterwards what is now, so that getting worse again is news. */
function levelOf(before: AlertMessage | undefined, episodes: readonly Episode[], newest: Episode): Level {
  if (before?.acknowledged !== undefined) return newest.closedAt === undefined ? newest.level : before.level
  if (!newest.latching) return newest.level
  return episodes.map(({ worst }) => worst).reduce(worseOf)
}

function standingOf(
  before: AlertMessage | undefined,
  episodes: readonly Episode[],
  newest: Episode,
  now: string,
): Standing {
  const level = levelOf(before, episodes, newest)
  const worsened = before !== undefined && compareLevels(level, before.level) > 0
  const acknowledged = worsened ? undefined : before?.acknowledged
  const unfinished = acknowledged === undefined ? 'open' : 'acknowledged'
  const state = (): AlertMessage['state'] => {
    if (closedByAPerson(before) && !(worsened && newest.closedAt === undefined)) return 'closed'
    if (newest.closedAt === undefined) {
      // What had ended and by late data did not is told again only while that is news.
      const stale = before !== undefined && !isUnfinished(before) && !isFresh(newest, now)
      return stale ? 'closed' : unfinished
    }
    if (before?.state === 'closed') return 'closed'
    return level === 'red' && newest.latching && acknowledged === undefined ? 'open' : 'closed'
  }
  return { state: state(), level, acknowledged }
}

/** Same content: only then no new revision. A new evaluator that says the same is no news. */
function isSame(a: AlertMessage, b: AlertMessage): boolean {
  const content = ({ updatedAt: _, revision: __, evaluator: ___, ...said }: AlertMessage) => JSON.stringify(said)
  return content(a) === content(b)
}

/** The message with its next revision; the one before itself when nothing changed. */
export function revised(before: AlertMessage | undefined, next: AlertMessage): AlertMessage {
  if (before === undefined) return next
  if (isSame(before, next)) return before
  return { ...next, revision: before.revision + 1 }
}

const byOpening = (a: Episode, b: Episode): number => (a.openedAt < b.openedAt ? -1 : a.openedAt > b.openedAt ? 1 : 0)

/** @param before what was told last @param own all episodes of the alert, at least one */
export function messageOf(telling: Telling, before: AlertMessage | undefined, own: readonly Episode[]): AlertMessage {
  const episodes = own.toSorted(byOpening)
  const newest = episodes.findLast(({ closedAt }) => closedAt === undefined) ?? episodes.at(-1)
  const first = episodes[0]
  if (newest === undefined || first === undefined) throw new RangeError('an alert has at least one episode')
  const { state, level, acknowledged } = standingOf(before, episodes, newest, telling.now)
  const raisedAt = before?.raisedAt ?? telling.now
  const unfinished = state === 'open' || state === 'acknowledged'
  const pausedBy = unfinished ? telling.pausedBy(level, raisedAt) : undefined
  const cause = closedByAPerson(before) && state === 'closed' ? before.cause : newest.cause
  const closedAt = state === 'closed' ? (closedByAPerson(before) ? before.closedAt : newest.closedAt) : undefined
  return revised(before, {
    alert: telling.alert,
    citizen: telling.citizen,
    category: newest.category,
    rule: newest.rule,
    kinds: [...new Set(episodes.flatMap(({ kinds }) => kinds))].sort(),
    state,
    level,
    openedAt: first.openedAt,
    raisedAt,
    updatedAt: telling.now,
    ...(closedAt === undefined ? {} : { closedAt }),
    ...(state === 'open' && newest.closedAt !== undefined ? { normalSince: newest.closedAt } : {}),
    evidence: [...newest.evidence],
    readings: [...new Set(episodes.flatMap(({ readings }) => readings))].slice(-MAX_READINGS),
    ...(unfinished && newest.repeatBy !== undefined ? { repeatBy: newest.repeatBy } : {}),
    unstable: newest.unstable,
    ...(cause === undefined ? {} : { cause }),
    ...(acknowledged === undefined ? {} : { acknowledged }),
    ...(pausedBy === undefined ? {} : { pausedBy }),
    evaluator: EVALUATOR_VERSION,
    revision: 1,
  })
}

export const DIGEST_RULE = { id: 'digest', version: 1, title: 'Found too late to alert' } as const

/** One message for everything that late data would have said in time. It stays open until somebody has seen it. */
export function digestOf(telling: Telling, before: AlertMessage | undefined, own: readonly Episode[]): AlertMessage {
  if (before !== undefined && !isUnfinished(before)) return before
  const episodes = own.toSorted(byOpening)
  const raisedAt = before?.raisedAt ?? telling.now
  const pausedBy = telling.pausedBy('yellow', raisedAt)
  return revised(before, {
    alert: telling.alert,
    citizen: telling.citizen,
    category: 'digest',
    rule: DIGEST_RULE,
    kinds: [...new Set(episodes.flatMap(({ kinds }) => kinds))].sort(),
    state: 'open',
    level: 'yellow',
    openedAt: episodes[0]?.openedAt ?? telling.now,
    raisedAt,
    updatedAt: telling.now,
    evidence: episodes
      .slice(-MAX_EVIDENCE)
      .map(({ rule, openedAt, first, evidence: [worst] }) =>
        worst === undefined
          ? { quantity: rule.id, bound: 'finding', at: openedAt, reading: first }
          : { ...worst, at: openedAt, reading: first },
      ),
    findings: Math.max(1, episodes.length),
    readings: [],
    unstable: false,
    ...(pausedBy === undefined ? {} : { pausedBy }),
    evaluator: EVALUATOR_VERSION,
    revision: 1,
  })
}

/** Nothing is left of it: it stays on record, and says why it ended. */
export function endedWithout(before: AlertMessage, cause: string, now: string): AlertMessage {
  if (before.state === 'withdrawn') return before
  if (cause === MERGED && !isUnfinished(before)) return before
  const { normalSince: _, repeatBy: __, pausedBy: ___, ...rest } = before
  const state = cause === MERGED ? 'closed' : 'withdrawn'
  return { ...rest, state, cause, closedAt: before.closedAt ?? now, updatedAt: now, revision: before.revision + 1 }
}
