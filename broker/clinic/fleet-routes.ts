import { z } from 'zod'
import { idSchema } from '../../device-drivers/reading.ts'
import { mustBeAsSeen, seenTag, tagOf } from '../http/precondition.ts'
import { REFUSALS } from '../http/refusals.ts'
import { type Answer, DENIED, type OwnCall, ownRoute, type Route, type RoutePorts } from '../http/route.ts'
import { utcTime } from '../store/iso-time.ts'
import { assignedSchema, assignmentsSchema, fleetSchema } from './shapes.ts'

/** For technicians: the fleet, and whose readings a device gives. */

const TIME = 'use a time with a zone, as 2026-01-31T08:00:00Z'
const wantedSchema = z.strictObject({
  citizen: idSchema,
  slot: z.int().min(0).max(255).optional(),
  from: z.iso.datetime({ offset: true, error: TIME }).transform(utcTime),
})

const NOTHING: Answer = {
  status: 404,
  body: { error: { code: REFUSALS.unknown.code, advice: REFUSALS.unknown.advice } },
}
const UNSEEN: Answer = {
  status: 428,
  body: { error: { code: REFUSALS.unseen.code, advice: REFUSALS.unseen.advice } },
}

function assign(
  { body, asked, caller, citizenNamed, at, audit, actor }: OwnCall<unknown, z.output<typeof wantedSchema>>,
  { clinic, acting }: RoutePorts,
) {
  if (clinic === undefined) return NOTHING
  const device = asked.parameters['device'] ?? ''
  const sight = clinic.fleetSight(caller.organisation, at)
  const before = clinic.assignments.of(device, sight, at)
  const citizen = citizenNamed(body.citizen)
  if (before === undefined || citizen === undefined || !sight.mayHave(citizen)) return DENIED
  const wanted = { ...body, citizen }
  // What is nobody's yet has no version that somebody could have seen.
  const seen = seenTag(asked.headers['if-match'])
  if (seen === undefined && clinic.assignments.endsSomething(device, wanted)) return UNSEEN
  return acting.ingest.act(() => {
    if (seen !== undefined) mustBeAsSeen(seen, clinic.assignments.of(device, sight, at)?.assignments)
    const released = clinic.assignments.assign(device, wanted, sight)
    const now = clinic.assignments.of(device, sight, at) ?? before
    const seenOf = { subject: device, citizen, from: wanted.from, count: released }
    audit({ actor, action: 'device.assign', criticality: 'important', ...seenOf })
    return { body: { ...now, released }, etag: tagOf(now.assignments) }
  })
}

export const FLEET_ROUTES: readonly Route[] = [
  ownRoute(
    {
      method: 'GET',
      path: '/v1/fleet',
      action: 'hubs.read',
      identifies: true,
      summary: 'hubs and devices in the homes of the own citizens, the worst first, and readings that are nobody’s yet',
      answer: fleetSchema,
    },
    async ({ caller, at }, { clinic }) => {
      if (clinic === undefined) return NOTHING
      const fleet = await clinic.fleet(clinic.fleetSight(caller.organisation, at), at)
      return { body: fleet, seen: { count: fleet.hubs.length } }
    },
  ),
  ownRoute(
    {
      method: 'GET',
      path: '/v1/devices/:device/assignment',
      action: 'hubs.provision',
      audits: 'hubs.read',
      identifies: true,
      etag: true,
      summary: 'whose readings a device gives, now and later',
      answer: assignmentsSchema,
    },
    ({ caller, asked, at }, { clinic }) => {
      const device = asked.parameters['device'] ?? ''
      const shown = clinic?.assignments.of(device, clinic.fleetSight(caller.organisation, at), at)
      if (shown === undefined) return DENIED
      return { body: shown, etag: tagOf(shown.assignments), seen: { subject: device, count: shown.assignments.length } }
    },
  ),
  ownRoute(
    {
      method: 'PUT',
      path: '/v1/devices/:device/assignment',
      action: 'hubs.provision',
      audits: 'device.assign',
      identifies: true,
      etag: true,
      summary:
        'gives a device, or a slot of it, to a citizen from a time on; ends the former assignment, which If-Match must name, and releases held readings',
      body: wantedSchema,
      answer: assignedSchema,
      documented: {
        refusals: {
          '404': 'No such device or citizen for the caller',
          '412': 'The assignments have changed since they were seen',
          '428': 'Somebody else’s assignment would end, and If-Match does not say that it was seen',
        },
      },
    },
    assign,
  ),
]
