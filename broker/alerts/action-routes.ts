import { z } from 'zod'
import { shownPauseSchema } from '../clinic/shapes.ts'
import { alertMessageSchema } from '../contract/alert.ts'
import type { Acting } from '../http/acting.ts'
import { type CitizenCall, citizenRoute, DENIED, type Route, type Said } from '../http/route.ts'
import { utcTime } from '../store/iso-time.ts'
import { type AlertActions, MAX_ACTION, openAlertActions } from './actions.ts'
import { CLOSE_REASONS } from './alert-message.ts'
import { PAUSE_REASONS, type Pause } from './pauses.ts'

/** What nurses and systems do with alerts, over HTTP. Thin over the functions that the command line uses too. */

const time = z.iso
  .datetime({ offset: true, error: 'use a time with a zone, as 2026-01-31T08:00:00Z' })
  .transform(utcTime)

/** Does the work in one commit, with what the caller's audit needs. */
function acting<T>(acting: Acting, { audit }: Pick<CitizenCall<unknown, unknown>, 'audit'>, work: Work<T>): T {
  const { journal, registry, clock, ingest } = acting
  return ingest.act(() => work(openAlertActions({ journal, registry, clock, audit })))
}
type Work<T> = (actions: AlertActions) => T

/** An alert's tag is its revision; what is none can't be what anybody saw. */
const revisionOf = (tag: string): number => (/^[1-9]\d{0,8}$/.test(tag) ? Number(tag) : 0)

type Act = (actions: AlertActions, alert: string, revision: number) => ReturnType<AlertActions['acknowledge']>

/** Whoever may not see an alert, or asks below another citizen, learns no more than of one that does not exist. */
function actOnAlert(call: CitizenCall<unknown, unknown>, ports: Acting, act: Act): Said {
  return acting(ports, call, (actions) => {
    const alert = actions.find(call.asked.parameters['alert'] ?? '')
    if (alert?.citizen !== call.citizen || !alert.kinds.every(call.allows)) return DENIED
    const body = act(actions, alert.alert, revisionOf(call.seenTag))
    return { body, etag: String(body.revision) }
  })
}

function shownPause(actions: AlertActions, { citizen: _, ...pause }: Pause): z.output<typeof shownPauseSchema> {
  return { ...pause, suppressed: actions.suppressedBy(pause.id).length }
}

export const ACTION_ROUTES: readonly Route[] = [
  citizenRoute(
    {
      method: 'POST',
      path: '/v1/citizens/:citizen/alerts/:alert/acknowledge',
      action: 'alerts.handle',
      audits: 'alert.acknowledge',
      summary: 'somebody has seen the alert and does something: what was done, in a sentence',
      needsMatch: true,
      etag: true,
      body: z.strictObject({ action: z.string().trim().min(1, 'say what was done').max(MAX_ACTION) }),
      answer: alertMessageSchema,
    },
    (call, ports) =>
      actOnAlert(call, ports.acting, (actions, alert, revision) =>
        actions.acknowledge(alert, { by: call.actor, revision }, call.body.action),
      ),
  ),
  citizenRoute(
    {
      method: 'POST',
      path: '/v1/citizens/:citizen/alerts/:alert/close',
      action: 'alerts.handle',
      audits: 'alert.close',
      summary: 'ends an alert before the readings do, for a reason of the list',
      needsMatch: true,
      etag: true,
      body: z.strictObject({ reason: z.enum(CLOSE_REASONS, `use one of ${CLOSE_REASONS.join(', ')}`) }),
      answer: alertMessageSchema,
    },
    (call, ports) =>
      actOnAlert(call, ports.acting, (actions, alert, revision) =>
        actions.close(alert, { by: call.actor, revision }, call.body.reason),
      ),
  ),
  citizenRoute(
    {
      method: 'POST',
      path: '/v1/citizens/:citizen/pauses',
      action: 'alerts.handle',
      audits: 'alerts.pause',
      summary: 'calls nobody for this citizen for a while, 30 days at most; red only when that is said twice',
      body: z.strictObject({
        reason: z.enum(PAUSE_REASONS, `use one of ${PAUSE_REASONS.join(', ')}`),
        from: time.optional(),
        to: time,
        includeRed: z.boolean().optional(),
        confirmRed: z.boolean().optional(),
      }),
      answer: shownPauseSchema,
    },
    ({ body: { from, includeRed, confirmRed, ...body }, ...call }, ports) =>
      acting(ports.acting, call, (actions) => {
        const wanted = {
          ...body,
          citizen: call.citizen,
          ...(from === undefined ? {} : { from }),
          ...(includeRed === undefined ? {} : { includeRed }),
          ...(confirmRed === undefined ? {} : { confirmRed }),
        }
        return { body: shownPause(actions, actions.pause(wanted, call.actor)) }
      }),
  ),
  citizenRoute(
    {
      method: 'DELETE',
      path: '/v1/citizens/:citizen/pauses/:pause',
      action: 'alerts.handle',
      audits: 'alerts.resume',
      summary: 'ends a pause now',
      answer: shownPauseSchema,
    },
    (call, ports) =>
      acting(ports.acting, call, (actions): Said => {
        const pause = actions.findPause(call.asked.parameters['pause'] ?? '')
        if (pause?.citizen !== call.citizen) return DENIED
        return { body: shownPause(actions, actions.endPause(pause.id, call.actor)) }
      }),
  ),
]
