import { describe, expect, it } from 'vitest'
import { openPlanWatch } from '../../../../broker/alerts/plan/plan-watch.ts'
import { openRegistry } from '../../../../broker/registry.ts'
import { isPreCareError } from '../../../../device-drivers/errors.ts'
import { DOCUMENT } from '../../core-fixture.ts'
import { plan, watched } from './watch-fixture.ts'

/** The core's clock starts on 1 March 2026 at 12:00 UTC; Denmark is an hour ahead. */
const brief = (alerts: ReturnType<ReturnType<typeof watched>['alerts']>) =>
  alerts.map(({ rule, category, state, level, cause }) => [rule.id, category, state, level, cause])

describe('a measurement that does not come', () => {
  it('is told when the grace is over and the hub has confirmed that it holds nothing', () => {
    const home = watched()
    home.until('2026-03-02T09:59:00Z')
    expect(home.alerts()).toEqual([])
    home.until('2026-03-02T10:02:00Z')
    const [alert, ...others] = home.alerts()
    expect(others).toEqual([])
    expect(alert).toMatchObject({
      rule: { id: 'missing-blood-pressure' },
      category: 'missing',
      cause: 'not-measured',
      level: 'blue',
      state: 'open',
      kinds: ['blood-pressure'],
      openedAt: '2026-03-02T09:00:00.000Z',
      evidence: [{ quantity: 'blood-pressure', bound: 'slot', at: '2026-03-02T09:00:00.000Z' }],
    })
  })

  it('is nothing when it comes within the grace, and one alert over several days until the next one is measured', async () => {
    const home = watched()
    home.until('2026-03-02T09:30:00Z')
    await home.measure('2026-03-02T09:29:00.000Z')
    home.until('2026-03-02T12:00:00Z')
    expect(home.alerts()).toEqual([])
    home.until('2026-03-05T09:30:00Z')
    expect(home.alerts()).toHaveLength(1)
    expect(home.alerts()[0]?.evidence).toHaveLength(2)
    await home.measure('2026-03-05T09:29:00.000Z')
    home.until('2026-03-05T10:30:00Z')
    expect(brief(home.alerts())).toEqual([['missing-blood-pressure', 'missing', 'closed', 'blue', 'not-measured']])
  })

  it('is withdrawn when the reading comes after all', async () => {
    const home = watched()
    home.until('2026-03-02T11:00:00Z')
    await home.measure('2026-03-02T08:30:00.000Z')
    home.until('2026-03-02T11:02:00Z')
    expect(brief(home.alerts())).toEqual([['missing-blood-pressure', 'missing', 'withdrawn', 'blue', 'arrived-late']])
  })

  it('is not made up by a technician’s test, by control solution, or by an attempt without a result', async () => {
    const home = watched()
    home.until('2026-03-02T09:00:00Z')
    const at = '2026-03-02T08:30:00.000Z'
    await home.measure(at, { test: true })
    await home.measure(at, { status: ['control-solution'] })
    await home.measure(at, { values: { systolic: { absent: 'unsuccessful' } } })
    home.until('2026-03-02T10:05:00Z')
    expect(home.alerts()).toHaveLength(1)
  })

  it('is not missed while the citizen is away, and what was said before the pause was known is withdrawn', () => {
    const home = watched()
    const pause = (from: string, to: string, created: string) =>
      home.core.journal.database
        .prepare('INSERT INTO pauses VALUES (?, ?, ?, ?, ?, 0, ?, ?)')
        .run(`pause ${from}`, 'citizen-1', 'admission', from, to, 'nurse', created)
    pause('2026-03-02T08:00:00.000Z', '2026-03-03T00:00:00.000Z', '2026-03-01T12:00:00.000Z')
    home.until('2026-03-03T08:00:00Z')
    expect(home.alerts()).toEqual([])
    home.until('2026-03-03T10:05:00Z')
    expect(home.alerts()).toHaveLength(1)
    pause('2026-03-03T08:30:00.000Z', '2026-03-09T00:00:00.000Z', '2026-03-03T10:05:30.000Z')
    home.until('2026-03-04T10:30:00Z')
    expect(brief(home.alerts())).toEqual([['missing-blood-pressure', 'missing', 'withdrawn', 'blue', 'paused']])
  })
})

describe('when the home is silent the citizen is not blamed', () => {
  it('hub-offline: a technician is told once of the hub, the clinic after the hours of the plan, and all ends with the hub’s return', async () => {
    const home = watched({ plans: [plan({ unwatchedAfterHours: 6 })] })
    home.until('2026-03-02T07:00:00Z')
    home.up.clear()
    home.until('2026-03-02T12:55:00Z')
    expect(home.alerts()).toEqual([])
    expect(brief(home.alerts('hub-0001'))).toEqual([['hub-offline', 'technical', 'open', 'yellow', 'hub-offline']])
    home.until('2026-03-02T13:05:00Z')
    expect(brief(home.alerts())).toEqual([['unwatched', 'unwatched', 'open', 'yellow', 'hub-offline']])
    await home.measure('2026-03-02T08:30:00.000Z')
    home.up.set('hub-0001', {})
    home.until('2026-03-02T13:30:00Z')
    expect(brief(home.alerts())).toEqual([['unwatched', 'unwatched', 'closed', 'yellow', 'hub-offline']])
    expect(brief(home.alerts('hub-0001'))).toEqual([['hub-offline', 'technical', 'closed', 'yellow', 'hub-offline']])
  })

  it('hub-behind: it is heard, but never says that it has delivered everything', () => {
    const home = watched()
    home.up.set('hub-0001', { outbox: { epoch: '0123456789abcdef', lastSequence: 9, unsent: 9 } })
    home.until('2026-03-02T10:14:00Z')
    expect(home.alerts()).toEqual([])
    home.until('2026-03-02T10:16:00Z')
    expect(brief(home.alerts())).toEqual([['unwatched', 'unwatched', 'open', 'blue', 'hub-behind']])
  })

  it('radio-silent: the radio was in trouble while the window was open', () => {
    const home = watched()
    home.until('2026-03-02T09:00:00Z')
    const radio = { state: 'ready', silentForS: 900, linksOpen: 0, scanRestarts: 3, connectFailures: 0 } as const
    home.up.set('hub-0001', { radio: { ...radio, step: 'power' } })
    home.until('2026-03-02T09:10:00Z')
    home.up.set('hub-0001', { radio: { ...radio, silentForS: 0 } })
    home.until('2026-03-02T10:05:00Z')
    expect(brief(home.alerts())).toEqual([['unwatched', 'unwatched', 'open', 'blue', 'radio-silent']])
  })

  it('device-battery and device-fault: the device that measures this kind is low, or its last visit failed', async () => {
    for (const [state, cause] of [
      [{ batteryPercent: 4 }, 'device-battery'],
      [{ problem: 'link-lost' }, 'device-fault'],
    ] as const) {
      const home = watched()
      home.until('2026-03-01T12:30:00Z')
      await home.measure('2026-03-01T12:29:00.000Z')
      home.device('cuff-0001', state)
      // Of another device nothing follows.
      home.device('scale-0001', { batteryPercent: 1, problem: 'pairing-failed' })
      home.until('2026-03-02T10:05:00Z')
      expect(brief(home.alerts())).toEqual([['unwatched-blood-pressure', 'unwatched', 'open', 'blue', cause]])
    }
  })

  it('engine-silent: the engine did not look when it fell due; it says so once, and of nobody else until hubs had time', async () => {
    const home = watched()
    home.until('2026-03-02T09:00:00Z')
    home.up.clear()
    home.sleepUntil('2026-03-02T10:30:00Z')
    home.restart()
    home.until('2026-03-02T10:40:00Z')
    expect(brief(home.alerts('broker'))).toEqual([['engine-silent', 'technical', 'open', 'yellow', 'engine-silent']])
    const said = home.core.journal.database.prepare('SELECT verdict FROM slot_verdicts').all()
    expect(said.map(({ verdict }) => JSON.parse(String(verdict)))).toEqual([
      { state: 'unknown', cause: 'engine-silent' },
    ])
    expect([...home.alerts(), ...home.alerts('hub-0001')]).toEqual([])
    home.up.set('hub-0001', {})
    home.until('2026-03-02T10:50:00Z')
    expect(brief(home.alerts())).toEqual([['missing-blood-pressure', 'missing', 'open', 'blue', 'not-measured']])
    expect(brief(home.alerts('broker'))).toEqual([['engine-silent', 'technical', 'closed', 'yellow', 'engine-silent']])
  })

  it('no-device: a plan without equipment is nobody’s fault but is told', () => {
    const home = watched({ assignments: [] })
    home.until('2026-03-02T10:05:00Z')
    expect(brief(home.alerts())).toEqual([['unwatched', 'unwatched', 'open', 'blue', 'no-device']])
  })
})

describe('the watch', () => {
  const many = (count: number) => {
    const ids = Array.from({ length: count }, (_, n) => String(n).padStart(4, '0'))
    return {
      ids,
      document: {
        ...DOCUMENT,
        limits: [],
        citizens: ids.map((n) => ({ id: `citizen-${n}` })),
        hubs: ids.map((n) => ({ id: `hub-${n}` })),
        devices: ids.map((n) => ({ id: `cuff-${n}`, hub: `hub-${n}`, driver: 'blood-pressure-service' })),
        assignments: ids.map((n) => ({ device: `cuff-${n}`, citizen: `citizen-${n}`, from: '2026-01-01T00:00:00Z' })),
        grants: [],
        plans: ids.map((n) => plan({ citizen: `citizen-${n}` })),
      },
    }
  }

  it('tells a technician once when a hundred hubs fall silent together, and of each that stays so', () => {
    const { ids, document } = many(100)
    const homes = watched(document)
    homes.up.clear()
    for (const n of ids) homes.up.set(`hub-${n}`, {})
    homes.until('2026-03-01T12:10:00Z')
    homes.up.clear()
    homes.until('2026-03-01T12:40:00Z')
    const all = () => homes.core.ingest.alerts.transitionsAfter(0, 10_000).map(({ message }) => message)
    expect(all().map(({ citizen, rule }) => [citizen, rule.id])).toEqual([['broker', 'line-silent']])
    for (const n of ids.slice(3)) homes.up.set(`hub-${n}`, {})
    homes.until('2026-03-01T12:45:00Z')
    const open = homes.core.ingest.alerts.openAlerts().map(({ citizen, rule }) => [citizen, rule.id])
    expect(open.sort()).toEqual(ids.slice(0, 3).map((n) => [`hub-${n}`, 'hub-offline']))
  })

  it('goes on over restarts as if there had been none', async () => {
    const transitions = async (restarts: boolean) => {
      const home = watched()
      for (let hour = 13; hour < 13 + 72; hour++) {
        if (hour === 40) home.up.clear()
        if (hour === 50) home.up.set('hub-0001', {})
        if (hour === 60) await home.measure('2026-03-03T08:30:00.000Z')
        // Not in the very minute of a decision: that a restart may put off by one.
        home.until(new Date(Date.UTC(2026, 2, 1, hour, 30)).toISOString())
        if (restarts) home.restart()
      }
      return home.core.ingest.alerts.transitionsAfter(0, 1_000)
    }
    const whole = await transitions(false)
    expect(whole.length).toBeGreaterThan(4)
    expect(await transitions(true)).toEqual(whole)
  })

  it('gives way after some milliseconds, and reaches everybody in the end', () => {
    const citizens = ['citizen-1', 'citizen-2', 'citizen-3']
    const home = watched({
      citizens: citizens.map((id) => ({ id })),
      plans: citizens.map((citizen) => plan({ citizen })),
    })
    const { core } = home
    let ms = 0
    const watch = openPlanWatch({
      journal: core.journal,
      registry: openRegistry(core.journal),
      hubs: () => [],
      tell: core.ingest.alerts.reconcile,
      clock: { monotonic: () => (ms += 4) },
    })
    const more: boolean[] = []
    const look = () => core.ingest.commit((now) => void more.push(watch.look(now)))
    core.clock.time = Date.parse('2026-03-02T08:00:00Z')
    while (more.at(-1) !== false) look()
    expect(more).toEqual([true, false])
    look()
    expect(more.at(-1)).toBe(false)
  })

  it('follows a plan that another process has changed', () => {
    const home = watched({ plans: [] })
    home.until('2026-03-02T07:00:00Z')
    home.core.apply({ plans: [plan({ from: '2026-03-02T00:00:00Z' })] })
    home.until('2026-03-02T10:05:00Z')
    expect(home.alerts()).toHaveLength(1)
  })
})

describe('a plan in the registry', () => {
  it('is never rewritten, only ended or followed by another', () => {
    const home = watched()
    home.core.apply({ plans: [plan({ to: '2026-04-01T00:00:00Z' })] })
    home.core.apply({ plans: [plan({ from: '2026-03-10T00:00:00Z', graceMinutes: 10 })] })
    try {
      home.core.apply({ plans: [plan({ graceMinutes: 10 })] })
      expect.unreachable()
    } catch (error) {
      expect(isPreCareError(error, 'config-invalid')).toBe(true)
      expect(String(error)).toContain('plans[0].from: another plan holds from that time already; give a later from')
    }
  })
})
