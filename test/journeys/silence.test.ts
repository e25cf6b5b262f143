import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { tickAt } from '../../broker/alerts/plan/ticks.ts'
import { type Broker, openBroker } from '../../broker/broker.ts'
import { parseConfig as brokerConfig } from '../../broker/config.ts'
import type { AlertMessage } from '../../broker/contract/alert.ts'
import { provision } from '../../broker/provision.ts'
import type { SessionEvent } from '../../device-drivers/driver.ts'
import { parseConfig } from '../../gateway/config.ts'
import { startHub } from '../../gateway/hub.ts'
import type { BleTransport } from '../../gateway/transport/transport.ts'
import { CHEAP } from '../support/cheap-passwords.ts'
import { freePort } from '../support/free-port.ts'
import { manualClock, NOON } from '../support/manual-clock.ts'
import { tempDir } from '../support/temp-dir.ts'
import { record, scriptedDriver } from '../support/test-driver.ts'

/** A real hub and a real broker over a socket, with one clock that the test moves; five silences, five names. */

const HUB = 'hub-0001'
const CITIZEN = 'citizen-1'
const ADDRESS = 'a4:c1:38:00:00:01'
const MINUTE = 60_000
const PACE_MS = 10
const silent = () => undefined
const NO_LOG = { debug: silent, info: silent, warn: silent, error: silent }

/** From 12:05 to 12:20 UTC (Copenhagen is an hour ahead in November), five minutes of grace. */
const DUE = NOON + 25 * MINUTE
const REGISTRY = {
  organisations: [{ id: 'clinic', title: 'The clinic' }],
  citizens: [{ id: CITIZEN }],
  hubs: [{ id: HUB }],
  devices: [{ id: 'scale-0001', hub: HUB, driver: 'test-scale' }],
  assignments: [{ device: 'scale-0001', citizen: CITIZEN, from: '2026-01-01T00:00:00Z' }],
  grants: [{ organisation: 'clinic', citizen: CITIZEN, from: '2026-01-01T00:00:00Z', purpose: 'treatment' }],
  clients: [{ id: 'nurse', organisation: 'clinic' }],
  plans: [
    {
      citizen: CITIZEN,
      kind: 'weight',
      from: '2026-11-20T00:00:00Z',
      graceMinutes: 5,
      unwatchedAfterHours: 1,
      phases: [{ schedule: { type: 'daily' }, windows: [{ from: '13:05', to: '13:20' }] }],
      author: 'nurse',
      reason: 'start',
    },
  ],
}

async function home() {
  const dataDir = tempDir()
  const clock = manualClock({ wall: NOON })
  // The broker's own pace, of what it begins while it opens, is real, only quicker; the time of day is the test's. What
  // it begins later are deadlines of connections: these are real, or no password would be looked at in time.
  const paces = new WeakSet<AbortSignal>()
  let opening = false
  const brokerClock = {
    now: () => clock.wall() ?? 0,
    monotonic: () => performance.now(),
    sleep: (ms: number, signal: AbortSignal) => {
      if (opening) paces.add(signal)
      return delay(paces.has(signal) ? Math.min(ms, PACE_MS) : ms, undefined, { signal })
    },
  }
  const file = join(dataDir, 'registry.json')
  writeFileSync(file, JSON.stringify(REGISTRY))
  const { passwords } = await provision(dataDir, file, brokerClock, { dryRun: false, passwordCost: CHEAP })
  const port = await freePort()
  const config = brokerConfig({ dataDir, mqtt: { port }, http: { port: 0 } })
  const open = async (): Promise<Broker> => {
    opening = true
    try {
      return await openBroker(config, brokerClock, NO_LOG)
    } finally {
      opening = false
    }
  }
  let broker: Broker | undefined = await open()

  const journal = new DatabaseSync(join(dataDir, 'journal.db'), { readOnly: true })
  onTestFinished(() => journal.close())
  const lastLook = (): number => Number(journal.prepare('SELECT max(last) AS n FROM engine_ticks').get()?.['n'] ?? 0)

  const connectNurse = () =>
    connectAsync(`mqtt://127.0.0.1:${port}`, {
      clientId: 'nurse',
      username: 'nurse',
      password: passwords.clients['nurse'] ?? '',
      protocolVersion: 4,
      reconnectPeriod: 0,
    })
  let nurse: Awaited<ReturnType<typeof connectNurse>> | undefined = await connectNurse()

  const device = { weight: undefined as number | undefined, battery: 80 }
  const radio = { trouble: false, hear: silent as Parameters<BleTransport['start']>[0] }
  const ble: BleTransport = {
    start: (hear) => {
      radio.hear = hear
    },
    connect: async () => ({
      has: () => false,
      read: () => Promise.reject(new Error('nothing to read')),
      write: () => Promise.resolve(),
      subscribe: () => Promise.reject(new Error('nothing to hear')),
      lost: new AbortController().signal,
      close: () => Promise.resolve(),
    }),
    health: () => ({
      state: 'ready',
      silentForMs: 0,
      linksOpen: 0,
      scanRestarts: 0,
      connectFailures: 0,
      ...(radio.trouble ? { step: 'power' as const } : {}),
    }),
  }
  let number = 0
  const driver = scriptedDriver(async function* (): AsyncIterable<SessionEvent> {
    yield { type: 'battery', percent: device.battery }
    number += 1
    if (device.weight !== undefined) yield { type: 'record', record: record(device.weight, number) }
  })
  const hubDir = tempDir()
  const boot = () =>
    startHub({
      config: parseConfig(
        {
          hub: HUB,
          dataDir: hubDir,
          broker: { url: `mqtt://127.0.0.1:${port}`, username: HUB, password: passwords.hubs[HUB] },
          devices: [{ id: 'scale-0001', driver: 'test-scale', address: ADDRESS }],
        },
        { drivers: [driver] },
        () => '',
      ),
      drivers: [driver],
      clock,
      random: () => 0.5,
      randomHex: (bytes) => randomBytes(bytes).toString('hex'),
      log: NO_LOG,
      version: '0.0.0',
      memory: () => 1,
      ble,
    })
  let hub: ReturnType<typeof startHub> | undefined = boot()
  await hub.ready

  /** A minute of both clocks; what was sent in it has arrived when it is over. */
  async function minute(): Promise<void> {
    await clock.advance(MINUTE / 2)
    await clock.advance(MINUTE / 2)
    if (nurse === undefined) return
    // A round trip behind it: what the hub sent before is read before. Then the engine looks at this minute.
    const { promise, resolve } = Promise.withResolvers<void>()
    nurse.once('packetreceive', () => resolve())
    nurse.sendPing()
    await promise
    while (lastLook() < tickAt(brokerClock.now())) await delay(1)
  }
  const stopHub = async () => {
    const over = { yet: false }
    void hub?.stop().then(() => {
      over.yet = true
    })
    while (hub !== undefined && !over.yet) await clock.advance(100)
    hub = undefined
  }
  const stopBroker = async () => {
    await nurse?.endAsync(true)
    nurse = undefined
    await broker?.close()
    broker = undefined
  }
  onTestFinished(async () => {
    await stopHub()
    await stopBroker()
  })
  return {
    device,
    radio,
    stopHub,
    stopBroker,
    startBroker: async () => {
      broker = await open()
      nurse = await connectNurse()
    },
    async until(time: number) {
      while ((clock.wall() ?? 0) < time) await minute()
    },
    /** The citizen uses the device, and the hub hears it. */
    async measure() {
      radio.hear({
        address: ADDRESS,
        addressType: 'public',
        services: ['181D'],
        serviceData: {},
        connectable: true,
        rssi: -60,
      })
      await minute()
    },
    skip: (ms: number) => clock.advance(ms),
    /** Whose, which rule and cause, in which state: the newest of each alert. */
    alerts() {
      const newest = new Map<string, string>()
      for (const row of journal.prepare('SELECT message FROM alert_transitions ORDER BY cursor').all()) {
        const { alert, citizen, rule, cause, state } = JSON.parse(String(row['message'])) as AlertMessage
        newest.set(alert, `${citizen} ${rule.id} ${cause} ${state}`)
      }
      return [...newest.values()]
    },
  }
}

test('a citizen who does not measure is asked after: not-measured', async () => {
  const { until, alerts, device, measure } = await home()
  await until(DUE + 3 * MINUTE)
  expect(alerts()).toEqual([`${CITIZEN} missing-weight not-measured open`])
  device.weight = 80
  await measure()
  await until(DUE + 7 * MINUTE)
  expect(alerts()).toEqual([`${CITIZEN} missing-weight not-measured closed`])
})

test('who measures in time is not asked after', async () => {
  const { until, alerts, device, measure } = await home()
  await until(NOON + 10 * MINUTE)
  device.weight = 80
  await measure()
  await until(DUE + 5 * MINUTE)
  expect(alerts()).toEqual([])
})

test('a hub that is gone is a technician’s business, and after some hours the clinic’s: hub-offline', async () => {
  const { until, alerts, stopHub } = await home()
  await until(NOON + 8 * MINUTE)
  await stopHub()
  await until(DUE + 5 * MINUTE)
  expect(alerts()).toEqual([`${HUB} hub-offline hub-offline open`])
  await until(NOON + 72 * MINUTE)
  expect(alerts()).toEqual([`${HUB} hub-offline hub-offline open`, `${CITIZEN} unwatched hub-offline open`])
})

test('a radio in trouble while the window was open: radio-silent', async () => {
  const { until, alerts, radio } = await home()
  await until(NOON + 10 * MINUTE)
  radio.trouble = true
  await until(NOON + 13 * MINUTE)
  radio.trouble = false
  await until(DUE + 3 * MINUTE)
  expect(alerts()).toEqual([`${CITIZEN} unwatched radio-silent open`])
})

test('a device that was nearly empty when it was last seen: device-battery', async () => {
  const { until, alerts, device, measure } = await home()
  await until(NOON + 3 * MINUTE)
  device.weight = 80
  device.battery = 4
  await measure()
  await until(DUE + 3 * MINUTE)
  expect(alerts()).toEqual([`${CITIZEN} unwatched-weight device-battery open`])
})

test('an engine that did not look when it fell due says so itself: engine-silent', async () => {
  const { until, alerts, stopBroker, startBroker, skip, device, measure } = await home()
  await until(NOON + 8 * MINUTE)
  await stopBroker()
  device.weight = 80
  await measure()
  await skip(30 * MINUTE)
  await startBroker()
  await until(NOON + 45 * MINUTE)
  expect(alerts()).toContain('broker engine-silent engine-silent open')
  // The hub comes back and brings what was measured in time: nobody is asked after.
  await until(NOON + 65 * MINUTE)
  expect(alerts()).toContain('broker engine-silent engine-silent closed')
  expect(alerts().filter((alert) => alert.startsWith(CITIZEN))).toEqual([])
})
