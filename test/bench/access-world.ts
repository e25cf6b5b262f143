import type { Grant } from '../../broker/rights/decide.ts'
import type { RawReading } from '../../device-drivers/reading.ts'
import type { Registry } from '../support/broker-process.ts'
import { seeded } from '../support/random.ts'
import { readingIdOf } from './fleet.ts'

/** Organisations, citizens and grants of every sort, from a seed; and the grants as a person would write them out. */

const ORGANISATIONS = 12
const CITIZENS = 20
const HUBS = 4
const PAST = '2020-01-01T00:00:00.000Z'
const ENDED = '2021-01-01T00:00:00.000Z'
const FUTURE = '2099-01-01T00:00:00.000Z'
const KINDS = ['oxygen-saturation', 'weight'] as const
export type ProbeKind = (typeof KINDS)[number]

export interface World {
  readonly registry: Registry
  readonly organisations: readonly string[]
  readonly citizens: readonly string[]
  readonly isResearch: (organisation: string) => boolean
  readonly hubOf: (citizen: string) => string
  /** Grants with groups written out, by citizen. */
  grantsOf(citizen: string): readonly Grant[]
  /** An organisation and a citizen with a plain grant that holds, to be revoked. */
  readonly revocable: readonly { readonly organisation: string; readonly citizen: string }[]
  revoked(organisation: string, citizen: string, at: string): void
}

const two = (n: number): string => String(n).padStart(2, '0')

export function accessWorld(seed: number): World {
  const random = seeded(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const organisations = Array.from({ length: ORGANISATIONS }, (_, n) => `org-${two(n)}`)
  const citizens = Array.from({ length: CITIZENS }, (_, n) => `citizen-${two(n)}`)
  const isResearch = (organisation: string) => organisations.indexOf(organisation) >= ORGANISATIONS - 2
  const hubOf = (citizen: string) => `hub-${two(citizens.indexOf(citizen) % HUBS)}`
  const members = citizens.filter((_, n) => n % 3 === 0)
  const written: Grant[] = []
  const grants: Registry['grants'][number][] = []
  const periods = [{ from: PAST }, { from: PAST }, { from: PAST }, { from: PAST, to: ENDED }, { from: FUTURE }]
  for (const organisation of organisations) {
    const pseudonymous = isResearch(organisation) ? { pseudonymous: true as const } : {}
    for (const citizen of citizens) {
      if (random() < 0.55) continue
      const kinds = random() < 0.4 ? { kinds: [pick(KINDS)] } : {}
      const period = pick(periods)
      grants.push({ organisation, citizen, ...period, ...kinds, purpose: 'care' })
      written.push({ organisation, citizen, ...period, ...kinds, purpose: 'care', ...pseudonymous })
    }
    if (random() < 0.3) {
      grants.push({ organisation, group: 'group-a', from: PAST, purpose: 'quality' })
      for (const citizen of members)
        written.push({ organisation, citizen, from: PAST, purpose: 'quality', ...pseudonymous })
    }
  }
  const byGroup = new Set(
    written.filter(({ purpose }) => purpose === 'quality').map(({ organisation }) => organisation),
  )
  const revocable = written
    .filter((g) => g.from === PAST && g.to === undefined && !byGroup.has(g.organisation))
    .slice(0, 12)
  const ends = new Map<string, string>()
  return {
    registry: {
      organisations: organisations.map((id) => ({ id, title: id, type: isResearch(id) ? 'research' : 'clinic' })),
      citizens: citizens.map((id) => ({ id })),
      groups: [{ id: 'group-a' }],
      memberships: members.map((citizen) => ({ group: 'group-a', citizen, from: PAST })),
      hubs: Array.from({ length: HUBS }, (_, n) => ({ id: `hub-${two(n)}` })),
      devices: citizens.map((id) => ({ id: `device-${id}`, hub: hubOf(id), driver: 'nonin-df13' })),
      assignments: citizens.map((citizen) => ({ device: `device-${citizen}`, citizen, from: PAST })),
      grants,
      limits: citizens.map((citizen) => ({
        citizen,
        quantity: 'oxygenSaturation',
        alertLow: 86,
        warningLow: 90,
        from: PAST,
        author: 'physician-0001',
        reason: 'benchmark',
      })),
      clients: organisations.map((organisation) => ({ id: `reader-${organisation}`, organisation })),
    },
    organisations,
    citizens,
    isResearch,
    hubOf,
    revocable: revocable.map(({ organisation, citizen }) => ({ organisation, citizen })),
    revoked: (organisation, citizen, at) => void ends.set(`${organisation}/${citizen}`, at),
    grantsOf: (citizen) =>
      written
        .filter((grant) => grant.citizen === citizen)
        .map((grant) => {
          const to = ends.get(`${grant.organisation}/${citizen}`)
          return to === undefined ? grant : { ...grant, to }
        }),
  }
}

/** A reading whose time of measuring is its mark: no two share it. */
export function probe(citizen: string, kind: ProbeKind, at: string, low: boolean): RawReading {
  const value =
    kind === 'weight'
      ? { weight: { value: 80, unit: 'kg', decimals: 1 } }
      : { oxygenSaturation: { value: low ? 80 : 96, unit: '%', decimals: 0 } }
  return {
    id: readingIdOf(`${citizen}/${at}`),
    kind,
    values: value,
    status: [],
    measuredAt: at,
    receivedAt: at,
    clock: { quality: 'synced', offsetMs: 0 },
    device: `device-${citizen}`,
    driver: 'nonin-df13',
    origin: 'automatic',
    raw: [{ source: 'nonin-df13', hex: '00' }],
  }
}
