import type { AlertMessage } from '../contract/alert.ts'
import type { Log } from '../log.ts'
import {
  afterStep,
  beginCall,
  type Call,
  callChange,
  type Ending,
  isSpent,
  personFor,
  policyFor,
  stepOf,
} from './call.ts'
import type { CallLog } from './call-log.ts'
import { allClears, type Delivery, deliveriesTo, lastResort, type Recipient } from './delivery.ts'
import type { DeliveryLog } from './delivery-log.ts'
import type { NotifyDocument, Policy } from './document.ts'
import { TECHNICIANS } from './entitled.ts'
import type { Message } from './message.ts'
import type { MessageLog } from './message-log.ts'
import { type Calendar, nextOpen } from './rota.ts'

/** Calls as they go on: begun by transitions of alerts, led from step to step, ended by answers. All in transactions of the caller. */

/** Calls led on in one transaction; the rest follow in the next. */
export const CALLS_AT_ONCE = 200
/** An all-clear waits for others of the same moment, so that a hundred alerts that end are one message. */
const ALL_CLEAR_WAIT_MS = 5_000

export interface CallingParts {
  readonly calls: CallLog
  readonly deliveries: DeliveryLog
  readonly messages: MessageLog
  readonly calendar: Calendar
  /** Who may have this alert. */
  readonly organisationsFor: (alert: AlertMessage, now: number) => readonly string[]
  readonly log: Log
}

export interface Calling {
  /** What one change of an alert means for the calls about it. */
  take(document: NotifyDocument, alert: AlertMessage, now: number): void
  /** Takes the steps that are due. @returns how many calls were led on; at most {@link CALLS_AT_ONCE} */
  lead(document: NotifyDocument, now: number): number
  /** Tells whoever is on call now what runs and was told to whoever was before. */
  handOver(document: NotifyDocument, now: number): void
  /** What a message carried reached nobody, or is refused: where that leaves a step without anybody, the next one is due. */
  lost(message: Message, now: number): void
  /** Somebody took over what a message carried. */
  accepted(document: NotifyDocument, message: Message, now: number): void
  /** Alerts that no policy of an organisation with policies covered, or that is for technicians and has no policy of theirs, since the start. */
  readonly uncovered: number
}

export function openCalling({ calls, deliveries, messages, calendar, organisationsFor, log }: CallingParts): Calling {
  let uncovered = 0

  function begin(policy: Policy, alert: AlertMessage, now: number): void {
    const call = beginCall(policy, alert, now, calendar)
    calls.save(call, alert)
    deliveries.cancelQueued(call.alert, call.organisation)
    messages.cancelAbout(call.alert, call.organisation)
    log.info('call-begun', { alert: call.alert, organisation: call.organisation })
  }

  function end(document: NotifyDocument, call: Call, ending: Ending, now: number, except?: Recipient): void {
    calls.update({ ...call, dueAt: undefined, ended: ending })
    deliveries.cancelQueued(call.alert, call.organisation)
    messages.cancelAbout(call.alert, call.organisation)
    log.info('call-ended', { alert: call.alert, organisation: call.organisation, reason: ending })
    const policy = document.policies.find(({ id }) => id === call.policy)
    if (ending === 'no-grant' || ending === 'unanswered') return
    // Of an alert whose policy is gone, people are told that it is over all the same.
    if (policy !== undefined && !policy.allClear.includes(ending === 'accepted' ? 'acknowledged' : ending)) return
    const told = deliveries.told(call.alert, call.organisation).filter(({ person }) => person !== except?.person)
    deliveries.add(allClears(call, ending, told, now + ALL_CLEAR_WAIT_MS))
  }

  /** Deliveries of one step, as things are now; none when it leads to nobody. */
  function deliveriesOfStep(
    document: NotifyDocument,
    policy: Policy,
    call: Call,
    step: number,
    now: number,
  ): Delivery[] {
    const planned = stepOf(policy, step)
    const person = planned === undefined ? undefined : personFor(document, planned.to, now, calendar)
    return planned === undefined || person === undefined
      ? []
      : deliveriesTo(call, policy, step, person, planned.channels, now)
  }

  const isOpen = ({ hours }: Policy, now: number): boolean =>
    hours === undefined || nextOpen(hours, now, calendar) === now

  function resort(document: NotifyDocument, call: Call, now: number): void {
    deliveries.add(lastResort(call, document, now))
    calls.update({ ...call, dueAt: undefined, ended: 'unanswered' })
    log.error('call-unanswered', { alert: call.alert, organisation: call.organisation })
  }

  function leadOne(document: NotifyDocument, call: Call, now: number): void {
    const policy = document.policies.find(({ id }) => id === call.policy)
    const alert = calls.alertOf(call.alert, call.organisation)
    if (alert !== undefined && !organisationsFor(alert, now).includes(call.organisation)) {
      end(document, call, 'no-grant', now)
    } else if (policy === undefined || isSpent(policy, call.step)) {
      resort(document, call, now)
    } else {
      takeStep(document, policy, call, now)
    }
  }

  function takeStep(document: NotifyDocument, policy: Policy, call: Call, now: number): void {
    const found = deliveriesOfStep(document, policy, call, call.step, now)
    if (found.length > 0) {
      deliveries.add(found)
      calls.update(afterStep(call, policy, now, calendar))
      return
    }
    log.warn('step-without-person', { alert: call.alert, organisation: call.organisation, count: call.step })
    if (call.step >= policy.steps.length - 1) resort(document, call, now)
    else calls.update({ ...afterStep(call, policy, now, calendar), dueAt: now })
  }

  return {
    get uncovered() {
      return uncovered
    },
    take(document, alert, now) {
      const organisations = organisationsFor(alert, now)
      calls.seen(alert)
      for (const call of calls.runningAbout(alert.alert)) {
        if (!organisations.includes(call.organisation)) end(document, call, 'no-grant', now)
      }
      for (const organisation of organisations) {
        const call = calls.find(alert.alert, organisation)
        const change = callChange(call, alert)
        if (change.type === 'end' && call !== undefined) end(document, call, change.ending, now)
        if (change.type !== 'begin') continue
        const policy = policyFor(document, organisation, alert)
        if (policy !== undefined) begin(policy, alert, now)
        else if (organisation === TECHNICIANS || document.policies.some((p) => p.organisation === organisation)) {
          uncovered += 1
        }
      }
    },
    lead(document, now) {
      const due = calls.due(now, CALLS_AT_ONCE)
      for (const call of due) leadOne(document, call, now)
      return due.length
    },
    handOver(document, now) {
      for (const call of calls.running()) {
        const policy = document.policies.find(({ id }) => id === call.policy)
        if (policy === undefined || !isOpen(policy, now)) continue
        const taken = Math.min(call.step, policy.steps.length)
        for (let step = 0; step < taken; step += 1) {
          const added = deliveries.add(deliveriesOfStep(document, policy, call, step, now))
          if (added > 0) log.info('call-handed-over', { alert: call.alert, organisation: call.organisation })
        }
      }
    },
    lost(message, now) {
      for (const delivery of deliveries.membersOf(message.key)) {
        const call = calls.find(delivery.subject, delivery.organisation)
        if (call === undefined || call.ended !== undefined || call.revision !== delivery.revision) continue
        const reached = deliveries.statesOfStep(delivery).some((state) => state !== 'failed' && state !== 'rejected')
        if (reached || call.step !== delivery.step + 1) continue
        calls.update({ ...call, dueAt: now })
        log.warn('step-reached-nobody', { alert: call.alert, organisation: call.organisation, count: delivery.step })
      }
    },
    accepted(document, message, now) {
      for (const delivery of deliveries.membersOf(message.key)) {
        const call = calls.find(delivery.subject, delivery.organisation)
        if (call === undefined || call.ended !== undefined || call.revision !== delivery.revision) continue
        end(document, call, 'accepted', now, message)
      }
    },
  }
}
