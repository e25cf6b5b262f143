import { PreCareError } from '../../device-drivers/errors.ts'
import type { Reading } from '../../device-drivers/reading.ts'
import { applyRegistry } from '../registry.ts'
import { WHOLE_DEVICE } from '../registry-apply.ts'
import type { Journal } from '../store/journal.ts'
import type { FleetSight } from './fleet-sight.ts'
import type { Assignments } from './shapes.ts'

/** Whose readings a device gives, as a technician changes it: by the functions of provisioning, and never by guessing. */
export interface DeviceAssignments {
  /** Those that hold or begin later; undefined: no such device for whoever looks. */
  of(device: string, sight: FleetSight, at: string): Assignments | undefined
  /**
   * In the caller's transaction. Ends the former assignment of the same slot at `from`.
   * @returns how many held readings will become the citizen's
   * @throws PreCareError 'config-invalid' naming the field, when something else than the former would have to change
   */
  assign(device: string, wanted: WantedAssignment, sight: FleetSight): number
  /** Something holds that would be ended. */
  endsSomething(device: string, wanted: WantedAssignment): boolean
}

export interface WantedAssignment {
  readonly citizen: string
  /** Absent: the whole device. */
  readonly slot?: number | undefined
  /** ISO 8601 UTC with milliseconds. */
  readonly from: string
}

interface Held {
  readonly hub: string
  readonly driver: string
}

interface Kept {
  readonly slot: number
  readonly from: string
  readonly to: string | undefined
  readonly citizen: string
}

/** Of a device that nobody registered: which hub brings its readings, and which driver made them. */
const UNKNOWN_LOOKED_AT = 500

const refuse = (says: string): never => {
  throw new PreCareError('config-invalid', says)
}

const slotOf = (slot: number): { readonly slot?: number } => (slot === WHOLE_DEVICE ? {} : { slot })

export function openAssignments(journal: Journal): DeviceAssignments {
  const sql = (text: string) => journal.database.prepare(text)
  const selectDevice = sql('SELECT hub, driver FROM devices WHERE id = ?')
  const selectUnknown = sql(
    `SELECT hub, payload FROM readings WHERE state = 'held' AND held_reason = 'device-unknown' AND device = ?
     ORDER BY cursor DESC LIMIT ${UNKNOWN_LOOKED_AT}`,
  )
  const selectKept = sql(
    `SELECT slot, from_at, to_at, citizen FROM assignments WHERE device = ? AND (to_at IS NULL OR to_at > ?)
     ORDER BY slot, from_at`,
  )
  const selectGiven = sql(
    `SELECT max(measured_at) AS newest FROM readings
     WHERE citizen = ?1 AND device = ?2 AND measured_at >= ?3 AND (?4 = ${WHOLE_DEVICE} OR slot = ?4)`,
  )
  const countHeld = sql(
    `SELECT count(*) AS n FROM readings
     WHERE state = 'held' AND hub = ?1 AND device = ?2 AND measured_at >= ?3 AND (?4 = ${WHOLE_DEVICE} OR slot = ?4)`,
  )

  const keptOf = (device: string, after: string): Kept[] =>
    selectKept.all(device, after).map((row) => ({
      slot: Number(row['slot']),
      from: String(row['from_at']),
      to: typeof row['to_at'] === 'string' ? row['to_at'] : undefined,
      citizen: String(row['citizen']),
    }))

  /** Where the device stands; one that nobody has registered stands where its readings come from. */
  function placeOf(device: string, sight: FleetSight): Held | undefined {
    const known = selectDevice.get(device)
    if (known !== undefined) {
      const hub = String(known['hub'])
      return sight.seesHub(hub) ? { hub, driver: String(known['driver']) } : undefined
    }
    const rows = selectUnknown.all(device)
    const hubs = [...new Set(rows.map((row) => String(row['hub'])))].filter((hub) => sight.seesHub(hub))
    const [hub] = hubs
    const newest = rows.find((row) => row['hub'] === hub)
    if (hub === undefined || newest === undefined) return undefined
    if (hubs.length > 1) refuse(`device: ${hubs.length} hubs bring readings of it; register it at one of them first`)
    return { hub, driver: (JSON.parse(String(newest['payload'])) as Reading).driver }
  }

  const isFormer = (kept: Kept, { citizen, from }: WantedAssignment): boolean =>
    kept.citizen !== citizen && kept.from < from

  /** The assignment that ends; undefined when there is none. Throws for what would have to be decided by somebody. */
  function formerOf(device: string, wanted: WantedAssignment): Kept | 'same' | undefined {
    const { citizen, from } = wanted
    const slot = wanted.slot ?? WHOLE_DEVICE
    const kept = keptOf(device, from)
    if (kept.some((one) => one.slot !== slot && (one.slot === WHOLE_DEVICE || slot === WHOLE_DEVICE))) {
      refuse(
        slot === WHOLE_DEVICE
          ? 'slot: its slots are assigned one by one; name the slot'
          : 'slot: the whole device is assigned; leave the slot out',
      )
    }
    const own = kept.filter((one) => one.slot === slot)
    const later = own.find((one) => one.from >= from && !(one.citizen === citizen && one.from === from))
    if (later !== undefined) refuse(`from: it is assigned from ${later.from} on; give a later time`)
    const [former] = own
    if (former === undefined) return undefined
    if (!isFormer(former, wanted)) return 'same'
    const newest = selectGiven.get(former.citizen, device, from, slot)?.['newest']
    if (typeof newest === 'string') {
      refuse(`from: readings up to ${newest} are somebody else's already; give a later time`)
    }
    return former
  }

  return {
    of(device, sight, at) {
      const place = placeOf(device, sight)
      if (place === undefined) return undefined
      const assignments = keptOf(device, at).map(({ slot, from, to, citizen }) => ({
        ...(sight.mayHave(citizen) ? { citizen } : {}),
        ...slotOf(slot),
        from,
        ...(to === undefined ? {} : { to }),
      }))
      return { device, ...place, assignments }
    },
    endsSomething(device, wanted) {
      const slot = wanted.slot ?? WHOLE_DEVICE
      return keptOf(device, wanted.from).some((kept) => kept.slot === slot && isFormer(kept, wanted))
    },
    assign(device, wanted, sight) {
      const place = placeOf(device, sight)
      if (place === undefined) throw new PreCareError('config-invalid', 'device: there is no such device')
      const { citizen, from } = wanted
      const slot = wanted.slot ?? WHOLE_DEVICE
      const former = formerOf(device, wanted)
      if (former !== 'same') {
        const ended = former === undefined ? [] : [{ ...former, ...slotOf(former.slot), to: from }]
        applyRegistry(journal, {
          devices: [{ id: device, ...place }],
          assignments: [
            ...ended.map(({ citizen: of, from: since, to }) => ({
              device,
              citizen: of,
              ...slotOf(slot),
              from: since,
              to,
            })),
            { device, citizen, ...slotOf(slot), from },
          ],
        })
      }
      return Number(countHeld.get(place.hub, device, from, slot)?.['n'])
    },
  }
}
