import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RawReading } from '../../../device-drivers/reading.ts'
import {
  alertsOf,
  at,
  type Core,
  count,
  DOCUMENT,
  message,
  openCore,
  pressure,
  pull,
  reading,
  temporaryDirectory,
} from '../core-fixture.ts'

const HUB = 'hub-0001'
let sequence = 0
/** Measured now, a second after the one before, unless said otherwise. */
async function measure(core: Core, systolic: number, change: Partial<RawReading> = {}): Promise<void> {
  sequence += 1
  core.clock.time += 1_000
  const now = new Date(core.clock.time).toISOString()
  const times = { measuredAt: now, receivedAt: change.measuredAt ?? now }
  await core.send(
    HUB,
    message(sequence, [reading(`reading ${sequence}`, { values: pressure(systolic), ...times, ...change })]),
  )
}
const publishedBy = (core: Core) => pull(core.ingest.alerts)

describe('an alert', () => {
  it('is published retained when it opens and changes; closing is told, then the retained state cleared', async () => {
    const core = openCore()
    for (const systolic of [120, 145, 150, 120]) await measure(core, systolic)
    const out = publishedBy(core)
    expect(out.map(({ retain, qos, lane }) => ({ retain, qos, lane }))).toEqual(
      [true, true, false, true].map((retain) => ({ retain, qos: 1, lane: 'alert' })),
    )
    expect(new Set(out.map(({ topic }) => topic)).size).toBe(1)
    expect(out[0]?.topic).toMatch(/^v1\/orgs\/clinic\/alerts\/citizen-1\/[0-9a-f]{32}$/)
    const [yellow, higher, closed, cleared] = alertsOf(out)
    expect(yellow).toMatchObject({ state: 'open', level: 'yellow', revision: 1 })
    expect(higher).toMatchObject({ state: 'open', level: 'yellow', revision: 2 })
    expect(closed).toMatchObject({ state: 'closed', revision: 3 })
    expect(cleared).toBeNull()
  })

  it('survives a restart: its state is published anew, the next reading goes on with it', async () => {
    const path = join(temporaryDirectory(), 'journal.db')
    const core = openCore(path)
    await measure(core, 145)
    const [first] = alertsOf(publishedBy(core))
    core.ingest.close()
    core.journal.close()
    const again = openCore(path)
    expect(alertsOf(publishedBy(again))).toEqual([first])
    await measure(again, 165)
    await measure(again, 120)
    expect(alertsOf(publishedBy(again))).toMatchObject([
      { alert: first?.alert, level: 'red', revision: 2 },
      { alert: first?.alert, state: 'open', level: 'red', revision: 3, normalSince: expect.any(String) },
    ])
  })

  it('that was decided but not published before a crash is published after it, newest state only', async () => {
    const path = join(temporaryDirectory(), 'journal.db')
    const core = openCore(path)
    await measure(core, 145)
    await measure(core, 165)
    core.ingest.close()
    core.journal.close()
    const again = openCore(path)
    expect(alertsOf(publishedBy(again))).toMatchObject([{ level: 'red', revision: 2 }])
  })

  it('whose end was not published before a crash is ended after it', async () => {
    const path = join(temporaryDirectory(), 'journal.db')
    const core = openCore(path)
    await measure(core, 145)
    publishedBy(core)
    await measure(core, 120)
    core.ingest.close()
    core.journal.close()
    expect(alertsOf(publishedBy(openCore(path)))).toMatchObject([{ state: 'closed' }, null])
  })

  it('leaves the outbox when it was published', async () => {
    const core = openCore()
    await measure(core, 145)
    publishedBy(core)
    core.ingest.refresh()
    expect(count(core.journal, 'alert_outbox')).toBe(0)
  })

  it('is raised once by a reading that comes twice', async () => {
    const core = openCore()
    const payload = message(1, [reading('once', { values: pressure(165) })])
    await core.send(HUB, payload)
    await core.send(HUB, payload)
    expect(alertsOf(publishedBy(core))).toMatchObject([{ revision: 1 }])
  })

  it('is one per citizen and rule', async () => {
    const core = openCore()
    await measure(core, 165)
    await measure(core, 85 - 1)
    expect(core.ingest.alerts.openAlerts()).toMatchObject([{ revision: 2, evidence: [{ bound: 'alertLow' }] }])
  })
})

describe('what reaches an organisation', () => {
  it('follows the grants: a new one gets open alerts, an ended one loses them', async () => {
    const core = openCore()
    await measure(core, 165)
    publishedBy(core)
    core.apply({
      organisations: [{ id: 'gp-north', title: 'GP' }],
      grants: [
        { organisation: 'gp-north', citizen: 'citizen-1', from: at(-10), purpose: 'care' },
        { ...DOCUMENT.grants[0], to: at(5) },
      ],
    })
    expect(publishedBy(core).map(({ topic, payload }) => [topic.split('/')[2], payload !== ''])).toEqual([
      ['gp-north', true],
    ])
    core.clock.time += 6 * 60_000
    core.ingest.refresh()
    expect(publishedBy(core).map(({ topic, payload }) => [topic.split('/')[2], payload !== ''])).toEqual([
      ['clinic', false],
    ])
    core.ingest.refresh()
    expect(publishedBy(core)).toEqual([])
  })

  it('is cleared at the end of the alert also where the grant has ended in between', async () => {
    const core = openCore()
    core.apply({ grants: [{ ...DOCUMENT.grants[0], to: at(5) }] })
    await measure(core, 145)
    publishedBy(core)
    core.clock.time += 6 * 60_000
    await measure(core, 120)
    expect(alertsOf(publishedBy(core))).toEqual([null])
  })
})

describe('judging', () => {
  it('uses the limits that held at the time of measuring', async () => {
    const core = openCore()
    core.apply({
      limits: [{ ...DOCUMENT.limits[0], alertLow: 60, warningLow: 70, warningHigh: 110, alertHigh: 190, from: at(-1) }],
    })
    await measure(core, 120, { measuredAt: at(-2) })
    expect(publishedBy(core)).toEqual([])
    await measure(core, 120)
    expect(alertsOf(publishedBy(core))).toMatchObject([{ evidence: [{ limit: 110 }] }])
  })

  it('goes by the time of measuring: an older reading closes nothing that a newer one opened', async () => {
    const core = openCore()
    await measure(core, 145, { measuredAt: at(-1) })
    await measure(core, 120, { measuredAt: at(-5) })
    expect(core.ingest.alerts.openAlerts()).toHaveLength(1)
    await measure(core, 120)
    expect(core.ingest.alerts.openAlerts()).toHaveLength(0)
  })

  it('is not misled by a reading from the future', async () => {
    const core = openCore()
    const future = '2099-01-01T00:00:00.000Z'
    await measure(core, 145, { measuredAt: future, receivedAt: future })
    await measure(core, 120)
    expect(core.ingest.alerts.openAlerts()).toHaveLength(0)
  })

  it('judges a backlog once: one revision for a commit, however many readings it has', async () => {
    const core = openCore()
    const readings = Array.from({ length: 40 }, (_, i) =>
      reading(`backlog ${i}`, { values: pressure(145 + i), measuredAt: at(-50 + i), receivedAt: at(0) }),
    )
    await core.send(HUB, message(1, readings))
    expect(alertsOf(publishedBy(core))).toMatchObject([{ revision: 1, level: 'red', openedAt: at(-50) }])
  })

  it('compares no value in another unit, and says so', async () => {
    const core = openCore()
    await measure(core, 0, { values: { systolic: { value: 21.3, unit: 'kPa', decimals: 1 } } })
    expect(publishedBy(core)).toEqual([])
    expect(core.lines).toContainEqual(expect.objectContaining({ level: 'warn', event: 'limits-not-compared' }))
  })

  it('counts what it judged', async () => {
    const core = openCore()
    await measure(core, 120)
    await measure(core, 121)
    expect(core.ingest.counts().hubs.get(HUB)).toMatchObject({ stored: 2, evaluated: 2 })
  })

  it('logs ids and no value', async () => {
    const core = openCore()
    await measure(core, 167)
    expect(core.lines).toContainEqual(expect.objectContaining({ event: 'alert-opened' }))
    expect(JSON.stringify(core.lines)).not.toMatch(/\b167\b|citizen-1/)
  })
})
