import { describe, expect, test } from 'vitest'
import { openAlertActions } from '../../../broker/alerts/actions.ts'
import { openTrail } from '../../../broker/audit/trail.ts'
import { type Overview, overviewSchema } from '../../../broker/clinic/shapes.ts'
import { openRegistry } from '../../../broker/registry.ts'
import { at, message, NOW, pressure, reading } from '../core-fixture.ts'
import { HOUSE, type House, openHouse } from '../http/house.ts'

/** A citizen as the nurse of a real broker gets it. */

const FROM = at(-90 * 1440)
const decided = { from: FROM, author: 'physician-1', reason: 'heart failure' }
const RULES = [
  {
    id: 'limits-systolic',
    type: 'limits',
    title: 'Systolic pressure',
    quantity: 'systolic',
    limits: { warningHigh: 150, alertHigh: 170 },
  },
  {
    id: 'systolic-rise',
    type: 'change',
    title: 'Rise of the systolic pressure',
    quantity: 'systolic',
    direction: 'rise',
    measure: 'points',
    yellow: 40,
  },
  {
    id: 'weight-gain',
    type: 'gain',
    title: 'Gain of weight',
    quantity: 'weight',
    windows: [{ days: 3, yellow: 2 }],
    average: { days: 28, yellow: 3 },
  },
]
const WATCHED = {
  ...HOUSE,
  templates: [{ template: 'heart', title: 'Heart failure', note: 'For tests.', ...decided, rules: RULES }],
  watches: [{ citizen: 'citizen-1', template: 'heart', organisation: 'clinic', ...decided }],
  limits: [],
  plans: [
    {
      citizen: 'citizen-1',
      kind: 'blood-pressure',
      phases: [{ schedule: { type: 'daily' }, windows: [{ from: '08:00', to: '10:00' }] }],
      ...decided,
    },
  ],
}

async function overview(house: House, organisation = 'clinic'): Promise<Overview> {
  const answer = await house.get('/v1/citizens/citizen-1/overview', await house.token(organisation, 'nurse'))
  expect(answer.status).toBe(200)
  return overviewSchema.parse(await answer.json())
}

/** A month of mornings around 120, stored as they came. */
async function aMonth(document: object = WATCHED): Promise<House> {
  const house = await openHouse(undefined, document)
  const { core } = house
  for (let day = 30; day >= 1; day--) {
    core.clock.time = NOW - day * 86_400_000
    const measuredAt = new Date(core.clock.time).toISOString()
    const one = reading(`day-${day}`, { values: pressure(118 + (day % 5)), measuredAt, receivedAt: measuredAt })
    await core.send('hub-0001', message(31 - day, [one]))
  }
  core.clock.time = NOW
  return house
}

describe('the overview of a citizen', () => {
  test('says which rules hold and who set each value', async () => {
    const house = await aMonth()
    house.core.apply({
      limits: [
        { citizen: 'citizen-1', quantity: 'systolic', warningHigh: 145, alertHigh: 165, ...decided, from: at(-60) },
      ],
    })
    const { rules, watching, kinds } = await overview(house)
    expect(watching).toEqual([{ template: 'heart' }])
    expect(kinds).toContain('blood-pressure')
    const limits = rules.find(({ id }) => id === 'limits-systolic')
    expect(limits).toMatchObject({
      title: 'Systolic pressure',
      type: 'limits',
      quantities: ['systolic'],
      limits: { warningHigh: 145, alertHigh: 165 },
      origins: {
        'limits.warningHigh': { level: 'limits', scope: 'citizen-1', from: at(-60), author: 'physician-1' },
        title: { level: 'template', scope: 'heart' },
      },
    })
  })

  test('shows the normal as the engine has learned it, around the median of the stable days', async () => {
    const { normals } = await overview(await aMonth())
    expect(normals).toHaveLength(1)
    const [band] = normals
    expect(band).toMatchObject({ quantity: 'systolic', median: 120, enrolment: 120 })
    expect(band?.low).toBeCloseTo(120 - 2 * 1.4826, 6)
    expect(band?.high).toBeCloseTo(120 + 2 * 1.4826, 6)
  })

  test('shows alerts and pauses, and how many nobody was called for', async () => {
    const house = await aMonth()
    const { journal, clock, ingest } = house.core
    const registry = openRegistry(journal)
    const actions = openAlertActions({ journal, registry, clock, audit: openTrail(journal, clock) })
    const by = { type: 'user', id: 'nurse-clinic', organisation: 'clinic', role: 'nurse' } as const
    ingest.act(() => actions.pause({ citizen: 'citizen-1', reason: 'travel', to: at(600) }, by))
    const warned = reading('high', { values: pressure(155), measuredAt: at(1), receivedAt: at(1) })
    clock.time += 120_000
    await house.core.send('hub-0001', message(40, [warned]))
    const { alerts, pauses } = await overview(house)
    expect(alerts).toMatchObject([{ rule: { id: 'limits-systolic' }, level: 'yellow', state: 'open' }])
    expect(pauses).toMatchObject([{ reason: 'travel', to: at(600), by: 'nurse-clinic', suppressed: 1 }])
  })

  test('shows plan, missed slots with their cause, devices and hubs', async () => {
    const house = await aMonth()
    const { journal } = house.core
    const opens = Date.parse('2026-02-28T07:00:00.000Z')
    const insert = journal.database.prepare('INSERT INTO slot_verdicts VALUES (?, ?, ?, ?, ?)')
    const verdict = (state: string, cause?: string) => JSON.stringify({ state, ...(cause && { cause }) })
    insert.run('citizen-1', 'blood-pressure', opens, opens + 1, verdict('unknown', 'hub-offline'))
    insert.run('citizen-1', 'blood-pressure', opens, opens + 2, verdict('missed', 'not-measured'))
    insert.run('citizen-1', 'blood-pressure', opens - 86_400_000, opens, verdict('filled'))
    journal.database.prepare('INSERT INTO hub_watch (hub, last_heard) VALUES (?, ?)').run('hub-0001', NOW - 60_000)
    const state = { state: 'online', session: 1, since: at(-500) }
    house.states.accept('hub-0001', 'state', undefined, Buffer.from(JSON.stringify(state)), 'first')
    const told = { driver: 'blood-pressure-service', model: 'M6', batteryPercent: 60, lastSeen: at(-3) }
    house.states.accept('hub-0001', 'devices', 'cuff-0001', Buffer.from(JSON.stringify(told)), 'later')
    const { plans, missed, devices, hubs } = await overview(house)
    expect(plans).toMatchObject([{ kind: 'blood-pressure', author: 'physician-1' }])
    expect(missed).toEqual([
      {
        kind: 'blood-pressure',
        opens: '2026-02-28T07:00:00.000Z',
        due: '2026-02-28T10:00:00.000Z',
        state: 'missed',
        cause: 'not-measured',
      },
    ])
    expect(devices).toEqual([
      {
        device: 'cuff-0001',
        driver: 'blood-pressure-service',
        hub: 'hub-0001',
        model: 'M6',
        batteryPercent: 60,
        lastSeen: at(-3),
        lastReading: at(-1440),
        // The window of this morning and its grace are over.
        expectedBy: at(-120),
      },
    ])
    expect(hubs).toEqual([{ hub: 'hub-0001', state: 'online', since: at(-500), lastHeard: at(-1) }])
  })

  test('shows of each part only the kinds that were granted', async () => {
    const house = await aMonth()
    house.core.apply({
      ...WATCHED,
      grants: [{ organisation: 'other', citizen: 'citizen-1', kinds: ['weight'], from: at(-9000), purpose: 'care' }],
    })
    const alerting = reading('high', { values: pressure(190), measuredAt: at(-1) })
    await house.core.send('hub-0001', message(40, [alerting]))
    const shown = await overview(house, 'other')
    expect(shown).toMatchObject({ kinds: ['weight'], latest: [], alerts: [], normals: [], plans: [], missed: [] })
    expect(shown.rules.map(({ id }) => id)).toEqual(['weight-gain'])
    expect(shown.devices).toEqual([{ device: 'cuff-0001', driver: 'blood-pressure-service', hub: 'hub-0001' }])
    expect((await overview(house)).alerts).toHaveLength(2)
  })

  test('expects a device again by the plan for what it measured last of the citizen, and no other device', async () => {
    const house = await aMonth({
      ...WATCHED,
      devices: [...WATCHED.devices, { id: 'cuff-0002', hub: 'hub-0001', driver: 'blood-pressure-service' }],
      assignments: [...WATCHED.assignments, { device: 'cuff-0002', citizen: 'citizen-1', from: FROM }],
    })
    const { core } = house
    const expected = async () =>
      Object.fromEntries((await overview(house)).devices.map(({ device, expectedBy }) => [device, expectedBy]))
    let seq = 100
    const measure = (change: Partial<Parameters<typeof reading>[1]>) => {
      seq++
      return core.send('hub-0001', message(seq, [reading(`use-${seq}`, change)]))
    }
    const overdue = { 'cuff-0001': at(-120), 'cuff-0002': undefined }
    expect(await expected()).toEqual(overdue)

    // No measurement of the citizen by a device: nothing was waited for less.
    await measure({ status: ['control-solution'] })
    await measure({ values: { systolic: { absent: 'not-a-number' }, diastolic: { absent: 'not-a-number' } } })
    const typed = { kind: 'blood-pressure', values: { systolic: 120, diastolic: 80 }, measuredAt: at(-3) }
    const init = { method: 'POST', body: JSON.stringify(typed), headers: { 'content-type': 'application/json' } }
    const answer = await house.get('/v1/citizens/citizen-1/readings', await house.token('clinic', 'nurse'), init)
    expect(answer.status).toBe(200)
    expect(await expected()).toEqual(overdue)

    // By a clock that runs a year ahead; it happened when the hub got it.
    await measure({ measuredAt: at(365 * 1440), receivedAt: at(-2000) })
    expect(await expected()).toEqual(overdue)
    await measure({ measuredAt: at(-1) })
    expect(await expected()).toEqual({ 'cuff-0001': at(1440 - 120), 'cuff-0002': undefined })

    core.clock.time += 60_000
    await measure({ device: 'cuff-0002', measuredAt: at(0), receivedAt: at(0) })
    expect(await expected()).toEqual({ 'cuff-0001': undefined, 'cuff-0002': at(1440 - 120) })
  })

  test('is not for research, nor for who has no grant', async () => {
    const house = await openHouse()
    for (const organisation of ['study', 'other']) {
      const token = await house.token(organisation, 'nurse')
      expect((await house.get('/v1/citizens/citizen-1/overview', token)).status).toBe(404)
    }
  })
})
