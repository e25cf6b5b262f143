import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { drivers } from '../../../device-drivers/index.ts'
import { DEVICE_KINDS, hubConfig, parseScenario, readScenario, type Scenario } from '../../../simulators/scenario.ts'

const DIR = 'simulators/scenarios'
const text = readFileSync(`${DIR}/demo.json`, 'utf8')

/** The demo with one change. */
function changed(change: (scenario: Scenario & Record<string, unknown>) => void): string {
  const scenario = JSON.parse(text)
  change(scenario)
  return JSON.stringify(scenario)
}

/** Writes a value deep inside, whatever its type. */
const set = (path: string, value: unknown) => (scenario: object) => {
  const keys = path.split('.')
  let at = scenario as Record<string, unknown>
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>
  at[keys.at(-1) ?? ''] = value
}

describe('a scenario file', () => {
  const files = readdirSync(DIR).filter((name) => name.endsWith('.json'))

  it.each(files)('%s is valid, and each hub gets a configuration for its devices', (name) => {
    const scenario = readScenario(`${DIR}/${name}`)
    const hubs = scenario.registry.hubs.map(({ id }) =>
      hubConfig(scenario, id, {
        mqttUrl: 'mqtt://127.0.0.1:1883',
        username: id,
        password: 'secret',
        dataDir: '/tmp/x',
        serialTargets: Object.fromEntries(scenario.devices.map((d) => [d.id, `tcp://127.0.0.1:${d.id}`])),
      }),
    )
    const configured = hubs.flatMap((h) => [...h.devices, ...h.serial]).map((d) => d.id)
    expect(configured.sort()).toEqual(scenario.devices.map((d) => d.id).sort())
    // A kit shows one family of devices; some have no radio.
    const both = hubs.every((h) => h.serial.length > 0 && h.devices.length > 0)
    expect(both || name.startsWith('kit-')).toBe(true)
  })

  it('there are scenarios', () => {
    expect(files).toEqual(expect.arrayContaining(['demo.json', 'crash.json', 'four-devices.json']))
  })

  it('every kind of device has a driver that exists', () => {
    const ids = drivers.map((driver) => driver.about.id)
    expect(ids).toEqual(expect.arrayContaining(Object.values(DEVICE_KINDS).map((kind) => kind.driver)))
  })

  it('the demo shows two homes, four citizens and all five kinds of reading', () => {
    const scenario = parseScenario(text, 'demo.json')
    expect(scenario.registry.hubs).toHaveLength(2)
    expect(scenario.registry.citizens).toHaveLength(4)
    const measured = new Set(scenario.series.flatMap((s) => Object.keys(s.baseline)))
    const expected = ['systolic', 'oxygenSaturation', 'weight', 'bodyTemperature', 'heartRate']
    expect([...measured]).toEqual(expect.arrayContaining(expected))
    expect(scenario.registry.clients[0]?.organisation).toBe('clinic-0001')
    expect(scenario.registry.grants.filter((g) => g.organisation === 'clinic-0001' && !g.kinds)).toHaveLength(4)
  })

  it.each([
    ['registry.citizens.0.id', 'Anna', 'registry.citizens[0].id'],
    ['registry.devices.1.hub', 'hub-9999', 'registry.devices[1].hub'],
    ['registry.devices.1.driver', 'weight-scale-service', 'registry.devices (thermometer-0001).driver'],
    ['registry.assignments.0.device', 'unknown-0001', 'registry.assignments[0].device'],
    ['registry.assignments.0.citizen', 'citizen-9999', 'registry.assignments[0].citizen'],
    ['registry.grants.0.organisation', 'clinic-9999', 'registry.grants[0].organisation'],
    ['registry.limits.0.citizen', 'citizen-9999', 'registry.limits[0].citizen'],
    ['registry.limits.0.from', 'yesterday', 'registry.limits[0].from'],
    ['registry.clients.0.organisation', 'clinic-9999', 'registry.clients[0].organisation'],
    ['devices.1.address', 'C0:01', 'devices[1].address'],
    ['devices.1.address', 'c0:01:00:00:00:04', 'devices (address)'],
    ['devices.1.kind', 'toaster', 'devices[1].kind'],
    ['devices.1.habits', { sendsTwise: true }, 'devices[1].habits'],
    ['devices.1.id', 'thermometer-0009', 'devices[1].id'],
    ['devices.0.port', 70_000, 'devices[0].port'],
    ['series.0.device', 'unknown-0001', 'series[0].device'],
    ['series.0.baseline', { pulseRate: 80 }, 'series[0].baseline.oxygenSaturation'],
    ['series.0.everyS', [3, 1], 'series[0].everyS'],
    ['series.0.course.untilS', 1, 'series[0].course.untilS'],
    ['faults', [{ type: 'line-cut', atS: 1, device: 'cuff-0001' }], 'faults[0].device'],
    ['faults', [{ type: 'link-lost', atS: 1, device: 'oximeter-0001' }], 'faults[0].device'],
    ['faults', [{ type: 'radio-off', atS: 1, forS: 1, hub: 'hub-9999' }], 'faults[0].hub'],
    ['speed', 0, 'speed'],
  ])('with a bad %s (%j) is refused by the name of the field', (path, value, field) => {
    const attempt = () => parseScenario(changed(set(path, value)), 'mine.json')
    expect(attempt).toThrow(expect.objectContaining({ code: 'config-invalid' }))
    expect(attempt).toThrow(`${field}`)
    expect(attempt).toThrow('mine.json')
  })

  it('names every bad field at once, and no JSON and no file for what they are', () => {
    const bad = changed((s) => {
      set('speed', -1)(s)
      set('seed', 'x')(s)
    })
    expect(() => parseScenario(bad, 'mine.json')).toThrow(/speed: .*; seed: /)
    expect(() => parseScenario('{', 'mine.json')).toThrow('is no JSON')
    expect(() => readScenario('no/such/file.json')).toThrow('no/such/file.json: cannot be read')
  })

  it('a hub whose serial device has no port is refused', () => {
    const scenario = parseScenario(text, 'demo.json')
    const place = { mqttUrl: '', username: '', password: '', dataDir: '', serialTargets: {} }
    expect(() => hubConfig(scenario, 'hub-0001', place)).toThrow('serialTargets.oximeter-0001')
  })

  it('the configuration of a hub has the shape that a hub reads', () => {
    const scenario = parseScenario(text, 'demo.json')
    const config = hubConfig(scenario, 'hub-0002', {
      mqttUrl: 'mqtt://127.0.0.1:1',
      username: 'hub-0002',
      password: 'secret',
      dataDir: '/data',
      serialTargets: { 'oximeter-0003': 'tcp://127.0.0.1:2' },
    })
    expect(config).toEqual({
      hub: 'hub-0002',
      dataDir: '/data',
      broker: { url: 'mqtt://127.0.0.1:1', username: 'hub-0002', password: 'secret' },
      timeZone: 'Europe/Copenhagen',
      bluetooth: { enabled: true, adapter: 0 },
      devices: [
        { id: 'belt-0001', driver: 'heart-rate-service', address: 'c0:02:00:00:00:01' },
        { id: 'cuff-0002', driver: 'blood-pressure-service', address: 'c0:02:00:00:00:02' },
        { id: 'oximeter-0002', driver: 'pulse-oximeter-service', address: 'c0:02:00:00:00:03' },
      ],
      serial: [{ id: 'oximeter-0003', driver: 'nonin-stream', target: 'tcp://127.0.0.1:2' }],
    })
  })
})
