import { describe, expect, test } from 'vitest'
import { at, count, message, reading, until } from '../core-fixture.ts'
import { HOUSE } from '../http/house.ts'
import { openWard, type Ward } from '../http/ward.ts'

/** A technician says whose readings a device gives. */

const DOCUMENT = {
  ...HOUSE,
  citizens: [...HOUSE.citizens, { id: 'citizen-3' }],
  devices: [...HOUSE.devices, { id: 'spare-0001', hub: 'hub-0001', driver: 'blood-pressure-service' }],
  grants: [
    ...HOUSE.grants,
    { organisation: 'clinic', citizen: 'citizen-3', from: '2026-01-01T00:00:00Z', purpose: 'treatment' },
  ],
}

const put = (ward: Ward, device: string, body: unknown, match?: string, role: 'technician' | 'nurse' = 'technician') =>
  ward.send('clinic', role, 'PUT', `/v1/devices/${device}/assignment`, body, match)
const look = (ward: Ward, device: string) =>
  ward.send('clinic', 'technician', 'GET', `/v1/devices/${device}/assignment`)

const assignments = ({ house }: Ward, device: string) =>
  house.core.journal.database
    .prepare('SELECT slot, citizen, from_at, to_at FROM assignments WHERE device = ? ORDER BY slot, from_at')
    .all(device)

describe('assigning a device', () => {
  test('releases the readings that were held for it, from the named time on, to the citizen', async () => {
    const ward = await openWard(DOCUMENT)
    const { core } = ward.house
    await core.send(
      'hub-0001',
      message(1, [
        reading('before', { device: 'spare-0001', measuredAt: at(-90) }),
        reading('after', { device: 'spare-0001', measuredAt: at(-30) }),
      ]),
    )
    const changes = ward.changesSince()
    const told = await put(ward, 'spare-0001', { citizen: 'citizen-3', from: at(-60) })
    expect(told).toMatchObject({
      status: 200,
      said: {
        device: 'spare-0001',
        hub: 'hub-0001',
        assignments: [{ citizen: 'citizen-3', from: at(-60) }],
        released: 1,
      },
    })
    expect(told.etag).toBe((await look(ward, 'spare-0001')).etag)
    await until(() => count(core.journal, 'readings', `citizen = 'citizen-3'`) === 1)
    expect(count(core.journal, 'readings', `state = 'held'`)).toBe(1)
    expect(changes()[0]).toMatchObject({
      action: 'device.assign',
      actor: 'technician-clinic',
      citizen: 'citizen-3',
      subject: 'spare-0001',
      from_at: at(-60),
      count: 1,
      criticality: 'important',
    })
    expect(changes().filter(({ action }) => action === 'device.assign')).toHaveLength(1)
  })

  test('registers a device that nobody knew at the hub that brings its readings', async () => {
    const ward = await openWard(DOCUMENT)
    const { core } = ward.house
    await core.send('hub-0001', message(1, [reading('a', { device: 'new-cuff', slot: 2, measuredAt: at(-30) })]))
    const told = await put(ward, 'new-cuff', { citizen: 'citizen-3', slot: 2, from: at(-60) })
    expect(told).toMatchObject({ status: 200, said: { driver: 'blood-pressure-service', released: 1 } })
    await until(() => count(core.journal, 'readings', `citizen = 'citizen-3'`) === 1)
  })

  test('ends the former assignment, for who says that he saw it', async () => {
    const ward = await openWard(DOCUMENT)
    const body = { citizen: 'citizen-3', from: at(5) }
    const unseen = await put(ward, 'cuff-0001', body)
    expect(unseen).toMatchObject({ status: 428, said: { error: { code: 'precondition-missing' } } })
    expect(await put(ward, 'cuff-0001', body, '"something-else"')).toMatchObject({ status: 412 })
    const { etag, said } = await look(ward, 'cuff-0001')
    expect(said).toMatchObject({ assignments: [{ citizen: 'citizen-1' }] })
    const [one, two] = await Promise.all([
      put(ward, 'cuff-0001', body, etag ?? ''),
      put(ward, 'cuff-0001', { ...body, from: at(6) }, etag ?? ''),
    ])
    expect([one.status, two.status].sort()).toEqual([200, 412])
    expect(assignments(ward, 'cuff-0001')).toMatchObject([
      { citizen: 'citizen-1', to_at: one.status === 200 ? at(5) : at(6) },
      { citizen: 'citizen-3', to_at: null },
    ])
  })

  test('does not take readings from anybody: what was given since stays, and the time is refused', async () => {
    const ward = await openWard(DOCUMENT)
    await ward.house.core.send('hub-0001', message(1, [reading('a', { measuredAt: at(-30) })]))
    const { etag } = await look(ward, 'cuff-0001')
    const told = await put(ward, 'cuff-0001', { citizen: 'citizen-3', from: at(-60) }, etag ?? '')
    expect(told).toMatchObject({ status: 400, said: { error: { fields: [{ path: 'from' }] } } })
    expect(assignments(ward, 'cuff-0001')).toHaveLength(1)
    expect((await put(ward, 'cuff-0001', { citizen: 'citizen-3', from: at(-29) }, etag ?? '')).status).toBe(200)
  })

  test('the same again changes nothing', async () => {
    const ward = await openWard(DOCUMENT)
    const again = await put(ward, 'cuff-0001', { citizen: 'citizen-1', from: at(0) })
    expect(again).toMatchObject({ status: 200, said: { released: 0 } })
    expect(assignments(ward, 'cuff-0001')).toMatchObject([{ citizen: 'citizen-1', to_at: null }])
  })

  test('refuses by field what somebody else would have to decide', async () => {
    const ward = await openWard(DOCUMENT)
    const { etag } = await look(ward, 'cuff-0001')
    const refused = async (body: object) => {
      const { status, said } = await put(ward, 'cuff-0001', { citizen: 'citizen-3', from: at(0), ...body }, etag ?? '')
      const { fields } = (said as { error: { fields?: { path: string }[] } }).error
      return [status, fields?.map(({ path }) => path)]
    }
    expect(await refused({ slot: 1 })).toEqual([400, ['slot']])
    expect(await refused({ from: '2025-12-01T00:00:00Z' })).toEqual([400, ['from']])
    expect(await refused({ from: 'today' })).toEqual([400, ['from']])
    expect(await refused({ slot: 300 })).toEqual([400, ['slot']])
  })

  test('is for technicians, own citizens and own hubs: all else is not there', async () => {
    const ward = await openWard(DOCUMENT)
    const body = { citizen: 'citizen-3', from: at(0) }
    expect((await put(ward, 'spare-0001', body, undefined, 'nurse')).status).toBe(403)
    const rows = ward.changesSince()
    for (const [device, citizen] of [
      ['spare-0001', 'citizen-2'],
      ['spare-0001', 'citizen-9'],
      ['nothing-1', 'citizen-3'],
    ]) {
      const told = await put(ward, device ?? '', { ...body, citizen })
      expect([device, citizen, told.status]).toEqual([device, citizen, 404])
    }
    const foreign = await ward.send('other', 'technician', 'PUT', '/v1/devices/cuff-0009/assignment', body)
    expect(foreign.status).toBe(404)
    expect(rows().map(({ action }) => action)).toEqual(Array(4).fill('hubs.provision.denied'))
    expect(assignments(ward, 'spare-0001')).toEqual([])
  })
})
