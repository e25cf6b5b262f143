import type { Assigned, Assignments, Fleet, Held } from '../../../../broker/clinic/shapes.ts'
import type { Role } from '../../../../broker/rights/decide.ts'
import { type Answers, type Heard, openPage, type Said } from './page-fixture.ts'

/** A clinic's hubs with one of each trouble, and readings that are nobody's yet. */

export const AT = '2026-11-22T11:00:00.000Z'
const before = (minutes: number): string => new Date(Date.parse(AT) - minutes * 60_000).toISOString()
type Hub = Fleet['hubs'][number]
type Device = Hub['devices'][number]

const device = (name: string, rest: Partial<Device> = {}): Device => ({
  device: name,
  driver: 'omron-hem-7361t',
  model: 'HEM-7361T',
  firmware: '0102',
  batteryPercent: 80,
  lastSeen: before(130),
  lastReading: before(131),
  clockOffsetMs: 12_000,
  assigned: true,
  ...rest,
})

export const hub = (name: string, rest: Partial<Hub> = {}): Hub => ({
  hub: name,
  state: 'online',
  since: before(3 * 24 * 60),
  lastHeard: before(1),
  version: '1.4.2',
  clockSynced: true,
  uptimeS: 260_000,
  unsent: 0,
  diskPercent: 12,
  diskAlarm: 'none',
  radio: { state: 'ready', silentForS: 40 },
  installation: { id: `home-${name.slice(-4)}`, state: 'commissioned', revision: 2 },
  certificateEndsAt: '2027-01-20T00:00:00.000Z',
  devices: [device(`cuff-${name.slice(-4)}`)],
  troubles: [],
  ...rest,
})

export const HELD: Held = {
  device: 'scale-0007',
  hub: 'hub-0005',
  slot: 2,
  reason: 'unassigned',
  kinds: ['weight', 'body-composition'],
  count: 23,
  oldest: '2026-11-19T06:30:20.000Z',
  newest: '2026-11-22T06:31:00.000Z',
}

export const FLEET: Fleet = {
  at: AT,
  hubs: [
    hub('hub-0001', {
      state: 'offline',
      since: before(125),
      lastHeard: before(125),
      unsent: 14,
      oldestUnsentS: 9_000,
      troubles: ['offline', 'unsent'],
    }),
    hub('hub-0002', {
      radio: { state: 'unavailable', silentForS: 5_400, step: 'power' },
      troubles: ['radio'],
      lastHeard: before(3),
    }),
    hub('hub-0003', {
      version: '1.4.1',
      update: { state: 'rolled-back', version: '1.4.2' },
      diskPercent: 91,
      diskAlarm: 'nearly-full',
      troubles: ['disk', 'update'],
    }),
    hub('hub-0004', {
      clockSynced: false,
      devices: [
        device('oximeter-0004', {
          driver: 'nonin-3230',
          model: '3230',
          batteryPercent: 4,
          clockOffsetMs: 7_200_000,
          expectedBy: before(61),
        }),
        device('cuff-0004', { problem: 'pairing-failed', assigned: false }),
        device('scale-0004', { driver: 'ad-uc-352', model: 'UC-352BLE', expectedBy: before(-5) }),
      ],
      troubles: ['clock', 'device-problem', 'device-battery', 'device-clock', 'something-new'],
    }),
    hub('hub-0005'),
    { hub: 'hub-0006', state: 'unknown', devices: [], troubles: ['unheard'] },
  ],
  held: [
    HELD,
    { ...HELD, device: 'cuff-9999', hub: 'hub-0005', reason: 'device-unknown', kinds: ['blood-pressure'], count: 1 },
  ],
  events: [
    { at: before(50), kind: 'clone-suspected', subject: 'hub-0003' },
    { at: before(26 * 60), kind: 'enrolment-locked', subject: 'hub-0001' },
    { at: before(30 * 60), kind: 'something-new', subject: 'server' },
  ],
}

/** 2,000 of them, the first fifty with something the matter. */
export const MANY: Fleet = {
  ...FLEET,
  hubs: Array.from({ length: 2_000 }, (_, index) => {
    const name = `hub-${String(index).padStart(4, '0')}`
    return hub(name, index < 50 ? { state: 'offline', troubles: ['offline'] } : {})
  }),
}

export const KNOWN: Assignments = {
  device: 'scale-0007',
  hub: 'hub-0005',
  driver: 'ad-uc-352',
  assignments: [
    { citizen: 'citizen-0007', slot: 1, from: '2026-08-01T08:00:00.000Z' },
    { slot: 2, from: '2026-08-01T08:00:00.000Z' },
  ],
}
const DONE: Assigned = { ...KNOWN, released: 22 }

export interface Sent {
  readonly body: unknown
  readonly ifMatch: string | undefined
}

/** The fleet page over what `house` holds at the time. */
export async function openFleet(role: Role, fleet: Fleet, look: Parameters<typeof openPage>[3] = {}) {
  const house = { fleet, said: { body: DONE } as Said, tag: '"a1"', sent: [] as Sent[], looks: 0, cut: false }
  const answers: Answers = {
    'GET /v1/fleet': () => {
      house.looks++
      return house.cut ? 'unreachable' : { body: house.fleet }
    },
    'GET /v1/devices/scale-0007/assignment': () => ({ body: KNOWN, etag: house.tag }),
    'PUT /v1/devices/scale-0007/assignment': ({ body, ifMatch }: Heard) => {
      house.sent.push({ body, ifMatch })
      return house.said
    },
  }
  const shown = await openPage(role, '', answers, look)
  return { ...shown, house }
}
