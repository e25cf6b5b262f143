import { isPreCareError, messageOf } from '../../device-drivers/errors.ts'
import type { Reading } from '../../device-drivers/reading.ts'
import type { AlertMessage } from '../contract/alert.ts'
import type { Log } from '../log.ts'
import type { OutgoingSource } from '../outgoing.ts'
import type { Registry } from '../registry.ts'
import type { Journal } from '../store/journal.ts'
import { isUnfinished } from './alert-message.ts'
import { openAlertRows } from './alert-rows.ts'
import { openDueCitizens } from './due-citizens.ts'
import type { Episode } from './episode.ts'
import { isOtherUnit, type JudgedReading, judgedReading } from './judged-reading.ts'
import { type CitizenStates, isWatched, judge } from './judging.ts'
import { openPauses } from './pauses.ts'
import { openPublication } from './publication.ts'
import { type Finding, reconcile } from './reconcile.ts'
import { openRuleStates } from './rule-states.ts'
import { openStoredReadings } from './stored-readings.ts'
import { openTransitions, type Transitions } from './transitions.ts'

/**
 * Judges readings in the transaction that stores them, and keeps and publishes what people are told. Each citizen is
 * judged once at the end of a commit, so a backlog is judged as a whole.
 */
export interface AlertLog extends OutgoingSource, Pick<Transitions, 'transitionsAfter'> {
  /** Forgets what a rolled-back transaction had collected. */
  begin(): void
  /** Takes a stored clinical reading; true when some rule looks at it. @param now ISO time of storing */
  note(citizen: string, reading: Reading, now: string): boolean
  /**
   * Tells of episodes that were found elsewhere (measurements that did not come): all of the rule that opened after
   * `since` ('' : ever), in the caller's transaction.
   */
  reconcile(
    citizen: string,
    rule: string,
    episodes: readonly Episode[],
    since: string,
    now: string,
    cause?: string,
  ): void
  /** Judges everybody of whom something came; at the end of the transaction. */
  end(now: string): void
  /** The transaction is on the disk. */
  committed(): void
  /** Judges a few of those who are due for other reasons; true while there may be more. In the caller's transaction. */
  catchUp(now: string): boolean
  /** Follows grants and pauses that began or ended; `everything` for a broker that has just started. */
  align(now: string, everything: boolean): void
  /** Open and acknowledged alerts. */
  openAlerts(): readonly AlertMessage[]
}

/** Citizens whose rules changed, judged in one commit: what arrives waits behind it. */
const CATCH_UP_AT_ONCE = 20

export function openAlertLog(journal: Journal, registry: Registry, log: Log): AlertLog {
  const rows = openAlertRows(journal)
  const states = openRuleStates(journal)
  const due = openDueCitizens(journal)
  const stored = openStoredReadings(journal)
  const pauses = openPauses(journal)
  const transitions = openTransitions(journal)
  const publication = openPublication(journal, registry)
  const savepoint = journal.database.prepare('SAVEPOINT citizen')
  const release = journal.database.prepare('RELEASE citizen')
  const rollback = journal.database.prepare('ROLLBACK TO citizen')

  let arrived = new Map<string, JudgedReading[]>()
  let caughtUpTo = ''

  function keep(messages: readonly AlertMessage[], now: string): void {
    // What ends goes first: one unfinished alert per citizen and rule.
    for (const message of messages.toSorted((a, b) => Number(isUnfinished(a)) - Number(isUnfinished(b)))) {
      rows.put(message)
      transitions.append(message)
      publication.announce(message, now)
      const what = message.revision === 1 && message.state !== 'closed' ? 'opened' : message.state
      log.info(`alert-${what === 'open' ? 'updated' : what}`, {
        alert: message.alert,
        ...(message.readings.at(-1) === undefined ? {} : { reading: message.readings.at(-1) ?? '' }),
      })
    }
  }

  function tell(citizen: string, findings: readonly Finding[], now: string): void {
    if (findings.length === 0) return
    const book = rows.book(citizen)
    const pausedBy = (level: AlertMessage['level'], raisedAt: string) => pauses.covering(citizen, level, raisedAt, now)
    keep(reconcile({ book, citizen, now, pausedBy }, findings), now)
  }

  const statesOf = (citizen: string): CitizenStates => ({
    current: (rule) => states.current(citizen, rule),
    save: (rule, state, continued) => states.save(citizen, rule, state, continued),
    snapshots: (rule) => states.snapshots(citizen, rule),
    episodesAfter: (rule, base, open) => rows.episodesAfter(citizen, rule, base, open),
  })

  function judgeCitizen(citizen: string, fresh: readonly JudgedReading[], now: string): void {
    const mark = due.since(citizen)
    const ordered = fresh.toSorted((a, b) => (a.position < b.position ? -1 : 1))
    const first = ordered[0]?.position
    const since = mark === undefined ? undefined : first !== undefined && first < mark ? first : mark
    const timelines = registry.rulesOf(citizen)
    const history = stored.of(citizen)
    const findings = judge(statesOf(citizen), {
      timelines,
      fresh: ordered,
      history,
      ...(since === undefined ? {} : { since }),
    })
    tell(citizen, findings, now)
    if (mark !== undefined) due.done(citizen)
  }

  /** A citizen who can't be judged must cost nobody a reading, and is judged again later. */
  function attempt(citizen: string, fresh: readonly JudgedReading[], now: string): void {
    savepoint.run()
    try {
      judgeCitizen(citizen, fresh, now)
    } catch (error) {
      if (isPreCareError(error) || !journal.database.isTransaction) throw error
      rollback.run()
      states.forget()
      for (const { at } of fresh) due.mark(citizen, at)
      log.error('judging-failed', { reason: messageOf(error), ...(fresh[0] ? { reading: fresh[0].id } : {}) })
    }
    release.run()
  }

  return {
    ...publication.source,
    transitionsAfter: transitions.transitionsAfter,
    begin() {
      arrived = new Map()
      states.forget()
    },
    note(citizen, reading, now) {
      const judged = judgedReading(reading, now)
      if (judged === undefined) return false
      const timelines = registry.rulesOf(citizen)
      if (!isWatched(timelines, judged)) {
        const odd = Object.entries(reading.values).find(([name, value]) => isOtherUnit(name, value))
        if (odd !== undefined && timelines.length > 0) {
          log.warn('limits-not-compared', {
            reading: reading.id,
            reason: `unit of ${odd[0]} is not the one of its limits`,
          })
        }
        return false
      }
      const known = arrived.get(citizen)
      if (known === undefined) arrived.set(citizen, [judged])
      else known.push(judged)
      return true
    },
    reconcile(citizen, rule, episodes, since, now, cause) {
      const before = rows.episodesAfter(citizen, rule, since, undefined)
      tell(citizen, [{ rule, before, after: episodes, ...(cause === undefined ? {} : { goneBecause: cause }) }], now)
    },
    end(now) {
      for (const [citizen, fresh] of arrived) attempt(citizen, fresh, now)
      publication.end()
    },
    committed() {
      arrived = new Map()
      states.committed()
    },
    catchUp(now) {
      const citizens = due.next(CATCH_UP_AT_ONCE, caughtUpTo)
      for (const citizen of citizens) attempt(citizen, [], now)
      // Who fails stays due, and is tried again in the next round.
      const more = citizens.length === CATCH_UP_AT_ONCE
      caughtUpTo = more ? (citizens.at(-1) ?? '') : ''
      return more
    },
    align(now, everything) {
      const unfinished = rows.unfinished()
      publication.align(unfinished, now, everything)
      const over = unfinished.filter((alert) => {
        if (alert.pausedBy === undefined) return false
        return pauses.covering(alert.citizen, alert.level, alert.raisedAt, now) !== alert.pausedBy
      })
      keep(
        over.map(({ pausedBy: _, ...alert }) => ({ ...alert, updatedAt: now, revision: alert.revision + 1 })),
        now,
      )
    },
    openAlerts: rows.unfinished,
  }
}
