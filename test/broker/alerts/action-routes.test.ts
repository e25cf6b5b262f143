import { describe, expect, it } from 'vitest'
import { type AlertMessage, alertMessageSchema } from '../../../broker/contract/alert.ts'
import type { Role } from '../../../broker/rights/decide.ts'
import { at, message, NOW, pressure, reading, until } from '../core-fixture.ts'
import { HOUSE } from '../http/house.ts'
import { openWard } from '../http/ward.ts'

/** What people do with alerts over HTTP: the real core behind the real server. */

const HOUR = 3_600_000

async function openAlert(systolic = 145) {
  const ward = await openWard({
    ...HOUSE,
    organisations: [...HOUSE.organisations, { id: 'weights', title: 'Weights only' }],
    grants: [
      ...HOUSE.grants,
      { organisation: 'weights', citizen: 'citizen-1', kinds: ['weight'], from: at(-9000), purpose: 'care' },
      { organisation: 'clinic', citizen: 'citizen-2', from: at(-9000), purpose: 'treatment' },
    ],
  })
  const { core } = ward.house
  let sequence = 1
  const measure = async (value: number) => {
    core.clock.time += 60_000
    const iso = new Date(core.clock.time).toISOString()
    sequence += 1
    const made = reading(`r${sequence}`, { values: pressure(value), measuredAt: iso, receivedAt: iso })
    await core.send('hub-0001', message(sequence, [made]))
  }
  await measure(systolic)
  const alert = (): AlertMessage => {
    const rows = core.journal.database.prepare('SELECT message FROM alerts').all()
    return alertMessageSchema.parse(JSON.parse(String(rows[0]?.['message'])))
  }
  const path = (verb: string, citizen = 'citizen-1', id = alert().alert) =>
    `/v1/citizens/${citizen}/alerts/${id}/${verb}`
  return { ...ward, core, measure, alert, path }
}

describe('acknowledging over HTTP', () => {
  it('keeps what was done, by whom, and answers with the next version', async () => {
    const { send, alert, path, changesSince } = await openAlert()
    const written = changesSince()
    const answer = await send('clinic', 'nurse', 'POST', path('acknowledge'), { action: 'called her' }, '"1"')
    expect(answer).toMatchObject({
      status: 200,
      etag: '"2"',
      said: { state: 'acknowledged', revision: 2, acknowledged: { by: 'nurse-clinic', action: 'called her' } },
    })
    expect(alert()).toEqual(answer.said)
    expect(written()).toMatchObject([
      {
        action: 'alert.acknowledge',
        actor: 'nurse-clinic',
        role: 'nurse',
        organisation: 'clinic',
        citizen: 'citizen-1',
        subject: `${alert().alert}/2`,
        kinds: 'blood-pressure',
        purpose: 'treatment',
      },
    ])
  })

  it('is for one of two who saw the same; the other is told to look again', async () => {
    const { send, alert, path, changesSince } = await openAlert()
    const written = changesSince()
    const both = await Promise.all([
      send('clinic', 'nurse', 'POST', path('acknowledge'), { action: 'called her' }, '"1"'),
      send('clinic', 'physician', 'POST', path('acknowledge'), { action: 'called too' }, '"1"'),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412])
    expect(both.find(({ status }) => status === 412)?.said).toMatchObject({ error: { code: 'alert-changed' } })
    expect(alert().revision).toBe(2)
    expect(written()).toHaveLength(1)
  })

  it('refuses what has got worse since it was seen, and needs to know what was seen', async () => {
    const { send, measure, alert, path } = await openAlert()
    await measure(165)
    const body = { action: 'called her' }
    expect(await send('clinic', 'nurse', 'POST', path('acknowledge'), body, '"1"')).toMatchObject({ status: 412 })
    expect(await send('clinic', 'nurse', 'POST', path('acknowledge'), body)).toMatchObject({ status: 428 })
    expect(await send('clinic', 'nurse', 'POST', path('acknowledge'), body, '"two"')).toMatchObject({ status: 412 })
    expect(alert()).toMatchObject({ state: 'open', level: 'red', revision: 2 })
    expect(await send('clinic', 'nurse', 'POST', path('acknowledge'), { action: ' ' }, '"2"')).toMatchObject({
      status: 400,
      said: { error: { fields: [{ path: 'action', remedy: 'say what was done' }] } },
    })
  })

  it('is for who treats, a system among them; to all others there is no such alert', async () => {
    const { send, path, alert } = await openAlert()
    const may: readonly [organisation: string, role: Role | 'client', status: number][] = [
      ['clinic', 'technician', 404],
      ['clinic', 'auditor', 404],
      ['clinic', 'administrator', 404],
      ['other', 'nurse', 404],
      ['weights', 'nurse', 404],
      ['study', 'nurse', 404],
      ['study', 'client', 404],
      ['clinic', 'client', 200],
    ]
    for (const [organisation, role, status] of may) {
      const answer = await send(organisation, role, 'POST', path('acknowledge'), { action: 'called' }, '"1"')
      expect([organisation, role, answer.status]).toEqual([organisation, role, status])
    }
    expect(alert().acknowledged?.by).toBe('client-clinic')
  })

  it('does not find an alert below another citizen, nor one that does not exist, and writes down that it was tried', async () => {
    const { send, path, alert, changesSince } = await openAlert()
    const written = changesSince()
    const answers = await Promise.all([
      send('clinic', 'nurse', 'POST', path('acknowledge', 'citizen-2'), { action: 'called' }, '"1"'),
      send('clinic', 'nurse', 'POST', path('close', 'citizen-2'), { reason: 'handled' }, '"1"'),
      send('clinic', 'nurse', 'POST', path('acknowledge', 'citizen-1', 'nothing'), { action: 'called' }, '"1"'),
    ])
    for (const answer of answers) expect(answer).toMatchObject({ status: 404, said: answers[0]?.said })
    expect(alert()).toMatchObject({ state: 'open', revision: 1 })
    expect(written().map(({ action }) => action)).toEqual(Array(3).fill('alerts.handle.denied'))
  })

  it('does nothing when the audit cannot be written', async () => {
    const { send, path, alert, core } = await openAlert()
    core.journal.database.exec(
      `CREATE TEMP TRIGGER full BEFORE INSERT ON audit WHEN new.action = 'alert.acknowledge'
       BEGIN SELECT RAISE(ABORT, 'no room'); END`,
    )
    const answer = await send('clinic', 'nurse', 'POST', path('acknowledge'), { action: 'called' }, '"1"')
    expect(answer).toMatchObject({ status: 503, said: { error: { code: 'audit-failed' } } })
    expect(alert()).toMatchObject({ state: 'open', revision: 1 })
  })

  it('is told to subscribers at once', async () => {
    const { send, path, core } = await openAlert()
    const woken = core.woken.times
    await send('clinic', 'nurse', 'POST', path('acknowledge'), { action: 'called' }, '"1"')
    expect(core.woken.times).toBeGreaterThan(woken)
  })
})

describe('closing over HTTP', () => {
  it('ends the alert with a reason of the list, which is its purpose in the audit', async () => {
    const { send, path, alert, changesSince } = await openAlert()
    expect(await send('clinic', 'nurse', 'POST', path('close'), { reason: 'bored' }, '"1"')).toMatchObject({
      status: 400,
      said: { error: { code: 'body-invalid', fields: [{ path: 'reason' }] } },
    })
    const written = changesSince()
    const answer = await send('clinic', 'nurse', 'POST', path('close'), { reason: 'known-condition' }, '"1"')
    expect(answer).toMatchObject({ status: 200, etag: '"2"', said: { state: 'closed', cause: 'known-condition' } })
    expect(written()).toMatchObject([{ action: 'alert.close', citizen: 'citizen-1', purpose: 'known-condition' }])
    const again = await send('clinic', 'nurse', 'POST', path('close'), { reason: 'handled' }, '"2"')
    expect(again).toMatchObject({ status: 412, said: { error: { code: 'alert-changed' } } })
    expect(alert().revision).toBe(2)
  })
})

describe('a pause over HTTP', () => {
  const PAUSES = '/v1/citizens/citizen-1/pauses'
  const until2h = { reason: 'admission', to: new Date(NOW + 2 * HOUR).toISOString() }

  it('quiets what is raised meanwhile; ended early, it is told at once what it kept quiet', async () => {
    const { send, measure, alert, core, changesSince } = await openAlert(120)
    const written = changesSince()
    const { status, said } = await send('clinic', 'nurse', 'POST', PAUSES, until2h)
    expect([status, said]).toMatchObject([200, { reason: 'admission', by: 'nurse-clinic', suppressed: 0 }])
    const { id } = said as { id: string }
    await measure(145)
    expect(alert()).toMatchObject({ pausedBy: id })
    core.clock.time += 1
    const ended = await send('clinic', 'nurse', 'DELETE', `${PAUSES}/${id}`)
    expect(ended).toMatchObject({
      status: 200,
      said: { id, suppressed: 1, to: new Date(core.clock.time).toISOString() },
    })
    await until(() => alert().pausedBy === undefined)
    expect(written()).toMatchObject([
      { action: 'alerts.pause', citizen: 'citizen-1', subject: id, purpose: 'admission' },
      { action: 'alerts.resume', citizen: 'citizen-1', subject: id, purpose: 'treatment' },
    ])
  })

  it('covers red only when that was said twice', async () => {
    const { send, measure, alert } = await openAlert(120)
    const red = { ...until2h, includeRed: true }
    expect(await send('clinic', 'nurse', 'POST', PAUSES, red)).toMatchObject({
      status: 400,
      said: { error: { fields: [{ path: 'confirmRed', remedy: expect.stringContaining('second time') }] } },
    })
    await send('clinic', 'nurse', 'POST', PAUSES, until2h)
    await measure(165)
    expect(alert()).not.toHaveProperty('pausedBy')
    const sure = await send('clinic', 'nurse', 'POST', PAUSES, { ...red, confirmRed: true })
    expect(sure).toMatchObject({ status: 200, said: { includeRed: true } })
  })

  it('has an end within 30 days, and says which field is wrong', async () => {
    const { send } = await openAlert(120)
    const wrong = async (change: object) => {
      const { status, said } = await send('clinic', 'nurse', 'POST', PAUSES, { ...until2h, ...change })
      return [status, (said as { error: { fields: { path: string }[] } }).error.fields.map(({ path }) => path)]
    }
    expect(await wrong({ to: new Date(NOW + 31 * 24 * HOUR).toISOString() })).toEqual([400, ['to']])
    expect(await wrong({ to: undefined })).toEqual([400, ['to']])
    expect(await wrong({ from: new Date(NOW - HOUR).toISOString() })).toEqual([400, ['from']])
    expect(await wrong({ reason: 'noise' })).toEqual([400, ['reason']])
  })

  it('of another citizen is not there, for who may treat both', async () => {
    const { send } = await openAlert(120)
    const { said } = await send('clinic', 'nurse', 'POST', PAUSES, until2h)
    const { id } = said as { id: string }
    expect(await send('clinic', 'nurse', 'DELETE', `/v1/citizens/citizen-2/pauses/${id}`)).toMatchObject({
      status: 404,
    })
    expect(await send('other', 'nurse', 'DELETE', `${PAUSES}/${id}`)).toMatchObject({ status: 404 })
    expect(await send('clinic', 'auditor', 'POST', PAUSES, until2h)).toMatchObject({ status: 404 })
    expect(await send('study', 'physician', 'POST', PAUSES, until2h)).toMatchObject({ status: 404 })
  })
})
