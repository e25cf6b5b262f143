import { describe, expect, it } from 'vitest'
import type { Plan } from '../../../../broker/alerts/plan/plan.ts'
import { openPlanWatch } from '../../../../broker/alerts/plan/plan-watch.ts'
import type { PlanPreview } from '../../../../broker/clinic/shapes.ts'
import { at, NOW } from '../../core-fixture.ts'
import { HOUSE } from '../../http/house.ts'
import { openWard } from '../../http/ward.ts'

/** Plans over HTTP: the real core behind the real server. NOW is Sunday 1 March 2026, 13:00 in Denmark. */

const PATH = '/v1/citizens/citizen-1/plans'
const CUFF = `${PATH}/blood-pressure`
const DAY = 24 * 3_600_000
const MORNING = [{ from: '08:00', to: '10:00' }]
const daily = (more: object = {}) => ({
  phases: [{ schedule: { type: 'daily' }, windows: MORNING }],
  reason: 'agreed on the telephone',
  ...more,
})

async function stage() {
  const ward = await openWard({
    ...HOUSE,
    organisations: [...HOUSE.organisations, { id: 'weights', title: 'Weights only' }],
    grants: [
      ...HOUSE.grants,
      { organisation: 'weights', citizen: 'citizen-1', kinds: ['weight'], from: at(-9000), purpose: 'care' },
    ],
  })
  const { core } = ward.house
  const look = async () => {
    const { etag, said } = await ward.send('clinic', 'nurse', 'GET', PATH)
    return { tag: etag ?? '', plans: (said as { plans: Plan[] }).plans }
  }
  const set = async (body: object, path = CUFF) => ward.send('clinic', 'nurse', 'PUT', path, body, (await look()).tag)
  const end = async (path = CUFF) =>
    ward.send('clinic', 'nurse', 'DELETE', path, { reason: 'moved to a home' }, (await look()).tag)
  return { ...ward, core, look, set, end }
}

describe('a plan over HTTP', () => {
  it('holds from now on, by whoever set it, and is in the audit once', async () => {
    const { set, look, changesSince } = await stage()
    expect((await look()).plans).toEqual([])
    const written = changesSince()
    const answer = await set(daily())
    expect(answer).toMatchObject({ status: 200, said: { plans: [{ kind: 'blood-pressure' }] } })
    expect((await look()).plans).toEqual([
      {
        ...daily(),
        citizen: 'citizen-1',
        kind: 'blood-pressure',
        from: at(0),
        timeZone: 'Europe/Copenhagen',
        holidays: 'kept',
        alsoOff: [],
        graceMinutes: 60,
        unwatchedAfterHours: 24,
        author: 'nurse-clinic',
      },
    ])
    expect((await look()).tag).toBe(answer.etag)
    expect(written().filter(({ action }) => action === 'plan.set')).toMatchObject([
      {
        actor: 'nurse-clinic',
        citizen: 'citizen-1',
        subject: 'blood-pressure',
        kinds: 'blood-pressure',
        purpose: 'treatment',
      },
    ])
  })

  it('is watched by the running engine without a restart', async () => {
    const { set, end, core } = await stage()
    const { journal, registry, ingest, clock } = core
    const watch = openPlanWatch({
      journal,
      registry,
      hubs: () => [],
      tell: ingest.alerts.reconcile,
      clock: { monotonic: () => clock.time },
    })
    const look = (ms: number) => {
      clock.time = ms
      ingest.commit((now) => {
        while (watch.look(now));
      })
    }
    look(NOW)
    await set(daily())
    const liveADay = (from: number) => {
      for (let minutes = 0; minutes < 24 * 60; minutes += 1) look(from + minutes * 60_000)
    }
    const slots = () => journal.database.prepare('SELECT DISTINCT kind, opens FROM slot_verdicts').all()
    liveADay(NOW)
    expect(slots()).toEqual([{ kind: 'blood-pressure', opens: Date.parse('2026-03-02T07:00:00Z') }])
    await end()
    liveADay(NOW + DAY)
    expect(slots()).toHaveLength(1)
  })

  it('means from now when it says today, and is refused when it says earlier', async () => {
    const { set, look } = await stage()
    await set(daily({ from: '2026-03-01T00:00:00+01:00' }))
    expect((await look()).plans.map(({ from }) => from)).toEqual([at(0)])
    const wrong = await set(daily({ from: at(-26 * 60) }))
    expect(wrong).toMatchObject({ status: 400, said: { error: { fields: [{ path: 'from' }] } } })
  })

  it('takes the place of what was to begin then or later, which stays on record', async () => {
    const { set, look, core } = await stage()
    const tomorrow = '2026-03-01T23:00:00.000Z'
    await set(daily())
    await set(daily({ from: tomorrow, graceMinutes: 30 }))
    await set(daily({ from: tomorrow, graceMinutes: 15, reason: 'corrected' }))
    expect((await look()).plans.map(({ from, graceMinutes }) => [from, graceMinutes])).toEqual([
      [at(0), 60],
      [tomorrow, 15],
    ])
    expect(core.journal.database.prepare('SELECT from_at, author, reason FROM plan_endings').all()).toEqual([
      { from_at: tomorrow, author: 'nurse-clinic', reason: 'corrected' },
    ])
    core.clock.time += 60_000
    await set(daily({ graceMinutes: 0 }))
    expect((await look()).plans.map(({ graceMinutes }) => graceMinutes)).toEqual([0])
    expect(core.registry.isStale()).toBe(false)
  })

  it('ends, with what was to follow, for a reason that stays on record', async () => {
    const { set, end, look, core, changesSince } = await stage()
    await set(daily())
    await set(daily({ from: at(3 * 24 * 60), graceMinutes: 30 }))
    core.clock.time += 60_000
    const written = changesSince()
    expect(await end()).toMatchObject({ status: 200, said: { plans: [] } })
    expect(written().filter(({ action }) => action === 'plan.end')).toMatchObject([{ citizen: 'citizen-1' }])
    expect(core.journal.database.prepare('SELECT from_at, to_at FROM plans').all()).toEqual([
      { from_at: at(0), to_at: at(1) },
    ])
    expect(core.journal.database.prepare('SELECT from_at, reason FROM plan_endings ORDER BY from_at').all()).toEqual([
      { from_at: at(0), reason: 'moved to a home' },
      { from_at: at(3 * 24 * 60), reason: 'moved to a home' },
    ])
    expect(await end()).toMatchObject({ status: 400, said: { error: { fields: [{ path: 'kind' }] } } })
    core.clock.time += 60_000
    await set(daily())
    expect((await look()).plans).toHaveLength(1)
  })

  it('of two nurses who saw the same is set by one', async () => {
    const { send, look } = await stage()
    const { tag } = await look()
    const both = await Promise.all(
      [30, 90].map((graceMinutes) => send('clinic', 'nurse', 'PUT', CUFF, daily({ graceMinutes }), tag)),
    )
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412])
    expect((await look()).plans).toHaveLength(1)
    expect(await send('clinic', 'nurse', 'DELETE', CUFF, { reason: 'x' }, tag)).toMatchObject({ status: 412 })
    expect(await send('clinic', 'nurse', 'DELETE', CUFF, { reason: 'x' })).toMatchObject({ status: 428 })
  })

  it('is refused field by field', async () => {
    const { set } = await stage()
    const wrong = async (body: object, path?: string) => {
      const { status, said } = await set(body, path)
      return [status, (said as { error: { fields: { path: string }[] } }).error.fields.map((field) => field.path)]
    }
    const phase = { schedule: { type: 'daily' }, windows: [{ from: '10:00', to: '08:00' }] }
    expect(await wrong(daily({ phases: [phase] }))).toEqual([400, ['phases[0].windows[0].to']])
    expect(await wrong(daily({ to: at(-1) }))).toEqual([400, ['to']])
    expect(await wrong(daily({ from: at(10), to: at(5) }))).toEqual([400, ['to']])
    expect(await wrong(daily({ reason: '' }))).toEqual([400, ['reason']])
    expect(await wrong(daily({ author: 'somebody else' }))).toEqual([400, ['body']])
    expect(await wrong(daily(), `${PATH}/mood`)).toEqual([400, ['kind']])
  })

  it('is set by nurses and physicians with a grant for the kind', async () => {
    const { send, look } = await stage()
    const { tag } = await look()
    const status = async (organisation: string, role: 'nurse' | 'client' | 'auditor' | 'technician') =>
      (await send(organisation, role, 'PUT', CUFF, daily(), tag)).status
    for (const role of ['client', 'auditor', 'technician'] as const) expect(await status('clinic', role)).toBe(404)
    for (const organisation of ['other', 'study', 'weights']) expect(await status(organisation, 'nurse')).toBe(404)
    expect((await send('study', 'client', 'GET', PATH)).status).toBe(404)
    await send('clinic', 'physician', 'PUT', CUFF, daily(), tag)
    expect((await send('clinic', 'client', 'GET', PATH)).said).toMatchObject({
      plans: [{ author: 'physician-clinic' }],
    })
    expect((await send('weights', 'nurse', 'GET', PATH)).said).toEqual({ plans: [] })
  })
})

describe('a preview', () => {
  it('has the slots of the next 28 days, and keeps nothing', async () => {
    const { send, look, changesSince } = await stage()
    const written = changesSince()
    const weekdays = [{ schedule: { type: 'weekdays', on: ['mo', 'we'] }, windows: MORNING }]
    const answer = await send('clinic', 'nurse', 'POST', `${CUFF}/preview`, daily({ phases: weekdays }))
    const { slots } = answer.said as PlanPreview
    expect(slots).toHaveLength(8)
    // The clock is turned on 29 March: 08:00 in Denmark is an hour earlier then.
    expect([slots[0], slots.at(-1)?.opens]).toEqual([
      { opens: '2026-03-02T07:00:00.000Z', closes: '2026-03-02T09:00:00.000Z', due: '2026-03-02T10:00:00.000Z' },
      '2026-03-25T07:00:00.000Z',
    ])
    expect(slots.every(({ opens }) => Date.parse(opens) < NOW + 28 * DAY)).toBe(true)
    expect((await look()).plans).toEqual([])
    expect(written()[0]).toMatchObject({ action: 'plan.preview', citizen: 'citizen-1', kinds: 'blood-pressure' })
    expect((await send('clinic', 'client', 'POST', `${CUFF}/preview`, daily())).status).toBe(404)
  })
})
