import type { Kind } from '../../../device-drivers/reading.ts'
import { isoTime } from '../../store/iso-time.ts'
import { type Episode, MAX_EVIDENCE } from '../episode.ts'
import type { MissingEpisode } from './missing.ts'
import type { Outage } from './outages.ts'
import type { Slot } from './slots.ts'
import type { UnwatchedEpisode } from './unwatched.ts'
import type { Cause } from './verdict.ts'

/** Silences in the shape in which all alerts are told. */

/** What was missing a day ago is for the digest: the next slot says whether it still matters. */
const HORIZON_HOURS = 24
/** The rules of this folder are code: a change of their meaning raises this. */
const RULE_VERSION = 1

export const missingRule = (kind: Kind): string => `missing-${kind}`
export const unwatchedRule = (kind: Kind | undefined): string =>
  kind === undefined ? 'unwatched' : `unwatched-${kind}`
export const OUTAGE_RULES = {
  'hub-offline': 'hub-offline',
  'line-silent': 'line-silent',
  'engine-silent': 'engine-silent',
} as const

const PLAIN = {
  readings: [],
  unstable: false,
  latching: false,
  horizonHours: HORIZON_HOURS,
}

const slotId = ({ kind, opens }: Slot): string => `slot/${kind}/${isoTime(opens)}`

/** Evidence names the window, by its end; there is no value. */
const evidenceOf = (slots: readonly Slot[], bound: string): Episode['evidence'] =>
  slots.slice(-MAX_EVIDENCE).map(({ kind, closes }) => ({ quantity: kind, bound, at: isoTime(closes) }))

export function missingToEpisode({ kind, slots, toldAt, endedAt }: MissingEpisode): Episode {
  const first = slots[0]
  const last = slots.at(-1)
  const opened = first?.closes ?? toldAt
  return {
    ...PLAIN,
    rule: { id: missingRule(kind), version: RULE_VERSION, title: 'Not measured' },
    category: 'missing',
    first: first === undefined ? '' : slotId(first),
    openedAt: isoTime(opened),
    newestAt: isoTime(last?.due ?? opened),
    ...(endedAt === undefined ? {} : { closedAt: isoTime(endedAt) }),
    level: 'blue',
    worst: 'blue',
    kinds: [kind],
    evidence: evidenceOf(slots, 'slot'),
    cause: 'not-measured',
  }
}

/** Of these a technician is told once for the hub or for all of them, not once for each citizen. */
const TOLD_AS_OUTAGE: ReadonlySet<Cause> = new Set<Cause>(['hub-offline', 'engine-silent'])

/** blue: for a technician. yellow: the clinic is told that nobody is being watched. */
export function unwatchedToEpisode(episode: UnwatchedEpisode): Episode[] {
  const { kind, cause, slots, toldAt, clinicAt, endedAt } = episode
  if (clinicAt === undefined && TOLD_AS_OUTAGE.has(cause)) return []
  const level = clinicAt === undefined ? 'blue' : 'yellow'
  const told = {
    ...PLAIN,
    rule: { id: unwatchedRule(kind), version: RULE_VERSION, title: 'Nobody is watched' },
    category: 'unwatched',
    first: `silence/${isoTime(toldAt)}`,
    openedAt: isoTime(toldAt),
    newestAt: isoTime(clinicAt ?? toldAt),
    ...(endedAt === undefined ? {} : { closedAt: isoTime(endedAt) }),
    level,
    worst: level,
    kinds: kind === undefined ? [] : [kind],
    evidence: evidenceOf(slots, cause),
    cause,
  } as const
  return [told]
}

export function outageToEpisode({ cause, hubs, since, toldAt, endedAt }: Outage): Episode {
  return {
    ...PLAIN,
    rule: { id: OUTAGE_RULES[cause], version: RULE_VERSION, title: TITLES[cause] },
    category: 'technical',
    first: `outage/${isoTime(since)}`,
    openedAt: isoTime(toldAt),
    newestAt: isoTime(toldAt),
    ...(endedAt === undefined ? {} : { closedAt: isoTime(endedAt) }),
    level: 'yellow',
    worst: 'yellow',
    kinds: [],
    evidence: [{ quantity: 'hubs', value: hubs.length, bound: cause, at: isoTime(since) }],
    cause,
  }
}

const TITLES = {
  'hub-offline': 'A hub is silent',
  'line-silent': 'Many hubs are silent at once',
  'engine-silent': 'The alert engine did not look',
} as const
