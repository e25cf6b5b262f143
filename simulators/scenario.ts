import { readFileSync } from 'node:fs'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { IEEE_11073_NEEDS } from './scenario-ieee11073.ts'
import { OWN_PROTOCOL_NEEDS } from './scenario-own-protocols.ts'
import { type Scenario, type ScenarioDevice, scenarioSchema } from './scenario-schema.ts'
import { SERIAL_LINE_NEEDS } from './scenario-serial-lines.ts'
import { STORED_RECORD_NEEDS } from './scenario-stored-records.ts'
import { VENDOR_NEEDS } from './scenario-vendors.ts'

export type { Scenario, ScenarioDevice } from './scenario-schema.ts'

/** Which driver a hub needs for a kind of device, and which quantities a measurement with it must have. */
export const DEVICE_KINDS = {
  'blood-pressure-cuff': { driver: 'blood-pressure-service', quantities: ['systolic', 'diastolic', 'pulseRate'] },
  'spot-check-oximeter': { driver: 'pulse-oximeter-service', quantities: ['oxygenSaturation', 'pulseRate'] },
  'continuous-oximeter': { driver: 'pulse-oximeter-service', quantities: ['oxygenSaturation', 'pulseRate'] },
  'weight-scale': { driver: 'weight-scale-service', quantities: ['weight'] },
  thermometer: { driver: 'thermometer-service', quantities: ['bodyTemperature'] },
  'heart-rate-belt': { driver: 'heart-rate-service', quantities: ['heartRate'] },
  'nonin-df13': { driver: 'nonin-spot-check', quantities: ['oxygenSaturation', 'pulseRate'] },
  'nonin-df8': { driver: 'nonin-stream', quantities: ['oxygenSaturation', 'pulseRate'] },
  ...IEEE_11073_NEEDS,
  ...OWN_PROTOCOL_NEEDS,
  ...SERIAL_LINE_NEEDS,
  ...STORED_RECORD_NEEDS,
  ...VENDOR_NEEDS,
} as const satisfies Record<ScenarioDevice['kind'], { driver: string; quantities: readonly string[] }>

export const DEFAULT_TIME_ZONE = 'Europe/Copenhagen'

type Complain = (field: string, remedy: string) => void

function checkIds(scenario: Scenario, complain: Complain): void {
  const unique = (field: string, ids: readonly string[]): void => {
    ids.forEach((id, i) => {
      if (ids.indexOf(id) < i) complain(`${field}[${i}]`, `is the second ${id}; use another`)
    })
  }
  unique(
    'devices',
    scenario.devices.map((d) => d.id),
  )
  unique(
    'registry.devices',
    scenario.registry.devices.map((d) => d.id),
  )
  unique(
    'devices (address)',
    scenario.devices.flatMap((d) => ('address' in d ? [d.address] : [])),
  )
  const hubs = new Set(scenario.registry.hubs.map((h) => h.id))
  const citizens = new Set(scenario.registry.citizens.map((c) => c.id))
  const organisations = new Set(scenario.registry.organisations.map((o) => o.id))
  const registered = new Set(scenario.registry.devices.map((d) => d.id))
  const known = (field: string, id: string, set: ReadonlySet<string>, list: string): void => {
    if (!set.has(id)) complain(field, `names ${id}, which is not in registry.${list}`)
  }
  scenario.registry.devices.forEach((d, i) => {
    known(`registry.devices[${i}].hub`, d.hub, hubs, 'hubs')
  })
  scenario.registry.assignments.forEach((a, i) => {
    known(`registry.assignments[${i}].device`, a.device, registered, 'devices')
    known(`registry.assignments[${i}].citizen`, a.citizen, citizens, 'citizens')
  })
  scenario.registry.grants.forEach((g, i) => {
    known(`registry.grants[${i}].organisation`, g.organisation, organisations, 'organisations')
    known(`registry.grants[${i}].citizen`, g.citizen, citizens, 'citizens')
  })
  scenario.registry.limits.forEach((l, i) => {
    known(`registry.limits[${i}].citizen`, l.citizen, citizens, 'citizens')
  })
  scenario.registry.clients.forEach((c, i) => {
    known(`registry.clients[${i}].organisation`, c.organisation, organisations, 'organisations')
  })
}

function checkDevices(scenario: Scenario, complain: Complain): void {
  const registered = new Map(scenario.registry.devices.map((d) => [d.id, d]))
  scenario.devices.forEach((device, i) => {
    const entry = registered.get(device.id)
    const { driver } = DEVICE_KINDS[device.kind]
    if (!entry) complain(`devices[${i}].id`, `${device.id} is not in registry.devices`)
    else if (entry.driver !== driver) {
      complain(`registry.devices (${device.id}).driver`, `use ${driver} for a ${device.kind}`)
    }
  })
}

function checkSeries(scenario: Scenario, complain: Complain): void {
  const devices = new Map(scenario.devices.map((d) => [d.id, d]))
  const hubs = new Set(scenario.registry.hubs.map((h) => h.id))
  scenario.series.forEach((series, i) => {
    const device = devices.get(series.device)
    if (!device) {
      complain(`series[${i}].device`, `names ${series.device}, which is not in devices`)
      return
    }
    for (const quantity of DEVICE_KINDS[device.kind].quantities) {
      if (!(quantity in series.baseline)) complain(`series[${i}].baseline.${quantity}`, `a ${device.kind} needs it`)
    }
    const { course, everyS } = series
    if (course?.type === 'deteriorating' && course.untilS <= course.fromS) {
      complain(`series[${i}].course.untilS`, 'use a time after fromS')
    }
    if (typeof everyS === 'object' && everyS[1] < everyS[0]) complain(`series[${i}].everyS`, 'use [least, most]')
  })
  scenario.faults.forEach((fault, i) => {
    if (fault.type === 'radio-off') {
      if (!hubs.has(fault.hub)) complain(`faults[${i}].hub`, `names ${fault.hub}, which is not in registry.hubs`)
      return
    }
    const device = devices.get(fault.device)
    const serial = device !== undefined && !('address' in device)
    if (!device) complain(`faults[${i}].device`, `names ${fault.device}, which is not in devices`)
    else if (fault.type === 'line-cut' && !serial) complain(`faults[${i}].device`, 'use a serial device')
    else if (fault.type === 'link-lost' && serial) complain(`faults[${i}].device`, 'use a Bluetooth device')
  })
}

const path = (parts: readonly PropertyKey[]): string =>
  parts.map((p, i) => (typeof p === 'number' ? `[${p}]` : i === 0 ? String(p) : `.${String(p)}`)).join('') || 'the file'

/** @throws PreCareError 'config-invalid' that names every bad field of `name` and says what to write instead */
export function parseScenario(text: string, name: string): Scenario {
  const invalid = (problems: readonly string[], options?: ErrorOptions): PreCareError =>
    new PreCareError('config-invalid', `${name}: ${problems.join('; ')}`, options)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw invalid([`is no JSON: ${messageOf(cause)}`], { cause })
  }
  const parsed = scenarioSchema.safeParse(json)
  if (!parsed.success) throw invalid(parsed.error.issues.map((issue) => `${path(issue.path)}: ${issue.message}`))
  const problems: string[] = []
  const complain: Complain = (field, remedy) => problems.push(`${field}: ${remedy}`)
  for (const check of [checkIds, checkDevices, checkSeries]) check(parsed.data, complain)
  if (problems.length > 0) throw invalid(problems)
  return parsed.data
}

/** @throws PreCareError 'config-invalid' */
export function readScenario(file: string): Scenario {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new PreCareError('config-invalid', `${file}: cannot be read: ${messageOf(cause)}`, { cause })
  }
  return parseScenario(text, file)
}

/** The devices that a hub of the scenario collects from. */
export function devicesOf(scenario: Scenario, hub: string): readonly ScenarioDevice[] {
  const ids = new Set(scenario.registry.devices.filter((d) => d.hub === hub).map((d) => d.id))
  return scenario.devices.filter((d) => ids.has(d.id))
}

/** A hub's configuration file, as `gateway/main.ts run --config` reads it. */
export interface HubConfig {
  readonly hub: string
  readonly dataDir: string
  readonly broker: { readonly url: string; readonly username: string; readonly password: string }
  readonly timeZone: string
  readonly bluetooth: { readonly enabled: boolean; readonly adapter: number }
  readonly devices: readonly { readonly id: string; readonly driver: string; readonly address: string }[]
  readonly serial: readonly {
    readonly id: string
    readonly driver: string
    readonly target: string
    readonly options?: Readonly<Record<string, number>>
  }[]
}

/**
 * The configuration that makes a hub collect from its part of a scenario.
 * @param place.serialTargets by device id, as a running world tells them
 */
export function hubConfig(
  scenario: Scenario,
  hub: string,
  place: {
    readonly mqttUrl: string
    readonly username: string
    readonly password: string
    readonly dataDir: string
    readonly serialTargets: Readonly<Record<string, string>>
  },
): HubConfig {
  const devices: HubConfig['devices'][number][] = []
  const serial: HubConfig['serial'][number][] = []
  for (const device of devicesOf(scenario, hub)) {
    const needs = DEVICE_KINDS[device.kind]
    const { driver } = needs
    if ('address' in device) {
      devices.push({ id: device.id, driver, address: device.address })
      continue
    }
    const target = place.serialTargets[device.id]
    if (target === undefined) throw new PreCareError('config-invalid', `serialTargets.${device.id}: missing`)
    serial.push({ id: device.id, driver, target, ...('options' in needs && { options: needs.options }) })
  }
  return {
    hub,
    dataDir: place.dataDir,
    broker: { url: place.mqttUrl, username: place.username, password: place.password },
    timeZone: scenario.timeZone ?? DEFAULT_TIME_ZONE,
    bluetooth: { enabled: devices.length > 0, adapter: 0 },
    devices,
    serial,
  }
}
