import type { AlertMessage, Level } from '../contract/alert.ts'
import type { NotifyDocument, Policy, Step } from './document.ts'
import { type Calendar, nextOpen, onCall } from './rota.ts'

/**
 * A call: the attempt to make one organisation's people see one alert. It begins when the alert is told, goes from step
 * to step by time, and ends when somebody answers or there is nothing more to see. Decided here, without I/O.
 */

export type Ending =
  | 'acknowledged'
  | 'closed'
  | 'withdrawn'
  | 'paused'
  /** A recipient took it over, by the receipt of a message. */
  | 'accepted'
  /** Every step and repetition is done, and nobody has answered. */
  | 'unanswered'
  | 'no-grant'

export interface Call {
  readonly alert: string
  readonly organisation: string
  /** Of the alert when this call began: the revision that matters. Later ones that change nothing begin no new call. */
  readonly revision: number
  readonly level: Level
  readonly policy: string
  /** Ms since 1970 UTC, as all times here. */
  readonly startedAt: number
  /** The next step to take; past the policy's last one it is a repetition. */
  readonly step: number
  /** When; when no step is left, until when somebody may still answer. Undefined when the call has ended. */
  readonly dueAt: number | undefined
  readonly ended: Ending | undefined
}

export type CallChange =
  | { readonly type: 'none' }
  | { readonly type: 'begin' }
  | { readonly type: 'end'; readonly ending: Ending }

const NONE: CallChange = { type: 'none' }
const BEGIN: CallChange = { type: 'begin' }
const SEVERITY: Readonly<Record<Level, number>> = { blue: 0, yellow: 1, red: 2 }

export const isWorse = (level: Level, than: Level): boolean => SEVERITY[level] > SEVERITY[than]

/** Endings after which the same alert is silent unless it gets worse: somebody has it, or everybody was told. */
const SETTLED: ReadonlySet<Ending | undefined> = new Set<Ending>(['accepted', 'unanswered'])

/** What a transition of an alert means for the call that an organisation has about it. */
export function callChange(call: Call | undefined, alert: AlertMessage): CallChange {
  if (alert.state !== 'open') {
    // Also of a call that has ended otherwise: who was told and has had no all-clear may get one now.
    const known = call === undefined || call.ended === alert.state || call.ended === 'no-grant'
    return known ? NONE : { type: 'end', ending: alert.state }
  }
  const running = call !== undefined && call.ended === undefined
  if (alert.pausedBy !== undefined) return running ? { type: 'end', ending: 'paused' } : NONE
  if (call === undefined) return BEGIN
  if (running || SETTLED.has(call.ended)) return isWorse(alert.level, call.level) ? BEGIN : NONE
  return BEGIN
}

/** The policy by which this organisation wants to be told of this alert; undefined when it wants not. */
export function policyFor(document: NotifyDocument, organisation: string, alert: AlertMessage): Policy | undefined {
  return document.policies.find(
    (policy) =>
      policy.organisation === organisation &&
      policy.levels.includes(alert.level) &&
      policy.categories.includes(alert.category),
  )
}

export function beginCall(policy: Policy, alert: AlertMessage, now: number, calendar: Calendar): Call {
  return {
    alert: alert.alert,
    organisation: policy.organisation,
    revision: alert.revision,
    level: alert.level,
    policy: policy.id,
    startedAt: now,
    step: 0,
    dueAt: dueOf(policy, 0, now, now, calendar),
    ended: undefined,
  }
}

/** The step as the policy has it; a repetition is the last one again. */
export function stepOf(policy: Policy, step: number): Step | undefined {
  return policy.steps[Math.min(step, policy.steps.length - 1)]
}

/** After a step was taken: when the next one is due. */
export function afterStep(call: Call, policy: Policy, now: number, calendar: Calendar): Call {
  const step = call.step + 1
  return { ...call, step, dueAt: dueOf(policy, step, call.startedAt, now, calendar) }
}

/** Every step and every repetition is taken: what is due is no step, but the end of patience. */
export const isSpent = ({ steps, repeat }: Policy, step: number): boolean => step >= steps.length + (repeat?.times ?? 0)

/** Time to answer the last step when the policy itself says nothing about its pace. */
const SHORTEST_PATIENCE_MIN = 10

function dueOf(policy: Policy, step: number, startedAt: number, now: number, calendar: Calendar): number {
  const planned = policy.steps[step]
  const due = planned === undefined ? now + paceOf(policy) * 60_000 : startedAt + planned.afterMin * 60_000
  return policy.hours === undefined ? due : (nextOpen(policy.hours, due, calendar) ?? due)
}

/** Minutes between the last tries. */
function paceOf({ steps, repeat }: Policy): number {
  const [before, last] = [steps.at(-2)?.afterMin ?? 0, steps.at(-1)?.afterMin ?? 0]
  return repeat?.everyMin ?? Math.max(last - before, SHORTEST_PATIENCE_MIN)
}

/** Who is meant by a step at a moment; undefined when it leads to nobody. */
export function personFor(
  document: NotifyDocument,
  to: Step['to'],
  now: number,
  calendar: Calendar,
): string | undefined {
  if ('person' in to) return to.person
  const rota = document.rotas.find(({ id }) => id === to.rota)
  return rota === undefined ? undefined : onCall(rota, now, calendar)
}
