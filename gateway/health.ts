import type { HubHealth } from '../broker/contract/messages.ts'
import type { HubClock } from './hub-clock.ts'
import { utcText } from './local-time.ts'
import type { Outbox } from './outbox.ts'
import type { Remedy } from './radio-health.ts'
import type { RadioHealth } from './transport/transport.ts'

export interface HealthSources {
  readonly clock: HubClock
  readonly outbox: Pick<Outbox, 'counts' | 'oldestUnsent' | 'earliestUnsent' | 'epoch'>
  readonly version: string
  readonly update?: NonNullable<HubHealth['update']>
  /** Monotonic ms when the process began its work. */
  readonly startedAt: number
  readonly visits: { readonly sessions: number; readonly failures: number }
  readonly radio?: RadioHealth
  /** What was done for a deaf radio beyond what its transport does. */
  readonly remedy?: Remedy
  readonly rssBytes: number
  readonly disk?: NonNullable<HubHealth['disk']>
}

/** Counts and ages. `decoded = receipted + unsent + duplicate`; sessions are counted since the process started. */
export function healthOf(sources: HealthSources): HubHealth {
  const { clock, outbox, radio } = sources
  const wall = clock.wall()
  const counts = outbox.counts()
  const oldest = outbox.oldestUnsent()
  const empty = wall === undefined ? undefined : holdsNothingBefore(wall, outbox.earliestUnsent())
  const ageMs = wall === undefined || oldest === undefined ? undefined : wall - Date.parse(oldest.receivedAt)
  return {
    ...(wall === undefined ? {} : { at: utcText(wall) }),
    bootId: clock.bootId,
    uptimeS: Math.floor((clock.now() - sources.startedAt) / 1000),
    version: sources.version,
    ...(sources.update === undefined ? {} : { update: sources.update }),
    clock: { synced: wall !== undefined },
    outbox: {
      epoch: outbox.epoch,
      lastSequence: counts.lastSequence,
      unsent: counts.unsent,
      ...(ageMs === undefined ? {} : { oldestUnsentS: Math.max(0, Math.floor(ageMs / 1000)) }),
      ...(empty === undefined ? {} : { holdsNothingBefore: utcText(empty) }),
    },
    counts: {
      decoded: counts.decoded,
      duplicate: counts.duplicate,
      rejected: counts.rejected,
      receipted: counts.receipted,
      sessions: sources.visits.sessions,
      sessionFailures: sources.visits.failures,
    },
    ...(radio === undefined ? {} : { radio: radioOf(radio, sources.remedy) }),
    memory: { rssBytes: sources.rssBytes },
    ...(sources.disk === undefined ? {} : { disk: sources.disk }),
  }
}

/** @param unsent time of measuring of the earliest unsent reading, ISO; 'none'; or 'unknown' */
function holdsNothingBefore(wall: number, unsent: string): number | undefined {
  if (unsent === 'unknown') return undefined
  return unsent === 'none' ? wall : Math.min(wall, Date.parse(unsent))
}

function radioOf({ silentForMs, ...radio }: RadioHealth, remedy?: Remedy): NonNullable<HubHealth['radio']> {
  return { ...radio, silentForS: Math.max(0, Math.floor(silentForMs / 1000)), ...(remedy && { step: remedy }) }
}
