import { describe, expect, it } from 'vitest'
import type { DryRunAnswer, LimitsAnswer } from '../../../broker/clinic/shapes.ts'
import type { RawReading } from '../../../device-drivers/reading.ts'
import { at, message, NOW, pressure, reading, until } from '../core-fixture.ts'
import { HOUSE } from '../http/house.ts'
import { openWard } from '../http/ward.ts'

/** A physician sets limits over HTTP, and the running core judges by them. */

const PATH = '/v1/citizens/citizen-1/limits'
const DAY = 24 * 3_600_000
const TEMPLATE = {
  template: 'copd',
  title: 'COPD',
  note: 'of this test',
  from: '2026-01-01T00:00:00Z',
  author: 'doctor',
  reason: 'start',
  rules: [
    { id: 'limits-pulse-rate', type: 'limits', title: 'Pulse', quantity: 'pulseRate', limits: { warningHigh: 110 } },
  ],
}

async function stage(more: object = {}) {
  const ward = await openWard({
    ...HOUSE,
    organisations: [...HOUSE.organisations, { id: 'weights', title: 'Weights only' }],
    templates: [TEMPLATE],
    watches: [{ citizen: 'citizen-1', template: 'copd', from: at(-9000), author: 'doctor', reason: 'start' }],
    grants: [
      ...HOUSE.grants,
      { organisation: 'weights', citizen: 'citizen-1', kinds: ['weight'], from: at(-9000), purpose: 'care' },
    ],
    ...more,
  })
  const { core } = ward.house
  let sequence = 0
  const store = async (readings: readonly RawReading[]) => {
    const first = sequence + 1
    sequence += readings.length
    await core.send('hub-0001', message(first, readings))
  }
  const made = (ms: number, values: RawReading['values']) => {
    const iso = new Date(ms).toISOString()
    return reading(`${ms}`, { values, measuredAt: iso, receivedAt: iso })
  }
  const measure = async (systolic: number) => {
    core.clock.time += 60_000
    await store([made(core.clock.time, pressure(systolic))])
  }
  const look = async () => {
    const { etag, said } = await ward.send('clinic', 'physician', 'GET', PATH)
    return { tag: etag ?? '', limits: (said as LimitsAnswer).limits }
  }
  const alerts = () =>
    core.journal.database
      .prepare('SELECT message FROM alerts')
      .all()
      .map((row) => JSON.parse(String(row['message'])))
  return { ...ward, core, store, made, measure, look, alerts }
}
const put = (limits: object, more: object = {}) => ({ limits, reason: 'usual for her', ...more })

describe('limits over HTTP', () => {
  it('show what holds, who set it, and what is measured without any', async () => {
    const { store, made, look } = await stage()
    await store([made(NOW - DAY, { ...pressure(120), pulseRate: { value: 70, unit: '/min', decimals: 0 } })])
    const { limits } = await look()
    expect(limits.map(({ quantity, rule, own }) => [quantity, rule, own])).toEqual([
      ['systolic', 'limits-systolic', true],
      ['diastolic', 'limits-diastolic', false],
      ['pulseRate', 'limits-pulse-rate', false],
    ])
    expect(limits[0]).toMatchObject({
      unit: 'mm[Hg]',
      effective: { alertLow: 85, warningLow: 95, warningHigh: 140, alertHigh: 160 },
      origins: { alertHigh: { level: 'limits', author: 'doctor', reason: 'start' } },
    })
    expect(limits[1]?.effective).toEqual({})
    expect(limits[2]?.origins).toMatchObject({ warningHigh: { level: 'template', scope: 'copd' } })
  })

  it('are followed by a new version, by which the core judges from then on, without a restart', async () => {
    const { send, look, measure, alerts, core, changesSince } = await stage()
    await measure(130)
    expect(alerts()).toEqual([])
    const { tag } = await look()
    const written = changesSince()
    const reviewAt = new Date(NOW + 30 * DAY).toISOString()
    const answer = await send(
      'clinic',
      'physician',
      'PUT',
      `${PATH}/systolic`,
      put({ warningHigh: 125, alertHigh: 150 }, { reviewAt }),
      tag,
    )
    expect(answer).toMatchObject({ status: 200, etag: expect.not.stringMatching(tag) })
    const after = (answer.said as LimitsAnswer).limits[0]
    expect(after?.effective).toEqual({ warningHigh: 125, alertHigh: 150 })
    const version = after?.origins['alertHigh']?.version
    expect(after?.origins['alertHigh']).toEqual({
      level: 'limits',
      scope: 'citizen-1',
      version,
      from: new Date(core.clock.time).toISOString(),
      author: 'physician-clinic',
      reason: 'usual for her',
      reviewAt,
    })
    expect(written()).toMatchObject([
      {
        action: 'limits.set',
        actor: 'physician-clinic',
        citizen: 'citizen-1',
        subject: `systolic/${version}`,
        kinds: 'blood-pressure',
        purpose: 'treatment',
        criticality: 'important',
      },
    ])
    await measure(130)
    expect(alerts()).toMatchObject([{ level: 'yellow', state: 'open', evidence: [{ limit: 125 }] }])
  })

  it('of two physicians who saw the same are set by one', async () => {
    const { send, look } = await stage()
    const { tag } = await look()
    const both = await Promise.all(
      [150, 155].map((alertHigh) => send('clinic', 'physician', 'PUT', `${PATH}/systolic`, put({ alertHigh }), tag)),
    )
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412])
    expect(both.find(({ status }) => status === 412)?.said).toMatchObject({ error: { code: 'changed-meanwhile' } })
    const won = both.find(({ status }) => status === 200)
    expect(won?.said).toEqual({ limits: (await look()).limits })
    expect(won?.etag).toBe((await look()).tag)
  })

  it('are not set by who saw what another process has changed since', async () => {
    const { send, look, core } = await stage()
    const { tag } = await look()
    core.apply({ limits: [{ ...HOUSE.limits[0], alertHigh: 170, from: at(-1) }] })
    const answer = await send('clinic', 'physician', 'PUT', `${PATH}/systolic`, put({ alertHigh: 150 }), tag)
    expect(answer.status).toBe(412)
    expect((await look()).limits[0]?.effective.alertHigh).toBe(170)
  })

  it('go back to the template, with a reason that stays on record', async () => {
    const { send, look, measure, alerts, core, changesSince } = await stage()
    const set = put({ warningHigh: 90 })
    await send('clinic', 'physician', 'PUT', `${PATH}/pulseRate`, set, (await look()).tag)
    expect((await look()).limits.find(({ quantity }) => quantity === 'pulseRate')).toMatchObject({
      effective: { warningHigh: 90 },
      own: true,
    })
    core.clock.time += 1
    const written = changesSince()
    const remove = (quantity: string, tag: string) =>
      send('clinic', 'physician', 'DELETE', `${PATH}/${quantity}`, { reason: 'no longer needed' }, tag)
    const answer = await remove('pulseRate', (await look()).tag)
    const pulse = (answer.said as LimitsAnswer).limits.find(({ quantity }) => quantity === 'pulseRate')
    expect(pulse).toMatchObject({ effective: { warningHigh: 110 }, own: false })
    expect(written().at(-1)).toMatchObject({ action: 'limits.clear', citizen: 'citizen-1', purpose: 'treatment' })
    expect(written().filter(({ action }) => action === 'limits.clear')).toHaveLength(1)
    const last = core.journal.database.prepare('SELECT * FROM rule_sources ORDER BY version DESC LIMIT 1').get()
    expect(last).toMatchObject({ author: 'physician-clinic', reason: 'no longer needed', body: '{"off":true}' })
    expect(await remove('pulseRate', (await look()).tag)).toMatchObject({
      status: 400,
      said: { error: { fields: [{ path: 'quantity' }] } },
    })
    // Without limits of any level nothing is compared any more.
    core.clock.time += 1
    await remove('systolic', (await look()).tag)
    await measure(200)
    expect(alerts()).toEqual([])
  })

  it('end by themselves when that was said', async () => {
    const { send, look, core } = await stage()
    const to = new Date(NOW + DAY).toISOString()
    await send('clinic', 'physician', 'PUT', `${PATH}/pulseRate`, put({ warningHigh: 90 }, { to }), (await look()).tag)
    const during = await look()
    core.clock.time += DAY
    const after = await send('clinic', 'client', 'GET', PATH)
    expect(during.limits.find(({ own, quantity }) => own && quantity === 'pulseRate')).toBeDefined()
    expect((after.said as LimitsAnswer).limits.find(({ quantity }) => quantity === 'pulseRate')?.own).toBe(false)
    expect(after.etag).not.toBe(during.tag)
  })

  it('are refused field by field', async () => {
    const { send, look } = await stage()
    const { tag } = await look()
    const wrong = async (body: object, quantity = 'systolic') => {
      const { status, said } = await send('clinic', 'physician', 'PUT', `${PATH}/${quantity}`, body, tag)
      return [status, (said as { error: { advice: string } }).error.advice]
    }
    expect(await wrong(put({ alertLow: 95, warningLow: 90 }))).toEqual([
      400,
      'limits.warningLow: must be above alertLow',
    ])
    expect(await wrong(put({ alertHigh: 950 }))).toEqual([400, 'limits.alertHigh: must be from 50 to 280 mm[Hg]'])
    expect(await wrong({ limits: { alertHigh: 150 }, reason: ' ' })).toEqual([400, 'reason: say why'])
    expect(await wrong(put({}))).toMatchObject([400, expect.stringMatching(/^limits: give at least one/)])
    expect(await wrong(put({ alertHigh: 150 }, { reviewAt: at(-1) }))).toEqual([400, 'reviewAt: has passed'])
    expect(await wrong(put({ alertHigh: 150 }), 'sistolic')).toMatchObject([
      400,
      expect.stringMatching(/^quantity: use/),
    ])
    expect(await wrong(put({ alertHigh: 150, panic: 1 }))).toMatchObject([
      400,
      expect.stringContaining('"panic" is not'),
    ])
    expect((await look()).tag).toBe(tag)
  })

  it('are set by physicians with a grant for the kind, and seen by who may see it', async () => {
    const { send, look } = await stage()
    const { tag } = await look()
    const body = put({ alertHigh: 150 })
    const status = async (organisation: string, role: 'nurse' | 'physician' | 'technician' | 'auditor' | 'client') =>
      (await send(organisation, role, 'PUT', `${PATH}/systolic`, body, tag)).status
    for (const role of ['nurse', 'technician', 'auditor', 'client'] as const)
      expect(await status('clinic', role)).toBe(404)
    for (const other of ['other', 'study', 'weights'])
      expect([other, await status(other, 'physician')]).toEqual([other, 404])
    const seen = await send('weights', 'nurse', 'GET', PATH)
    expect([seen.status, (seen.said as LimitsAnswer).limits]).toEqual([200, []])
    expect((await send('study', 'client', 'GET', PATH)).status).toBe(404)
    expect((await look()).tag).toBe(tag)
  })
})

describe('a dry run over HTTP', () => {
  async function history() {
    const tried = await stage()
    const days = Array.from({ length: 70 }, (_, day) => NOW - (70 - day) * DAY)
    await tried.store(days.map((ms, day) => tried.made(ms, pressure(day % 7 === 0 ? 145 : day % 7 === 3 ? 135 : 120))))
    return tried
  }
  const RUN = `${PATH}/systolic/dry-run`

  it('says what the draft would have told and what it would not, and leaves nothing but a row in the audit', async () => {
    const { send, core, changesSince } = await history()
    const counts = () =>
      ['alerts', 'episodes', 'rule_sources', 'evaluations_due', 'rule_states', 'alert_outbox'].map((table) =>
        core.journal.database.prepare(`SELECT count(*) AS n FROM ${table}`).get(),
      )
    const before = counts()
    const written = changesSince()
    const body = { limits: { warningHigh: 130, alertHigh: 160 }, weeks: 4 }
    const { status, said } = await send('clinic', 'nurse', 'POST', RUN, body)
    expect(status).toBe(200)
    expect(said as DryRunAnswer).toMatchObject({
      weeks: 4,
      now: 4,
      draft: 8,
      nowPerWeek: 1,
      draftPerWeek: 2,
      to: new Date(NOW).toISOString(),
      gone: [],
    })
    expect((said as DryRunAnswer).added).toHaveLength(4)
    expect((said as DryRunAnswer).added[0]).toEqual({
      rule: 'limits-systolic',
      level: 'yellow',
      openedAt: expect.any(String),
      closedAt: expect.any(String),
    })
    const looser = await send('clinic', 'physician', 'POST', RUN, { limits: { warningHigh: 150 }, weeks: 8 })
    expect(looser.said).toMatchObject({ now: 8, draft: 0, added: [] })
    expect((looser.said as DryRunAnswer).gone).toHaveLength(8)
    expect(counts()).toEqual(before)
    expect(written()).toMatchObject([
      { action: 'limits.dry-run', citizen: 'citizen-1', kinds: 'blood-pressure', to_at: new Date(NOW).toISOString() },
      { action: 'limits.dry-run' },
    ])
  })

  it('tries the draft itself, also when other limits were set within those weeks', async () => {
    const { send, core } = await history()
    core.apply({ limits: [{ ...HOUSE.limits[0], warningHigh: 158, from: at(-60) }] })
    const body = { limits: { warningHigh: 130, alertHigh: 160 }, weeks: 4 }
    expect((await send('clinic', 'nurse', 'POST', RUN, body)).said).toMatchObject({ now: 4, draft: 8 })
  })

  it('of a citizen with very many readings is shorter, and says so', async () => {
    const { send, store, made, core } = await stage()
    await store([made(NOW - DAY, pressure(150))])
    // And one every five minutes, for 40 days.
    core.journal.database.exec(`
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40 * 288)
      INSERT INTO readings (id, hub, epoch, seq, device, citizen, kind, measured_at, received_at, stored_at, late, state, payload)
      SELECT r.id || i, hub, epoch, seq, device, citizen, kind, t.at, t.at, t.at, 0, state,
        json_set(payload, '$.id', r.id || i, '$.measuredAt', t.at, '$.receivedAt', t.at)
      FROM readings r,
        (SELECT i, strftime('%Y-%m-%dT%H:%M:%fZ', ${NOW / 1000} - i * 300, 'unixepoch') AS at FROM n) t`)
    const { said } = await send('clinic', 'nurse', 'POST', RUN, { limits: { alertHigh: 160 }, weeks: 12 })
    const { from, weeks } = said as DryRunAnswer
    expect(Date.parse(from)).toBe(NOW - 9_999 * 300_000)
    expect(weeks).toBeCloseTo(10_000 / 288 / 7)
  })

  it('is bounded, and for who may set plans or limits', async () => {
    const { send } = await stage()
    const ask = async (organisation: string, role: 'nurse' | 'client' | 'auditor', weeks: number) =>
      (await send(organisation, role, 'POST', RUN, { limits: { alertHigh: 150 }, weeks })).status
    expect(await ask('clinic', 'nurse', 26)).toBe(200)
    for (const weeks of [0, 27, 1.5]) expect([weeks, await ask('clinic', 'nurse', weeks)]).toEqual([weeks, 400])
    expect(await ask('clinic', 'client', 4)).toBe(404)
    expect(await ask('clinic', 'auditor', 4)).toBe(404)
    expect(await ask('weights', 'nurse', 4)).toBe(404)
    expect(await ask('study', 'nurse', 4)).toBe(404)
  })
})

describe('provisioned limits', () => {
  it('can be ended, and taken back, as over HTTP', async () => {
    const { core, look } = await stage()
    const [first] = HOUSE.limits
    core.apply({ limits: [{ ...first, to: at(-10) }] })
    await until(() => core.journal.database.prepare('SELECT 1 FROM evaluations_due').get() === undefined)
    expect((await look()).limits.some(({ own }) => own)).toBe(false)
    const off = { citizen: 'citizen-1', quantity: 'systolic', from: at(-5), off: true, author: 'doctor', reason: 'x' }
    core.apply({ limits: [off] })
    core.apply({ limits: [off] })
    expect(() => core.apply({ limits: [{ ...off, alertHigh: 150 }] })).toThrow(/limits\[0\].off: give either off/)
    expect(() => core.apply({ limits: [{ ...off, off: undefined, alertHigh: 150 }] })).toThrow(/other limits hold/)
    expect((await look()).limits.some(({ own }) => own)).toBe(false)
  })
})
