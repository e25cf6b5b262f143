import { type EffectiveRule, effectiveRules, timelinesOf, type Watch, watching } from './alerts/effective-rules.ts'
import type { RuleTimeline } from './alerts/fold-state.ts'
import type { Grant } from './grants.ts'
import { registryVersion, WHOLE_DEVICE } from './registry-apply.ts'
import { loadRights, type Rights } from './rights/load-rights.ts'
import type { Pseudonyms } from './rights/pseudonyms.ts'
import { type RuleSources, sourceOf, sourcesOf, watchOf } from './rule-rows.ts'
import type { Journal } from './store/journal.ts'

export { applyRegistry, type RegistryChange } from './registry-apply.ts'
export { parseRegistryDocument } from './registry-document.ts'

/** Why a reading is nobody's yet. It is kept, and released when the registry says whose it is. */
type HeldReason = 'device-unknown' | 'device-at-other-hub' | 'unassigned'
type Placement = { readonly citizen: string } | { readonly held: HeldReason }

interface Assignment {
  readonly slot: number
  readonly from: string
  readonly to: string | undefined
  readonly citizen: string
}

interface Snapshot {
  readonly version: number
  readonly hubOf: ReadonlyMap<string, string>
  readonly assignments: ReadonlyMap<string, readonly Assignment[]>
  /** Organisations that also get their feed as FHIR. */
  readonly fhir: ReadonlySet<string>
  readonly rights: Rights
  /** By citizen. */
  readonly watches: ReadonlyMap<string, readonly Watch[]>
  readonly sources: RuleSources
  /** Made when first asked for. */
  readonly rules: Map<string, readonly RuleTimeline[]>
}

/** Look-ups in memory, of one version of the registry. */
export interface Registry {
  readonly version: number
  /** Reads the registry anew if it has changed, also by another process; true if it had. */
  refresh(): boolean
  /** It has changed and was not read anew yet. */
  isStale(): boolean
  /** The registered hub of a device. */
  hubOf(device: string): string | undefined
  /** Whose reading this is by (device, slot, time); never guessed. A device registered at another hub is held. */
  place(hub: string, device: string, slot: number | undefined, measuredAt: string): Placement
  /** Citizen of a device's slot at a time, whatever the hub. */
  citizenFor(device: string, slot: number | undefined, measuredAt: string): string | undefined
  /** The citizen's rules through time: what held when a value was measured. */
  rulesOf(citizen: string): readonly RuleTimeline[]
  /** The same at one time, with who set each value. */
  effectiveRulesOf(citizen: string, at: string): readonly EffectiveRule[]
  /** Templates that the citizen follows at a time. */
  watchingOf(citizen: string, at: string): readonly Watch[]
  grantsOf(citizen: string): readonly Grant[]
  /** The organisation asked for its feed as FHIR Observations too. */
  wantsFhir(organisation: string): boolean
  /** Of a research organisation: what it gets instead of ids. Undefined for all others. */
  pseudonymsOf(organisation: string): Pseudonyms | undefined
  /** Citizens on whom an organisation has a grant, of whatever time. */
  citizensOf(organisation: string): readonly string[]
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function grouped<T>(
  rows: readonly Record<string, unknown>[],
  key: (row: Record<string, unknown>) => string,
  make: (row: Record<string, unknown>) => T,
) {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const group = groups.get(key(row))
    if (group === undefined) groups.set(key(row), [make(row)])
    else group.push(make(row))
  }
  return groups
}

function load(journal: Journal): Snapshot {
  const all = (sql: string) => journal.database.prepare(sql).all()
  return {
    version: registryVersion(journal),
    hubOf: new Map(all('SELECT id, hub FROM devices').map((row) => [String(row['id']), String(row['hub'])])),
    assignments: grouped(
      all('SELECT * FROM assignments'),
      (row) => String(row['device']),
      (row) => ({
        slot: Number(row['slot']),
        from: String(row['from_at']),
        to: text(row['to_at']),
        citizen: String(row['citizen']),
      }),
    ),
    fhir: new Set(all('SELECT id FROM organisations WHERE fhir = 1').map((row) => String(row['id']))),
    rights: loadRights(journal),
    watches: grouped(all('SELECT * FROM watches'), (row) => String(row['citizen']), watchOf),
    sources: sourcesOf(all('SELECT * FROM rule_sources ORDER BY version').map(sourceOf)),
    rules: new Map(),
  }
}

export function openRegistry(journal: Journal): Registry {
  let snapshot = load(journal)
  // A read transaction of its own: at most one row, and it sees what other processes have committed.
  const version = journal.database.prepare(`SELECT value FROM meta WHERE key = 'registry-version'`)

  function citizenFor(device: string, slot: number | undefined, measuredAt: string): string | undefined {
    return snapshot.assignments
      .get(device)
      ?.find(
        (a) =>
          (a.slot === WHOLE_DEVICE || a.slot === slot) &&
          a.from <= measuredAt &&
          (a.to === undefined || measuredAt < a.to),
      )?.citizen
  }

  const isStale = () => Number(version.get()?.['value'] ?? 0) !== snapshot.version

  return {
    get version() {
      return snapshot.version
    },
    isStale,
    refresh() {
      if (!isStale()) return false
      snapshot = load(journal)
      return true
    },
    hubOf: (device) => snapshot.hubOf.get(device),
    citizenFor,
    place(hub, device, slot, measuredAt) {
      const home = snapshot.hubOf.get(device)
      if (home === undefined) return { held: 'device-unknown' }
      if (home !== hub) return { held: 'device-at-other-hub' }
      const citizen = citizenFor(device, slot, measuredAt)
      return citizen === undefined ? { held: 'unassigned' } : { citizen }
    },
    rulesOf(citizen) {
      const known = snapshot.rules.get(citizen)
      if (known !== undefined) return known
      const { watches, sources, rules } = snapshot
      const made = timelinesOf(citizen, watches.get(citizen) ?? [], sources.for(citizen, watches.get(citizen) ?? []))
      rules.set(citizen, made)
      return made
    },
    effectiveRulesOf(citizen, at) {
      const watches = snapshot.watches.get(citizen) ?? []
      return effectiveRules(citizen, watches, snapshot.sources.for(citizen, watches), at)
    },
    watchingOf: (citizen, at) => watching(snapshot.watches.get(citizen) ?? [], at),
    wantsFhir: (organisation) => snapshot.fhir.has(organisation),
    grantsOf: (citizen) => snapshot.rights.grants.get(citizen) ?? [],
    pseudonymsOf: (organisation) => snapshot.rights.pseudonyms.get(organisation),
    citizensOf: (organisation) =>
      [...snapshot.rights.grants].flatMap(([citizen, grants]) =>
        grants.some((grant) => grant.organisation === organisation) ? [citizen] : [],
      ),
  }
}
