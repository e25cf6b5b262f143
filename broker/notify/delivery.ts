import { createHash } from 'node:crypto'
import type { Level } from '../contract/alert.ts'
import type { Call, Ending } from './call.ts'
import type { Gap } from './coverage.ts'
import type { NotifyDocument, Policy, Step } from './document.ts'

/** One thing that one person is to be told over one channel, and the messages in which such things travel. */

/** alert: come and see. all-clear: what you were called about is over. gap: a rota will lead to nobody. */
export const PURPOSES = ['alert', 'all-clear', 'gap'] as const
export type Purpose = (typeof PURPOSES)[number]

export interface Recipient {
  readonly person: string
  readonly channel: string
}

export interface Delivery extends Recipient {
  /** The same for the same thing, whenever and however often it is decided. */
  readonly key: string
  readonly purpose: Purpose
  /** The alert; of a gap, the rota. */
  readonly subject: string
  readonly organisation: string
  readonly revision: number
  readonly step: number
  readonly level: Level
  /** Not before; ms since 1970 UTC. */
  readonly dueAt: number
  /** How the alert ended; of a gap, from when to when. */
  readonly detail?: string
}

/** Step number of what is sent when no step leads to anybody. */
export const LAST_RESORT = -1

/** 128 bits of SHA-256: no two deliveries of one broker ever meet. */
export function keyOf(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

/** One step of a call, to one person over all channels of the step. */
export function deliveriesTo(
  call: Call,
  policy: Policy,
  step: number,
  person: string,
  channels: Step['channels'],
  now: number,
): Delivery[] {
  const { alert, organisation, revision, level } = call
  return channels.map((channel) => ({
    key: keyOf('alert', alert, organisation, revision, step, person, channel),
    purpose: 'alert',
    subject: alert,
    organisation,
    revision,
    step,
    level,
    person,
    channel,
    // A red one never waits for others.
    dueAt: level === 'red' ? now : now + policy.groupS * 1000,
  }))
}

/** When no step leads to anybody, or nobody has answered: the call ends at these people. */
export function lastResort(call: Call, document: NotifyDocument, now: number): Delivery[] {
  const { alert, organisation, revision, level } = call
  return document.lastResort.flatMap(({ person, channels }) =>
    channels.map((channel) => ({
      key: keyOf('alert', alert, organisation, revision, LAST_RESORT, person, channel),
      purpose: 'alert' as const,
      subject: alert,
      organisation,
      revision,
      step: LAST_RESORT,
      level,
      person,
      channel,
      dueAt: now,
    })),
  )
}

/** For everybody who may have got the alert. */
export function allClears(call: Call, ending: Ending, told: readonly Recipient[], dueAt: number): Delivery[] {
  const { alert, organisation, revision, level } = call
  return told.map(({ person, channel }) => ({
    key: keyOf('all-clear', alert, organisation, revision, person, channel),
    purpose: 'all-clear',
    subject: alert,
    organisation,
    revision,
    step: 0,
    level,
    person,
    channel,
    dueAt,
    detail: ending,
  }))
}

/** A gap is told once a day until it is closed. */
export function gapWarnings(gap: Gap, document: NotifyDocument, now: number): Delivery[] {
  const day = Math.floor(now / 86_400_000)
  return document.lastResort.flatMap(({ person, channels }) =>
    channels.map((channel) => ({
      key: keyOf('gap', gap.rota, gap.from, day, person, channel),
      purpose: 'gap' as const,
      subject: gap.rota,
      organisation: '',
      revision: 0,
      step: 0,
      level: 'yellow' as const,
      person,
      channel,
      dueAt: now,
      detail: [gap.from, gap.to ?? ''].join('/'),
    })),
  )
}
