import { createHash } from 'node:crypto'
import { PreCareError } from '../../device-drivers/errors.ts'
import type { Actor, Audit } from '../audit/entry.ts'
import type { AlertMessage } from '../contract/alert.ts'
import type { Registry } from '../registry.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import { CLOSE_REASONS, type CloseReason, isUnfinished } from './alert-message.ts'
import { openAlertRows } from './alert-rows.ts'
import { DAY_MS } from './judged-reading.ts'
import { MAX_PAUSE_DAYS, openPauses, PAUSE_REASONS, type Pause, type PauseReason } from './pauses.ts'
import { openPublication } from './publication.ts'
import { openTransitions } from './transitions.ts'

/**
 * What people do with alerts. Each action names the revision that its author saw: who acts on something that has
 * changed since is told so, and nothing is done.
 */
export interface AlertActions {
  /** Open and acknowledged alerts, or all of one citizen. */
  list(citizen?: string): readonly AlertMessage[]
  find(alert: string): AlertMessage | undefined
  /**
   * Somebody has seen it and does something: it stays, and is quiet until it gets worse. What has ended by itself ends.
   * @param action what was done, a sentence
   */
  acknowledge(alert: string, seen: Seen, action: string): AlertMessage
  close(alert: string, seen: Seen, reason: CloseReason): AlertMessage
  pause(wanted: WantedPause, by: Actor): Pause
  endPause(id: string, by: Actor): Pause
  pausesOf(citizen: string): readonly Pause[]
  findPause(id: string): Pause | undefined
  /** What nobody was called for because of this pause. */
  suppressedBy(pause: string): readonly AlertMessage[]
}

/** Who acts, and on which revision. */
export interface Seen {
  readonly by: Actor
  readonly revision: number
}

export interface WantedPause {
  readonly citizen: string
  readonly reason: PauseReason
  /** ISO 8601 UTC with milliseconds; now when absent. */
  readonly from?: string
  readonly to: string
  /** Also red, said twice: both must be true. */
  readonly includeRed?: boolean
  readonly confirmRed?: boolean
}

export const MAX_ACTION = 500

export interface ActionPorts {
  readonly journal: Journal
  readonly registry: Pick<Registry, 'grantsOf'>
  readonly clock: { now(): number }
  /** Appends in the transaction of the action. */
  readonly audit: Audit
}

/** @throws PreCareError 'config-invalid' naming the field, from each of the actions; then nothing was changed */
export function openAlertActions({ journal, registry, clock, audit }: ActionPorts): AlertActions {
  const rows = openAlertRows(journal)
  const transitions = openTransitions(journal)
  const publication = openPublication(journal, registry)
  const pauses = openPauses(journal)
  const now = () => isoTime(clock.now())

  function found(id: string, revision: number): AlertMessage {
    const alert = rows.alert(id)
    if (alert === undefined) throw new PreCareError('config-invalid', 'alert: no alert has this id; see the list')
    if (alert.revision !== revision) {
      const said = `revision: the alert is at ${alert.revision}, you saw ${revision}; look at it again`
      throw new PreCareError('alert-changed', said)
    }
    if (!isUnfinished(alert)) throw new PreCareError('alert-changed', `alert: it is ${alert.state} already`)
    return alert
  }

  function keep(message: AlertMessage, by: Actor, action: string, purpose?: string): AlertMessage {
    rows.put(message)
    transitions.append(message)
    publication.announce(message, message.updatedAt)
    const { alert, citizen, kinds, revision } = message
    const subject = `${alert}/${revision}`
    audit({ actor: by, action, citizen, subject, kinds, ...(purpose === undefined ? {} : { purpose }) })
    return message
  }

  return {
    list: (citizen) => (citizen === undefined ? rows.unfinished() : rows.alertsOf(citizen)),
    find: rows.alert,
    acknowledge(id, { by, revision }, action) {
      if (action.trim() === '' || action.length > MAX_ACTION) {
        throw new PreCareError('config-invalid', `action: say what was done, in at most ${MAX_ACTION} characters`)
      }
      return journal.transaction(() => {
        const alert = found(id, revision)
        const at = now()
        const acknowledged = { by: by.id, at, action, level: alert.level }
        const { normalSince, repeatBy, ...rest } = alert
        const over = normalSince !== undefined || alert.category === 'digest'
        const end = over ? { closedAt: normalSince ?? at } : {}
        const { pausedBy: _, ...unpaused } = rest
        const next: AlertMessage = {
          ...(over ? unpaused : rest),
          ...(repeatBy === undefined || over ? {} : { repeatBy }),
          ...end,
          state: over ? 'closed' : 'acknowledged',
          acknowledged,
          updatedAt: at,
          revision: revision + 1,
        }
        return keep(next, by, 'alert.acknowledge')
      })
    },
    close(id, { by, revision }, reason) {
      if (!CLOSE_REASONS.includes(reason)) {
        throw new PreCareError('config-invalid', `reason: use one of ${CLOSE_REASONS.join(', ')}`)
      }
      return journal.transaction(() => {
        const { normalSince: _, repeatBy: __, pausedBy: ___, ...alert } = found(id, revision)
        const at = now()
        const state = 'closed' as const
        return keep(
          { ...alert, state, cause: reason, closedAt: at, updatedAt: at, revision: revision + 1 },
          by,
          'alert.close',
          reason,
        )
      })
    },
    pause(wanted, by) {
      const at = now()
      const pause = pauseOf(wanted, by, at)
      return journal.transaction(() => {
        const known = pauses.get(pause.id)
        if (known !== undefined) return known
        if (journal.database.prepare('SELECT 1 AS one FROM citizens WHERE id = ?').get(pause.citizen) === undefined) {
          throw new PreCareError('config-invalid', 'citizen: nobody has this id')
        }
        pauses.put(pause, at)
        const { citizen, id, reason, from, to } = pause
        const action = pause.includeRed ? 'alerts.pause-red' : 'alerts.pause'
        audit({ actor: by, action, citizen, subject: id, from, to, purpose: reason })
        return pause
      })
    },
    endPause(id, by) {
      return journal.transaction(() => {
        pauses.end(id, now())
        const pause = pauses.get(id)
        if (pause === undefined) throw new PreCareError('config-invalid', 'pause: no pause has this id')
        audit({ actor: by, action: 'alerts.resume', citizen: pause.citizen, subject: id })
        return pause
      })
    },
    pausesOf: pauses.of,
    findPause: pauses.get,
    suppressedBy(id) {
      const paused = transitions.pausedBy(id)
      return paused.flatMap((alert) => rows.alert(alert) ?? [])
    },
  }
}

function pauseOf(wanted: WantedPause, by: Actor, now: string): Pause {
  const { citizen, reason, to } = wanted
  const from = wanted.from ?? now
  const refuse = (says: string) => {
    throw new PreCareError('config-invalid', says)
  }
  if (!PAUSE_REASONS.includes(reason)) refuse(`reason: use one of ${PAUSE_REASONS.join(', ')}`)
  if (!(to > from)) refuse('to: must be later than from')
  if (Date.parse(to) - Date.parse(from) > MAX_PAUSE_DAYS * DAY_MS)
    refuse(`to: at most ${MAX_PAUSE_DAYS} days after from`)
  if (from < now && wanted.from !== undefined) refuse('from: has passed; a pause begins now or later')
  const includeRed = wanted.includeRed === true
  if (includeRed && wanted.confirmRed !== true)
    refuse('confirmRed: red is paused only when it is confirmed a second time')
  const id = createHash('sha256').update(`${citizen}|${reason}|${from}|${to}|${includeRed}`).digest('hex').slice(0, 32)
  return { id, citizen, reason, from, to, includeRed, by: by.id }
}
