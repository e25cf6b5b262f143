import { describe, expect, it } from 'vitest'
import { openTrail } from '../../../broker/audit/trail.ts'
import { openRegistry } from '../../../broker/registry.ts'
import { raiseVersion } from '../../../broker/registry-apply.ts'
import { type Applying, revokeGrants } from '../../../broker/rights/apply-rights.ts'
import { disguiseAlert, pseudonymsUnder } from '../../../broker/rights/pseudonyms.ts'
import { releaseAlerts } from '../../../broker/rights/release-alerts.ts'
import { at, type Core, count, DOCUMENT, feedOf, message, openCore, pressure, pull, reading } from '../core-fixture.ts'

const HUB = 'hub-0001'

/** The alerts as they leave: through the last gate. */
function gate(core: Core) {
  const { journal, clock } = core
  const lines: { event: string; fields: unknown }[] = []
  const warn = (event: string, fields?: unknown) => void lines.push({ event, fields })
  const registry = openRegistry(journal)
  const audit = openTrail(journal, clock)
  const log = { debug: warn, info: warn, warn, error: warn }
  return { registry, lines, source: releaseAlerts(core.ingest.alerts, { journal, registry, clock, audit, log }) }
}

const auditRows = (core: Core, action: string) =>
  core.journal.database.prepare('SELECT * FROM audit WHERE action = ? ORDER BY position').all(action)

function applying(core: Core): Applying {
  return { actor: { type: 'system', id: 'command-line' }, audit: openTrail(core.journal, core.clock) }
}

function revoke(core: Core, what: Parameters<typeof revokeGrants>[1]): number {
  const ended = core.journal.transaction(() => {
    const number = revokeGrants(core.journal, what, new Date(core.clock.time).toISOString(), applying(core))
    raiseVersion(core.journal)
    return number
  })
  core.ingest.refresh()
  return ended
}

describe('a grant to a group', () => {
  const group = {
    organisations: [{ id: 'ward-7', title: 'Ward', type: 'ward' }],
    groups: [{ id: 'copd-north' }],
    memberships: [{ group: 'copd-north', citizen: 'citizen-1', from: at(-100), to: at(10) }],
    grants: [{ organisation: 'ward-7', group: 'copd-north', from: at(-50), purpose: 'care' }],
  }

  it('holds for its members while they are members', async () => {
    const core = openCore()
    core.apply(group)
    await core.send(HUB, message(1, [reading('a')]))
    expect(core.replay.readings('ward-7', 0, 10).items).toHaveLength(1)
    core.clock.time += 10 * 60_000
    await core.send(HUB, message(2, [reading('b')]))
    expect(count(core.journal, 'feeds', `organisation = 'ward-7'`)).toBe(1)
    expect(core.replay.readings('ward-7', 0, 10).items).toEqual([])
  })

  it('names a citizen or a group, and a group that exists', () => {
    const core = openCore()
    const grant = { organisation: 'clinic', from: at(0), purpose: 'care' }
    expect(() => core.apply({ grants: [grant] })).toThrow('grants[0]: name a citizen or a group')
    expect(() => core.apply({ grants: [{ ...grant, group: 'none' }] })).toThrow('grants[0].group: unknown group')
  })
})

describe('a revoked grant', () => {
  it('stops feed, replay and alerts with the next reading, clears what was retained, and stays revoked', async () => {
    const core = openCore()
    const { source, registry } = gate(core)
    await core.send(HUB, message(1, [reading('a', { values: pressure(170) })]))
    const retained = pull(source)
    expect(retained).toMatchObject([
      { retain: true, topic: expect.stringContaining('v1/orgs/clinic/alerts/citizen-1/') },
    ])
    expect(revoke(core, { organisation: 'clinic', citizen: 'citizen-1' })).toBe(1)
    registry.refresh()
    expect(pull(source)).toMatchObject([{ topic: retained[0]?.topic, payload: '', retain: true }])
    await core.send(HUB, message(2, [reading('b', { values: pressure(190) })]))
    expect(pull(core.ingest.feeds)).toEqual([])
    expect(pull(source)).toEqual([])
    expect(core.replay.readings('clinic', 0, 10).items).toEqual([])
    // The document from before says nothing of an end; it must not bring the grant back.
    core.apply(DOCUMENT)
    await core.send(HUB, message(3, [reading('c')]))
    expect(core.replay.readings('clinic', 0, 10).items).toEqual([])
    expect(auditRows(core, 'grant.revoke')).toMatchObject([{ organisation: 'clinic', citizen: 'citizen-1', count: 1 }])
    expect(revoke(core, { organisation: 'clinic', citizen: 'citizen-1' })).toBe(0)
  })

  it('withholds an alert that was decided before it and not yet published', async () => {
    const core = openCore()
    const { source, registry, lines } = gate(core)
    await core.send(HUB, message(1, [reading('a', { values: pressure(170) })]))
    core.journal.transaction(() => {
      revokeGrants(core.journal, { organisation: 'clinic', citizen: 'citizen-1' }, at(0), applying(core))
      raiseVersion(core.journal)
    })
    registry.refresh()
    expect(pull(source)).toEqual([])
    expect(lines).toMatchObject([{ event: 'alert-withheld', fields: { organisation: 'clinic', reason: 'no-grant' } }])
    expect(auditRows(core, 'alerts.withhold')).toMatchObject([{ organisation: 'clinic', citizen: 'citizen-1' }])
  })
})

describe('research', () => {
  const STUDY = {
    organisations: [
      { id: 'study-1', title: 'Study', type: 'research', fhir: true },
      { id: 'study-2', title: 'Study', type: 'research' },
    ],
    grants: ['study-1', 'study-2'].map((organisation) => ({
      organisation,
      citizen: 'citizen-1',
      from: at(-100),
      purpose: 'research',
    })),
  }
  const CLEAR = /citizen-1|hub-0001|cuff-0001|doctor/

  it('gets no id of the citizen, the home or the equipment on topics, in feeds, replay and alerts', async () => {
    const core = openCore()
    core.apply(STUDY)
    const { source } = gate(core)
    await core.send(HUB, message(1, [reading('a', { values: pressure(170) }), reading('b', { values: pressure(172) })]))
    const all = [...pull(core.ingest.feeds), ...pull(source)]
    const study = all.filter(({ topic }) => topic.startsWith('v1/orgs/study-1/'))
    expect(study.filter(({ topic }) => topic.includes('/readings/'))).toHaveLength(2)
    expect(study.some(({ topic }) => topic.includes('/alerts/'))).toBe(true)
    expect(study.filter(({ topic }) => topic.includes('/fhir/'))).toHaveLength(2)
    const clinicIds = feedOf(all.filter(({ topic }) => topic.startsWith('v1/orgs/clinic/readings'))).map(
      (entry) => entry.reading.id,
    )
    expect(clinicIds).toHaveLength(2)
    const replay = JSON.stringify(core.replay.readings('study-1', 0, 10))
    const said = [...study.map(({ topic, payload }) => `${topic} ${payload}`), replay].join('\n')
    expect(said).not.toMatch(CLEAR)
    for (const id of clinicIds) expect(said).not.toContain(id)
    // Everything else is as it was measured.
    expect(feedOf(study)[0]?.reading).toMatchObject({
      ...pressureOf(170),
      measuredAt: at(-1),
      driver: 'blood-pressure-service',
    })
  })

  it('knows a citizen again, over restarts, and two studies cannot compare', async () => {
    const core = openCore()
    core.apply(STUDY)
    await core.send(HUB, message(1, [reading('a'), reading('b')]))
    const citizens = (organisation: string) =>
      core.replay.readings(organisation, 0, 10).items.map(({ citizen }) => citizen)
    const [first, second] = citizens('study-1')
    expect(first).toMatch(/^[a-z2-7]{24}$/)
    expect(second).toBe(first)
    expect(citizens('study-2')[0]).not.toBe(first)
    expect(openRegistry(core.journal).pseudonymsOf('study-1')?.('citizen', 'citizen-1')).toBe(first)
    expect(openRegistry(core.journal).pseudonymsOf('clinic')).toBeUndefined()
  })

  it('loses its retained alerts under their pseudonyms when the grant ends', async () => {
    const core = openCore()
    core.apply(STUDY)
    const { source, registry } = gate(core)
    await core.send(HUB, message(1, [reading('a', { values: pressure(170) })]))
    const topicsOf = (retained: boolean) =>
      pull(source)
        .filter(({ topic, payload }) => topic.startsWith('v1/orgs/study-1/') && (payload !== '') === retained)
        .map(({ topic }) => topic)
    const held = topicsOf(true)
    expect(held).toHaveLength(1)
    revoke(core, { organisation: 'study-1', citizen: 'citizen-1' })
    registry.refresh()
    expect(topicsOf(false)).toEqual(held)
  })

  it('sees of an alert neither who acknowledged it nor what they wrote', () => {
    const pseudonym = pseudonymsUnder(new Uint8Array(32))
    const alert = {
      alert: 'alert-1',
      citizen: 'citizen-1',
      level: 'red',
      evidence: [{ quantity: 'systolic', value: 170, reading: 'reading-1' }],
      readings: ['reading-1'],
      acknowledged: { by: 'nurse-7', at: at(0), action: 'rang Jens', level: 'red' },
      pausedBy: 'nurse-8',
    }
    const disguised = disguiseAlert(alert, pseudonym)
    expect(JSON.stringify(disguised)).not.toMatch(/alert-1|citizen-1|reading-1|nurse|Jens/)
    const id = pseudonym('reading', 'reading-1')
    expect(disguised).toMatchObject({ level: 'red', readings: [id], evidence: [{ value: 170, reading: id }] })
  })
})

const pressureOf = (systolic: number) => ({ values: { systolic: { value: systolic } } })

describe('the last gate of the alerts', () => {
  it('finds each in the audit already, written with the commit that decided it', async () => {
    const core = openCore()
    const { source } = gate(core)
    await core.send(HUB, message(1, [reading('a', { values: pressure(170) })]))
    const written = auditRows(core, 'alerts.release')
    const [out] = source.next(10)
    expect(out?.payload).toContain('"state":"open"')
    expect(written).toMatchObject([
      {
        organisation: 'clinic',
        citizen: 'citizen-1',
        subject: `${out?.topic.split('/').at(-1)}/1`,
        kinds: 'blood-pressure',
      },
    ])
    expect(auditRows(core, 'alerts.release')).toHaveLength(1)
  })

  it('writes what another process put there before it hands it out, and keeps it when it cannot', async () => {
    const core = openCore()
    const { journal } = core
    const { source } = gate(core)
    const alert = JSON.stringify({ alert: 'alert-1', citizen: 'citizen-1', kinds: ['blood-pressure'], state: 'open' })
    journal.database
      .prepare('INSERT INTO alert_outbox (alert, topic, payload, retain) VALUES (?, ?, ?, 1)')
      .run('alert-1', 'v1/orgs/clinic/alerts/citizen-1/alert-1', alert)
    journal.database.exec(`CREATE TEMP TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
    expect(() => source.next(10)).toThrow('disk full')
    journal.database.exec('DROP TRIGGER full')
    expect(source.next(10)).toMatchObject([{ payload: alert }])
    expect(auditRows(core, 'alerts.release')).toMatchObject([{ citizen: 'citizen-1', subject: 'alert-1' }])
  })

  it('puts what goes into a feed into the audit with the same commit; without it nothing is stored or receipted', async () => {
    const core = openCore()
    const { journal } = core
    await core.send(HUB, message(1, [reading('a'), reading('b')]))
    expect(auditRows(core, 'readings.release')).toMatchObject([
      { organisation: 'clinic', first_cursor: 1, last_cursor: 2, count: 2 },
    ])
    journal.database.exec(`CREATE TEMP TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END`)
    await expect(core.send(HUB, message(3, [reading('c')]))).rejects.toMatchObject({ code: 'audit-failed' })
    expect(count(journal, 'quarantine')).toBe(0)
    expect(count(journal, 'feeds')).toBe(2)
    journal.database.exec('DROP TRIGGER full')
    expect(pull(core.ingest.feeds)).toHaveLength(2)
  })
})
