import type { Kind } from '../../device-drivers/reading.ts'
import { organisationsFor } from '../grants.ts'
import type { Registry } from '../registry.ts'
import type { Journal } from '../store/journal.ts'

/**
 * Which hubs an organisation's technicians look after: those in the homes of citizens on whom it has a grant that holds
 * now. A home is known by a device's assignment that holds, or by an installation that has not ended. A hub in nobody's
 * home is for the only clinic there is; where there are several, for none, until an installation names a citizen.
 */
export interface FleetSight {
  seesHub(hub: string): boolean
  /** The only clinic there is looks after what is nobody's. */
  readonly isOnlyClinic: boolean
  mayHave(citizen: string): boolean
  /** On whom the organisation has a grant, of whatever time. */
  citizens(): readonly string[]
  /** The organisation may read this kind of the citizen: what its plan expects may be told of a device. */
  mayRead(citizen: string, kind: Kind): boolean
}

type Row = Record<string, unknown>

const citizensOfWish = (wish: unknown): string[] => {
  const { citizen, devices } = JSON.parse(String(wish)) as {
    readonly citizen: string
    readonly devices: readonly { readonly slots?: readonly { readonly citizen: string }[] }[]
  }
  return [citizen, ...devices.flatMap(({ slots }) => slots?.map((slot) => slot.citizen) ?? [])]
}

export function openFleetSight(
  journal: Journal,
  registry: Pick<Registry, 'grantsOf' | 'citizensOf'>,
): (organisation: string, at: string) => FleetSight {
  const sql = (text: string) => journal.database.prepare(text)
  const selectClinics = sql(`SELECT id FROM organisations WHERE type = 'clinic' LIMIT 2`)
  const selectAssigned = sql(
    `SELECT DISTINCT d.hub, a.citizen FROM assignments a JOIN devices d ON d.id = a.device
     WHERE a.from_at <= ?1 AND (a.to_at IS NULL OR a.to_at > ?1)`,
  )
  const selectWishes = sql(`SELECT hub, wish FROM installations WHERE state <> 'ended'`)

  return (organisation, at) => {
    const decided = new Map<string, boolean>()
    const mayHave = (citizen: string): boolean => {
      const known = decided.get(citizen)
      if (known !== undefined) return known
      const may = organisationsFor(registry.grantsOf(citizen), citizen, [], at).includes(organisation)
      decided.set(citizen, may)
      return may
    }
    const mayRead = (citizen: string, kind: Kind): boolean =>
      organisationsFor(registry.grantsOf(citizen), citizen, kind, at).includes(organisation)
    const homes = new Map<string, boolean>()
    const livesAt = (hub: string, citizen: string) => homes.set(hub, homes.get(hub) === true || mayHave(citizen))
    for (const row of selectAssigned.all(at)) livesAt(String(row['hub']), String(row['citizen']))
    for (const row of selectWishes.all()) {
      for (const citizen of citizensOfWish(row['wish'])) livesAt(String(row['hub']), citizen)
    }
    const clinics = selectClinics.all().map((row: Row) => String(row['id']))
    const isOnlyClinic = clinics.length === 1 && clinics[0] === organisation
    const citizens = () => registry.citizensOf(organisation)
    return { isOnlyClinic, mayHave, mayRead, citizens, seesHub: (hub) => homes.get(hub) ?? isOnlyClinic }
  }
}
