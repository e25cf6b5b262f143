import type { LocalDateTime, Packet, SessionEvent } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { rejected } from '../rejected.ts'
import type { Configuration } from './configuration.ts'

/** What the manager knows between two APDUs, and what comes of one. */

export type Manager =
  | { readonly phase: 'unassociated' }
  | { readonly phase: 'configuring'; readonly systemId: string }
  | {
      readonly phase: 'operating'
      readonly systemId: string
      readonly configuration: Configuration
      /** The agent was asked for its clock and identity, and has not answered yet. */
      readonly asked: boolean
      /** Reports that wait for the agent's clock, so that their times can be corrected. */
      readonly waiting: readonly Report[]
    }

/** A scan report, taken apart. */
export interface Report {
  /** Acts of measuring, oldest first, each as record and context. */
  readonly records: readonly [Packet, ...Packet[]][]
  /** Live values without a time, of which many make one reading. */
  readonly live: readonly [Packet, ...Packet[]][]
  /** The whole, when there are acts in it of which the house knows no value. */
  readonly unknown?: Packet
  /** To be sent when all of it is safe; absent: the agent asks for none. */
  readonly result?: Uint8Array
  /** Digest of a report that could not be taken apart and was not answered: to be remembered for its second coming. */
  readonly unread?: string
}

/** What the manager is told with each APDU. */
export interface Known {
  /** The hub's local time, for an agent that asks for it; undefined while the hub does not know it. */
  readonly now?: LocalDateTime | undefined
  /** {@link Report.unread} of the last such report. */
  readonly unread?: string | undefined
}

export interface Step {
  readonly manager: Manager
  /** To be sent when the events are dealt with. */
  readonly replies: readonly Uint8Array[]
  readonly events: readonly SessionEvent[]
  /** To be stored after the events and before the replies. */
  readonly reports: readonly Report[]
}

export type Operating = Extract<Manager, { phase: 'operating' }>

export const UNASSOCIATED: Manager = { phase: 'unassociated' }

/** Where a rejected APDU is filed. */
export const APDU_SOURCE = '20601-apdu'

type News = Partial<Pick<Step, 'replies' | 'events' | 'reports'>>

export const step = (manager: Manager, { replies = [], events = [], reports = [] }: News = {}): Step => ({
  manager,
  replies,
  events,
  reports,
})

/** What was reported but not answered when an association ends. The agent reports it again, so nothing is answered. */
export function unanswered(manager: Manager): Report[] {
  const waiting = manager.phase === 'operating' ? manager.waiting : []
  return waiting.map(({ result: _, ...report }) => report)
}

export const unassociated = (
  manager: Manager,
  replies: readonly Uint8Array[] = [],
  events: readonly SessionEvent[] = [],
): Step => step(UNASSOCIATED, { replies, events, reports: unanswered(manager) })

export const refusal = (bytes: Uint8Array, error: PreCareError): SessionEvent => rejected(APDU_SOURCE, bytes, error)

export const outOfPlace = (manager: Manager, bytes: Uint8Array, what: string): SessionEvent =>
  refusal(bytes, new PreCareError('packet-malformed', `${what} while ${manager.phase}`))
