import { describe, expect, it } from 'vitest'
import { openAlertActions } from '../../../broker/alerts/actions.ts'
import { EVALUATOR_VERSION, revised } from '../../../broker/alerts/alert-message.ts'
import { openTransitions } from '../../../broker/alerts/transitions.ts'
import type { AuditEntry } from '../../../broker/audit/entry.ts'
import { type AlertMessage, alertMessageSchema } from '../../../broker/contract/alert.ts'
import { organisationsFor } from '../../../broker/grants.ts'
import { openRegistry } from '../../../broker/registry.ts'
import type { Kind, RawReading } from '../../../device-drivers/reading.ts'
import { seeded } from '../../support/random.ts'
import { shuffled } from '../../support/shuffled.ts'
import { alertsOf, DOCUMENT, idOf, message, NOW, openCore, pressure, pull, reading, until } from '../core-fixture.ts'

/** What people are told, and what they do: the real core on a real file. */

const HUB = 'hub-0001'
const HOUR = 3_600_000
const DAY = 24 * HOUR
const iso = (ms: number): string => new Date(ms).toISOString()
const BY = { type: 'user', id: 'nurse-0001', organisation: 'clinic' } as const

let names = 0
function stage(document: unknown = DOCUMENT) {
  const core = openCore(undefined, document)
  const audited: AuditEntry[] = []
  const actions = openAlertActions({
    journal: core.journal,
    registry: openRegistry(core.journal),
    clock: core.clock,
    audit: (entry) => void audited.push(entry),
  })
  let sequence = 0
  const send = async (readings: readonly RawReading[]) => {
    const first = sequence + 1
    sequence += readings.length
    await core.send(HUB, message(first, readings))
  }
  const made = (ms: number, systolic: number, more: Partial<RawReading> = {}): RawReading => {
    names += 1
    return reading(`person ${names}`, { values: pressure(systolic), measuredAt: iso(ms), receivedAt: iso(ms), ...more })
  }
  const alerts = () =>
    core.journal.database
      .prepare('SELECT message FROM alerts ORDER BY opened_at, id')
      .all()
      .map((row) => alertMessageSchema.parse(JSON.parse(String(row['message']))))
  return {
    core,
    actions,
    audited,
    made,
    send,
    alerts,
    /** Measured now. */
    measure: async (systolic: number, more: Partial<RawReading> = {}) => {
      core.clock.time += 60_000
      await send([made(core.clock.time, systolic, more)])
    },
    only(): AlertMessage {
      const [alert, ...others] = alerts()
      if (alert === undefined || others.length > 0) throw new Error(`${others.length + 1} alerts`)
      return alert
    },
  }
}
const seen = ({ revision }: AlertMessage) => ({ by: BY, revision })

describe('red', () => {
  it('stays when the values are normal again, until somebody has seen it; then it ends', async () => {
    const { measure, only, actions } = stage()
    await measure(165)
    await measure(120)
    expect(only()).toMatchObject({ state: 'open', level: 'red', normalSince: iso(NOW + 120_000) })
    const after = actions.acknowledge(only().alert, seen(only()), 'called her')
    expect(after).toMatchObject({ state: 'closed', closedAt: iso(NOW + 120_000), acknowledged: { by: 'nurse-0001' } })
  })

  it('that comes again before somebody has seen it joins the same alert', async () => {
    const { measure, only } = stage()
    for (const systolic of [165, 120, 145]) await measure(systolic)
    expect(only()).toMatchObject({ state: 'open', level: 'red', evidence: [{ value: 145 }] })
    expect(only()).not.toHaveProperty('normalSince')
  })

  it('does not latch where the rule says so; yellow never does', async () => {
    const rule = {
      citizen: 'citizen-1',
      rule: 'limits-systolic',
      set: {
        latching: false,
        type: 'limits',
        quantity: 'systolic',
        title: 'S',
        limits: { warningHigh: 140, alertHigh: 160 },
      },
      from: '2026-01-02T00:00:00Z',
      author: 'doctor-0001',
      reason: 'x',
    }
    const { measure, only, core } = stage()
    core.apply({ citizenRules: [rule] })
    for (const systolic of [165, 120]) await measure(systolic)
    expect(only()).toMatchObject({ state: 'closed' })
  })
})

describe('an acknowledgement', () => {
  it('keeps the alert open and quiet, through more readings of the same level', async () => {
    const { measure, only, actions, core } = stage()
    await measure(145)
    actions.acknowledge(only().alert, seen(only()), 'called her')
    await measure(146)
    expect(only()).toMatchObject({ state: 'acknowledged', level: 'yellow', acknowledged: { action: 'called her' } })
    expect(alertsOf(pull(core.ingest.alerts)).at(-1)).toMatchObject({ state: 'acknowledged' })
  })
  it('ends when it gets worse, also worse again after it was better', async () => {
    const { measure, only, actions } = stage()
    await measure(145)
    actions.acknowledge(only().alert, seen(only()), 'called her')
    await measure(165)
    expect(only()).toMatchObject({ state: 'open', level: 'red' })
    expect(only()).not.toHaveProperty('acknowledged')
    actions.acknowledge(only().alert, seen(only()), 'sent a doctor')
    await measure(145)
    expect(only()).toMatchObject({ state: 'acknowledged', level: 'yellow' })
    await measure(166)
    expect(only()).toMatchObject({ state: 'open', level: 'red' })
  })
  it('of something that has changed since is refused, and nothing happens', async () => {
    const { measure, only, actions, audited } = stage()
    await measure(145)
    const before = only()
    await measure(165)
    const after = only()
    expect(() => actions.acknowledge(before.alert, seen(before), 'called')).toThrow(
      expect.objectContaining({ code: 'alert-changed' }),
    )
    expect(() => actions.acknowledge(before.alert, seen(after), ' ')).toThrow(/action: say what was done/)
    expect(() => actions.acknowledge('nothing-here', seen(after), 'called')).toThrow(/alert: no alert has this id/)
    expect(only()).toEqual(after)
    expect(audited).toEqual([])
  })
  it('is in the audit with ids and no content', async () => {
    const { measure, only, actions, audited } = stage()
    await measure(145)
    const { alert } = actions.acknowledge(only().alert, seen(only()), 'called Mrs Hansen')
    expect(audited).toEqual([
      {
        actor: BY,
        action: 'alert.acknowledge',
        citizen: 'citizen-1',
        subject: `${alert}/2`,
        kinds: ['blood-pressure'],
      },
    ])
  })
})

describe('closed by a person', () => {
  it('it stays closed while nothing gets worse, and opens again when it does', async () => {
    const { measure, only, actions } = stage()
    await measure(145)
    actions.close(only().alert, seen(only()), 'known-condition')
    await measure(146)
    expect(only()).toMatchObject({ state: 'closed', cause: 'known-condition' })
    await measure(165)
    expect(only()).toMatchObject({ state: 'open', level: 'red' })
    expect(only()).not.toHaveProperty('closedAt')
  })
  it('needs a reason of the list, and can be done once', async () => {
    const { measure, only, actions } = stage()
    await measure(145)
    expect(() => actions.close(only().alert, seen(only()), 'bored' as 'other')).toThrow(/reason: use one of handled/)
    actions.close(only().alert, seen(only()), 'handled')
    expect(() => actions.close(only().alert, seen(only()), 'handled')).toThrow(/closed already/)
  })
})

describe('late data', () => {
  it('that shows that nothing was, withdraws what was told, and keeps it on record', async () => {
    const { core, made, send, only } = stage({
      ...DOCUMENT,
      limits: [],
      citizenRules: [
        {
          citizen: 'citizen-1',
          rule: 'gain-systolic',
          set: { type: 'gain', title: 'Rise', quantity: 'systolic', windows: [{ days: 1, yellow: 20 }] },
          from: '2026-01-01T00:00:00Z',
          author: 'doctor-0001',
          reason: 'x',
        },
      ],
    })
    await send([made(NOW - 2 * HOUR, 120), made(NOW - HOUR, 145)])
    expect(only()).toMatchObject({ state: 'open' })
    core.apply({
      citizenRules: [
        {
          citizen: 'citizen-1',
          rule: 'gain-systolic',
          set: { type: 'gain', title: 'Rise', quantity: 'systolic', windows: [{ days: 1, yellow: 40 }] },
          from: iso(NOW - 1.5 * HOUR),
          author: 'doctor-0001',
          reason: 'x',
        },
      ],
    })
    await until(() => only().state !== 'open')
    expect(only()).toMatchObject({ state: 'withdrawn', cause: 'corrected-data' })
    expect(alertsOf(pull(core.ingest.alerts)).slice(-2)).toMatchObject([{ state: 'withdrawn' }, null])
    const told = openTransitions(core.journal).transitionsOf(only().alert)
    expect(told.map(({ message: { state, revision } }) => [state, revision])).toEqual([
      ['open', 1],
      ['withdrawn', 2],
    ])
  })

  it('that moves the beginning of an episode annotates the same alert', async () => {
    const { made, send, only } = stage()
    await send([made(NOW, 145)])
    const { alert } = only()
    await send([made(NOW - HOUR, 146)])
    expect(only()).toMatchObject({ alert, state: 'open', openedAt: iso(NOW - HOUR), revision: 2 })
  })

  it('older than the horizon is no alert of its own but one digest, which ends when somebody has seen it', async () => {
    const { made, send, only, actions, alerts, measure } = stage()
    await send([made(NOW - 30 * HOUR, 165), made(NOW - 29 * HOUR, 120)])
    expect(only()).toMatchObject({ category: 'digest', level: 'yellow', findings: 1, evidence: [{ value: 165 }] })
    await send([made(NOW - 50 * HOUR, 165), made(NOW - 49 * HOUR, 120)])
    expect(only()).toMatchObject({ category: 'digest', findings: 2, revision: 2 })
    expect(actions.acknowledge(only().alert, seen(only()), 'read')).toMatchObject({ state: 'closed' })
    await send([made(NOW - 70 * HOUR, 165), made(NOW - 69 * HOUR, 120)])
    expect(alerts().map(({ state, findings }) => [state, findings])).toEqual([
      ['open', 1],
      ['closed', 2],
    ])
    await measure(120)
    expect(alerts()).toHaveLength(2)
  })

  it('just inside the horizon is an alert, just outside is not', async () => {
    const inside = stage()
    await inside.send([inside.made(NOW - 24 * HOUR, 145)])
    expect(inside.only()).toMatchObject({ category: 'clinical', state: 'open' })
    const outside = stage()
    await outside.send([outside.made(NOW - 24 * HOUR - 1, 145)])
    expect(outside.only()).toMatchObject({ category: 'digest' })
  })

  it.each([
    1, 2, 3,
  ])('after three weeks offline: the danger of now first, one digest, nothing stale (seed %d)', async (seed) => {
    const { core, made, send, alerts } = stage()
    const random = seeded(seed)
    const backlog = Array.from({ length: 63 }, (_, i) => {
      const high = i % 10 < 3
      return made(NOW - 21 * DAY + i * 8 * HOUR, high ? 150 + (i % 4) * 5 : 125)
    })
    await send([made(NOW, 170)])
    expect(alertsOf(pull(core.ingest.alerts))).toMatchObject([{ category: 'clinical', level: 'red', state: 'open' }])
    const rest = seed === 1 ? [...backlog] : shuffled(backlog, random)
    while (rest.length > 0) await send(rest.splice(0, 1 + Math.floor(random() * 9)))
    const unfinished = alerts().filter(({ state }) => state === 'open' || state === 'acknowledged')
    expect(unfinished.map(({ category }) => category).sort()).toEqual(['clinical', 'digest'])
    expect(alerts().filter(({ category }) => category === 'digest')).toHaveLength(1)
    const clinical = openTransitions(core.journal)
      .transitionsAfter(0, 1_000)
      .filter(({ message: m }) => m.category === 'clinical')
    expect(new Set(clinical.map(({ message: m }) => m.alert)).size, 'no stale alert was ever told').toBe(1)
  })
})

describe('a pause', () => {
  const wanted = { citizen: 'citizen-1', reason: 'admission', to: iso(NOW + DAY) } as const
  it('marks what is raised meanwhile, says afterwards what it was, and what is still open is told at its end', async () => {
    const { core, actions, measure, only } = stage()
    const { id } = actions.pause(wanted, BY)
    await measure(145)
    expect(only()).toMatchObject({ state: 'open', pausedBy: id })
    core.clock.time += DAY
    core.ingest.refresh()
    expect(only()).toMatchObject({ state: 'open', revision: 2 })
    expect(only()).not.toHaveProperty('pausedBy')
    expect(actions.suppressedBy(id)).toMatchObject([{ alert: only().alert }])
  })
  it('does not cover red, unless that was said twice', async () => {
    const plain = stage()
    plain.actions.pause(wanted, BY)
    await plain.measure(145)
    await plain.measure(165)
    expect(plain.only()).toMatchObject({ level: 'red' })
    expect(plain.only()).not.toHaveProperty('pausedBy')
    const red = stage()
    expect(() => red.actions.pause({ ...wanted, includeRed: true }, BY)).toThrow(/confirmRed/)
    const { id } = red.actions.pause({ ...wanted, includeRed: true, confirmRed: true }, BY)
    await red.measure(165)
    expect(red.only()).toMatchObject({ level: 'red', pausedBy: id })
    expect(red.audited.map(({ action, purpose }) => [action, purpose])).toEqual([['alerts.pause-red', 'admission']])
  })
  it.each([
    ['without end in 30 days', { to: iso(NOW + 30 * DAY + 1) }, /to: at most 30 days/],
    ['that ends before it begins', { to: iso(NOW) }, /to: must be later/],
    ['of the past', { from: iso(NOW - HOUR) }, /from: has passed/],
    ['for a reason of its own', { reason: 'noise' }, /reason: use one of admission/],
    ['of nobody', { citizen: 'nobody' }, /citizen: nobody has this id/],
  ])('%s is refused', (_, change, says) => {
    expect(() => stage().actions.pause({ ...wanted, ...change } as typeof wanted, BY)).toThrow(says)
  })
  it('can be ended early', async () => {
    const { core, actions, measure, only } = stage()
    const { id } = actions.pause(wanted, BY)
    await measure(145)
    actions.endPause(id, BY)
    core.clock.time += 1
    core.ingest.refresh()
    expect(only()).not.toHaveProperty('pausedBy')
  })
})

describe('who gets an alert', () => {
  it('has a grant for every kind of it; for one of no kind, any grant', () => {
    const grant = (organisation: string, ...kinds: Kind[]) => ({
      organisation,
      citizen: 'citizen-1',
      kinds,
      from: iso(0),
      purpose: 'care',
    })
    const grants = [
      grant('both', 'weight', 'blood-pressure'),
      grant('one', 'weight'),
      { ...grant('ended'), to: iso(1) },
    ]
    const who = (...kinds: Kind[]) => organisationsFor(grants, 'citizen-1', kinds, iso(NOW))
    expect(who('weight', 'blood-pressure')).toEqual(['both'])
    expect(who('weight')).toEqual(['both', 'one'])
    expect(who()).toEqual(['both', 'one'])
  })
  it('may have all kinds that it rests on', async () => {
    const document = {
      ...DOCUMENT,
      organisations: [...DOCUMENT.organisations, { id: 'weights', title: 'Weights only' }],
      grants: [
        ...DOCUMENT.grants,
        {
          organisation: 'weights',
          citizen: 'citizen-1',
          kinds: ['weight'],
          from: '2026-01-01T00:00:00Z',
          purpose: 'care',
        },
      ],
    }
    const { core, measure } = stage(document)
    await measure(165)
    expect(pull(core.ingest.alerts).map(({ topic }) => topic.split('/')[2])).toEqual(['clinic'])
  })
})

it('a citizen who cannot be judged costs no reading, and is judged when it can be done', async () => {
  const { core, measure, alerts } = stage()
  await measure(120)
  core.journal.database.exec('ALTER TABLE rule_states RENAME COLUMN state TO gone')
  core.clock.time += DAY
  await measure(165)
  expect(core.journal.database.prepare('SELECT count(*) AS n FROM readings').get()).toEqual({ n: 2 })
  expect(core.lines).toContainEqual(expect.objectContaining({ level: 'error', event: 'judging-failed' }))
  expect(alerts()).toEqual([])
  core.journal.database.exec('ALTER TABLE rule_states RENAME COLUMN gone TO state')
  core.ingest.refresh()
  await until(() => alerts().length > 0)
  expect(alerts()).toMatchObject([{ state: 'open', level: 'red' }])
})

it('an alert says by what it was decided: version of the rule, readings, version of the evaluator', async () => {
  const { measure, only } = stage()
  await measure(165, { id: idOf('the one') })
  const { rule, readings, evaluator, revision } = only()
  expect({ readings, evaluator }).toEqual({ readings: [idOf('the one')], evaluator: EVALUATOR_VERSION })
  expect(rule.version).toBeGreaterThan(0)
  const older = { ...only(), evaluator: EVALUATOR_VERSION + 1 }
  expect(revised(older, only()), 'another evaluator that says the same is no news').toBe(older)
  expect(revised(older, { ...only(), level: 'yellow' })).toMatchObject({ evaluator, revision: revision + 1 })
})

it('an alert has the same id whenever the same reading opens it', async () => {
  const [one, other] = [stage(), stage()]
  const same = { id: idOf('the same') }
  await one.measure(165, same)
  await other.measure(165, same)
  expect(one.only().alert).toBe(other.only().alert)
})
