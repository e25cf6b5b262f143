import type { Kind } from '../../device-drivers/reading.ts'
import { openKeptPlans } from '../alerts/plan/plan-rows.ts'
import type { HubKnown } from '../hub-states.ts'
import { technicalEvents } from '../identity/technical-events.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import type { Expectations, Planned } from './expectations.ts'
import type { FleetSight } from './fleet-sight.ts'
import { type Placed, shownDevice, shownHub } from './home.ts'
import type { Fleet, Held } from './shapes.ts'
import { byTrouble, type Trouble, troublesOf } from './troubles.ts'

/** What technicians look after: hubs, devices, readings that nobody is assigned to. No citizen and no measured value. */

const MAX_EVENTS = 100
/** Of all hubs, from which those of the own ones are taken. */
const EVENTS_LOOKED_AT = 1_000
/** Of the broker itself. */
const HOUSE_SUBJECTS: ReadonlySet<string> = new Set(['authority', 'server'])

type Row = Record<string, unknown>
type FleetHub = Fleet['hubs'][number]

/** Readings that wait, by device, slot and reason. @param sees the hub that brought them */
export function heldReadings(journal: Journal, sees: (hub: string) => boolean): Held[] {
  const rows = journal.database
    .prepare(
      `SELECT hub, device, slot, held_reason AS reason, kind, count(*) AS n, min(measured_at) AS oldest,
         max(measured_at) AS newest
       FROM readings WHERE state = 'held' GROUP BY hub, device, slot, held_reason, kind ORDER BY hub, device, slot`,
    )
    .all()
    .filter((row) => sees(String(row['hub'])))
  const groups = Map.groupBy(rows, (row) => [row['hub'], row['device'], row['slot'], row['reason']].join('/'))
  return [...groups.values()].map((group): Held => {
    const [first] = group as [Row]
    const times = (column: string) => group.map((row) => String(row[column])).sort()
    return {
      device: String(first['device']),
      hub: String(first['hub']),
      ...(first['slot'] === null ? {} : { slot: Number(first['slot']) }),
      reason: String(first['reason']) as Held['reason'],
      kinds: group.map((row) => String(row['kind']) as Kind),
      count: group.reduce((sum, row) => sum + Number(row['n']), 0),
      oldest: times('oldest').at(0) ?? '',
      newest: times('newest').at(-1) ?? '',
    }
  })
}

export interface FleetParts {
  readonly journal: Journal
  /** What a hub last told since the broker started. */
  readonly hub: (hub: string) => HubKnown | undefined
  readonly registry: { readonly version: number }
  readonly expectations: Expectations
}

export function openFleet(parts: FleetParts): (sight: FleetSight, at: string) => Promise<Fleet> {
  const { journal, hub, expectations } = parts
  const keptPlans = openKeptPlans(journal, parts.registry)
  const sql = (text: string) => journal.database.prepare(text)
  const selectHubs = sql('SELECT h.id, w.last_heard FROM hubs h LEFT JOIN hub_watch w ON w.hub = h.id ORDER BY h.id')
  const selectDevices = sql(
    `SELECT d.id, d.hub, d.driver, EXISTS (SELECT 1 FROM assignments a WHERE a.device = d.id AND a.from_at <= ?1
       AND (a.to_at IS NULL OR a.to_at > ?1)) AS assigned FROM devices d ORDER BY d.id`,
  )
  const selectInstallations = sql(`SELECT id, hub, state, revision FROM installations WHERE state <> 'ended'`)
  const selectCertificates = sql(
    `SELECT account, max(valid_to) AS ends FROM certificates
     WHERE fingerprint NOT IN (SELECT fingerprint FROM revocations) GROUP BY account`,
  )

  /** Of the plans nothing is told here but this one time of a device, and that only where they may be read. */
  function* plannedIn(sight: FleetSight): Generator<Planned> {
    for (const citizen of sight.citizens()) {
      const plans = keptPlans(citizen).filter(({ kind }) => sight.mayRead(citizen, kind))
      if (plans.length > 0) yield { citizen, plans }
    }
  }

  return async (sight, at) => {
    const expected = await expectations(plannedIn(sight), at)
    const byHub = (rows: readonly Row[], column: string) => Map.groupBy(rows, (row) => String(row[column]))
    const devices = byHub(selectDevices.all(at), 'hub')
    const installations = byHub(selectInstallations.all(), 'hub')
    const certificates = byHub(selectCertificates.all(), 'account')

    function hubOf(row: Row): FleetHub & { readonly troubles: Trouble[] } {
      const id = String(row['id'])
      const known = hub(id)
      const lastHeard = row['last_heard'] === null ? undefined : isoTime(Number(row['last_heard']))
      const installation = installations.get(id)?.[0]
      const ends = certificates.get(id)?.[0]?.['ends']
      const shown = {
        ...shownHub(id, known, lastHeard),
        ...(installation === undefined
          ? {}
          : {
              installation: {
                id: String(installation['id']),
                state: String(installation['state']),
                revision: Number(installation['revision']),
              },
            }),
        ...(typeof ends === 'string' ? { certificateEndsAt: ends } : {}),
        devices: (devices.get(id) ?? []).map((device) => {
          const placed: Placed = { device: String(device['id']), driver: String(device['driver']), hub: id }
          const state = known?.devices.get(placed.device)
          const { hub: _, ...told } = shownDevice(placed, state, { expectedBy: expected.get(placed.device) })
          return { ...told, assigned: device['assigned'] === 1 }
        }),
      }
      return { ...shown, troubles: troublesOf(shown, Date.parse(at)) }
    }

    const own = selectHubs.all().filter((row) => sight.seesHub(String(row['id'])))
    const ids = new Set(own.map((row) => String(row['id'])))
    return {
      at,
      hubs: own.map(hubOf).sort((a, b) => byTrouble(a.troubles, b.troubles)),
      held: heldReadings(journal, (id) => sight.seesHub(id)),
      events: technicalEvents(journal, EVENTS_LOOKED_AT)
        .filter(({ subject }) => ids.has(subject) || (sight.isOnlyClinic && HOUSE_SUBJECTS.has(subject)))
        .slice(0, MAX_EVENTS)
        .map(({ at: then, kind, subject }) => ({ at: then, kind, subject })),
    }
  }
}
