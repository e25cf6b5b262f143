import { describe, expect, test } from 'vitest'
import { type Fleet, fleetSchema } from '../../../broker/clinic/shapes.ts'
import { byTrouble, troublesOf } from '../../../broker/clinic/troubles.ts'
import { at, message, NOW, pressure, reading } from '../core-fixture.ts'
import { HOUSE, type House, openHouse } from '../http/house.ts'

/** The fleet as a technician of a real broker gets it. */

async function fleet(house: House, organisation = 'clinic', role: 'technician' | 'administrator' = 'technician') {
  const answer = await house.get('/v1/fleet', await house.token(organisation, role))
  expect(answer.status).toBe(200)
  const text = await answer.text()
  // Whatever else is in it: nobody and nothing measured.
  expect(text).not.toMatch(/citizen-|systolic|120|Jens/)
  return fleetSchema.parse(JSON.parse(text))
}

const hubsOf = ({ hubs }: Fleet) => hubs.map(({ hub }) => hub).sort()

const HOMES = {
  ...HOUSE,
  hubs: [...HOUSE.hubs, { id: 'hub-0003' }, { id: 'hub-0004' }],
  devices: [
    ...HOUSE.devices.filter(({ id }) => id !== 'scale-0001'),
    { id: 'scale-0001', hub: 'hub-0002', driver: 'weight-scale-service' },
    { id: 'cuff-0003', hub: 'hub-0003', driver: 'blood-pressure-service' },
  ],
}
const ONE_CLINIC = {
  ...HOMES,
  organisations: HOMES.organisations.map((one) => (one.id === 'other' ? { ...one, type: 'gp' } : one)),
}
const MORNINGS = {
  citizen: 'citizen-1',
  kind: 'blood-pressure',
  from: at(-9000),
  phases: [{ schedule: { type: 'daily' }, windows: [{ from: '08:00', to: '10:00' }] }],
  author: 'physician-1',
  reason: 'heart failure',
}

describe('the fleet', () => {
  test('is the hubs in the homes of the own citizens, and nobody else sees them', async () => {
    const house = await openHouse(undefined, HOMES)
    expect(hubsOf(await fleet(house))).toEqual(['hub-0001'])
    expect(hubsOf(await fleet(house, 'other'))).toEqual(['hub-0002'])
    expect(hubsOf(await fleet(house, 'clinic', 'administrator'))).toEqual(['hub-0001'])
    const study = await house.get('/v1/fleet', await house.token('study', 'technician'))
    expect(study.status).toBe(403)
  })

  test('has what is in nobody’s home for the only clinic there is', async () => {
    const house = await openHouse(undefined, ONE_CLINIC)
    expect(hubsOf(await fleet(house))).toEqual(['hub-0001', 'hub-0003', 'hub-0004'])
    expect(hubsOf(await fleet(house, 'other'))).toEqual(['hub-0002'])
  })

  test('has a hub whose installation names an own citizen, before any device is assigned', async () => {
    const house = await openHouse(undefined, HOMES)
    const insert = house.core.journal.database.prepare('INSERT INTO installations VALUES (?, ?, ?, 1, ?, ?)')
    const wish = (slots: object[]) =>
      JSON.stringify({ installation: 'home-1', hub: 'hub-0003', citizen: 'citizen-2', devices: [{ id: 'x', slots }] })
    insert.run('home-1', 'hub-0003', wish([{ slot: 1, citizen: 'citizen-1' }]), 'registered', at(0))
    insert.run('home-2', 'hub-0004', wish([{ slot: 1, citizen: 'citizen-1' }]), 'ended', at(0))
    const { hubs } = await fleet(house)
    expect(hubs.map(({ hub }) => hub).sort()).toEqual(['hub-0001', 'hub-0003'])
    expect(hubs.find(({ hub }) => hub === 'hub-0003')?.installation).toEqual({
      id: 'home-1',
      state: 'registered',
      revision: 1,
    })
  })

  test('loses a hub with the grant', async () => {
    const house = await openHouse(undefined, HOMES)
    house.core.clock.time += 60_000
    house.core.apply({ ...HOMES, grants: HOMES.grants.map((grant) => ({ ...grant, to: at(0) })) })
    expect(hubsOf(await fleet(house))).toEqual([])
  })

  test('says when a hub was last heard: its newest message, or the last look before the broker was started anew', async () => {
    const house = await openHouse(undefined, HOMES)
    const heard = async () => (await fleet(house)).hubs[0]?.lastHeard
    expect(await heard()).toBeUndefined()
    const state = Buffer.from(JSON.stringify({ state: 'online', session: 1 }))
    house.states.accept('hub-0001', 'state', undefined, state, 'first')
    house.states.heard('hub-0001', NOW - 5_000)
    expect(await heard()).toBe(new Date(NOW - 5_000).toISOString())
    const look = house.core.journal.database.prepare(
      'INSERT INTO hub_watch (hub, last_heard) VALUES (?1, ?2) ON CONFLICT (hub) DO UPDATE SET last_heard = ?2',
    )
    look.run('hub-0001', NOW - 60_000)
    expect(await heard()).toBe(new Date(NOW - 5_000).toISOString())
    look.run('hub-0001', NOW - 1_000)
    expect(await heard()).toBe(new Date(NOW - 1_000).toISOString())
  })

  test('says what is wrong, the worst hub first, and tells a device that is nobody’s', async () => {
    const house = await openHouse(undefined, ONE_CLINIC)
    const tell = (hub: string, channel: 'state' | 'health', payload: object) =>
      house.states.accept(hub, channel, undefined, Buffer.from(JSON.stringify(payload)), 'first')
    tell('hub-0001', 'state', { state: 'online', session: 1 })
    tell('hub-0003', 'state', { state: 'offline', session: 1, since: at(-60) })
    tell('hub-0001', 'health', {
      bootId: 'b',
      uptimeS: 5,
      version: '1.2.3',
      clock: { synced: false },
      outbox: { epoch: '0123456789abcdef', lastSequence: 9, unsent: 4, oldestUnsentS: 1_000 },
      counts: { decoded: 9, duplicate: 0, rejected: 0, receipted: 5, sessions: 1, sessionFailures: 0 },
      memory: { rssBytes: 1 },
      disk: { freeBytes: 1, usedPercent: 93, alarm: 'nearly-full' },
    })
    const insert = house.core.journal.database.prepare(
      'INSERT INTO certificates (fingerprint, account, valid_to, issued_at, pem) VALUES (?, ?, ?, ?, ?)',
    )
    insert.run('f1', 'hub-0004', at(60 * 24 * 10), at(-9), '')
    const { hubs } = await fleet(house)
    expect(hubs.map(({ hub, troubles }) => [hub, troubles])).toEqual([
      ['hub-0003', ['offline']],
      ['hub-0001', ['disk', 'unsent', 'clock']],
      ['hub-0004', ['certificate', 'unheard']],
    ])
    expect(hubs[1]).toMatchObject({ version: '1.2.3', unsent: 4, diskPercent: 93, clockSynced: false, uptimeS: 5 })
    expect(hubs[2]?.certificateEndsAt).toBe(at(60 * 24 * 10))
    expect(hubs[0]?.devices).toMatchObject([{ device: 'cuff-0003', assigned: false }])
    expect(hubs[1]?.devices.find(({ device }) => device === 'cuff-0001')?.assigned).toBe(true)
  })

  test('says until when a device may stay silent, where its plan may be read; of the plan nothing else', async () => {
    const planned = { ...ONE_CLINIC, plans: [MORNINGS, { ...MORNINGS, citizen: 'citizen-2' }] }
    const house = await openHouse(undefined, planned)
    const measured = reading('a', { measuredAt: at(-1440) })
    await house.core.send('hub-0001', message(1, [measured]))
    const expected = async () => {
      const { hubs } = await fleet(house)
      return hubs.flatMap(({ devices }) => devices.map(({ device, expectedBy }) => [device, expectedBy]))
    }
    expect(await expected()).toEqual([
      ['cuff-0001', at(-120)],
      ['cuff-0003', undefined],
    ])
    expect((await fleet(house)).hubs.find(({ hub }) => hub === 'hub-0001')?.troubles).toEqual(['unheard'])
    const asText = await (await house.get('/v1/fleet', await house.token('clinic', 'technician'))).text()
    expect(asText).not.toMatch(/08:00|daily|blood-pressure"|physician|heart failure/)

    // A pause is known at once, and a plan that has changed.
    house.core.journal.database
      .prepare(`INSERT INTO pauses (id, citizen, reason, from_at, to_at, include_red, author, created_at)
        VALUES ('pause-1', 'citizen-1', 'travel', ?, ?, 0, 'nurse-1', ?)`)
      .run(at(-600), at(60), at(-600))
    expect((await expected())[0]).toEqual(['cuff-0001', at(1440 - 120)])
    house.core.apply({ ...planned, plans: [{ ...MORNINGS, to: at(0) }] })
    expect((await expected())[0]).toEqual(['cuff-0001', undefined])
  })

  test('expects nothing by a plan that the organisation may not read, nor by what a former user of a device agreed to', async () => {
    const grants = (kinds: string[]) =>
      ONE_CLINIC.grants.map((grant) => (grant.organisation === 'clinic' ? { ...grant, kinds } : grant))
    const expected = async (change: object) => {
      const house = await openHouse(undefined, { ...ONE_CLINIC, plans: [MORNINGS], ...change })
      await house.core.send('hub-0001', message(1, [reading('a', { measuredAt: at(-1440) })]))
      const { hubs } = await fleet(house)
      const shown = hubs.flatMap(({ devices }) => devices).find(({ device }) => device === 'cuff-0001')
      return shown?.expectedBy
    }
    expect(await expected({ grants: grants(['blood-pressure']) })).toBe(at(-120))
    expect(await expected({ grants: grants(['weight']) })).toBeUndefined()
    const ended = ONE_CLINIC.assignments.map((one) => (one.device === 'cuff-0001' ? { ...one, to: at(-60) } : one))
    expect(await expected({ assignments: ended })).toBeUndefined()
  })

  test('shows readings that are nobody’s yet, of the own hubs, and what happened to them', async () => {
    const house = await openHouse(undefined, HOMES)
    const unknown = { device: 'cuff-0009', slot: 2, values: pressure(120) }
    await house.core.send(
      'hub-0001',
      message(1, [
        reading('a', { ...unknown, measuredAt: at(-30) }),
        reading('b', { ...unknown, measuredAt: at(-20) }),
        reading('c', { ...unknown, kind: 'weight', measuredAt: at(-10) }),
        reading('d', { device: 'cuff-0003', measuredAt: at(-5) }),
      ]),
    )
    await house.core.send('hub-0002', message(1, [reading('e', { device: 'cuff-0001', measuredAt: at(-5) })]))
    const event = house.core.journal.database.prepare(
      'INSERT INTO technical_events (at, kind, subject, occasion) VALUES (?, ?, ?, ?)',
    )
    for (const subject of ['hub-0001', 'hub-0002', 'server']) event.run(at(0), 'clone-suspected', subject, '1')
    const { held, events } = await fleet(house)
    expect(held).toEqual([
      {
        device: 'cuff-0003',
        hub: 'hub-0001',
        reason: 'device-at-other-hub',
        kinds: ['blood-pressure'],
        count: 1,
        oldest: at(-5),
        newest: at(-5),
      },
      {
        device: 'cuff-0009',
        hub: 'hub-0001',
        slot: 2,
        reason: 'device-unknown',
        kinds: ['blood-pressure', 'weight'],
        count: 3,
        oldest: at(-30),
        newest: at(-10),
      },
    ])
    expect(events.map(({ subject }) => subject)).toEqual(['hub-0001'])
  })
})

test('a trouble is named when its bound is passed, and not before', () => {
  const fine = { state: 'online', devices: [] } as const
  const said = (change: Partial<Parameters<typeof troublesOf>[0]>) => troublesOf({ ...fine, ...change }, NOW)
  expect(said({})).toEqual([])
  expect(said({ oldestUnsentS: 900 })).toEqual([])
  expect(said({ oldestUnsentS: 901 })).toEqual(['unsent'])
  expect(said({ certificateEndsAt: at(20 * 1440) })).toEqual([])
  expect(said({ certificateEndsAt: at(20 * 1440 - 1) })).toEqual(['certificate'])
  expect(said({ radio: { state: 'ready', silentForS: 10 } })).toEqual([])
  expect(said({ radio: { state: 'ready', silentForS: 10, step: 'power' } })).toEqual(['radio'])
  expect(said({ update: { state: 'on-trial', version: '2' } })).toEqual([])
  expect(said({ devices: [{ batteryPercent: 11, clockOffsetMs: 3_600_000 }] })).toEqual([])
  expect(said({ devices: [{ batteryPercent: 10, clockOffsetMs: -3_600_001, problem: 'x' }] })).toEqual([
    'device-problem',
    'device-battery',
    'device-clock',
  ])
  const sorted = [[], ['device-battery'], ['offline'], ['offline', 'clock']] as const
  expect(sorted.toSorted(byTrouble)).toEqual([['offline', 'clock'], ['offline'], ['device-battery'], []])
})
