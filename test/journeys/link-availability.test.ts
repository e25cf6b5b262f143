import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import { expect, it, onTestFinished } from 'vitest'
import { deviceStateSchema, hubStateSchema } from '../../broker/contract/messages.ts'
import { drivers } from '../../device-drivers/index.ts'
import { parseConfig } from '../../gateway/config.ts'
import { startHub } from '../../gateway/hub.ts'
import { createHubClock } from '../../gateway/hub-clock.ts'
import type { Log } from '../../gateway/log.ts'
import { openOutbox } from '../../gateway/outbox.ts'
import { Uplink } from '../../gateway/uplink.ts'
import { provision, startBroker } from '../support/broker-process.ts'
import { receiptBroker } from '../support/receipt-broker.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { tempDir, until } from '../support/temp-dir.ts'

/** What is said about who is there is true: after a late will, and after a broker has forgotten everything. */

const HUB = 'hub-0001'
const NOTHING: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex')

it('a hub that came back another way stays online when its old connection, and the will of it, come to an end', {
  timeout: 25_000,
}, async () => {
  const dataDir = tempDir()
  const secrets = await provision(dataDir, {
    organisations: [{ id: 'clinic-0001', title: 'Clinic' }],
    citizens: [],
    hubs: [{ id: HUB }],
    devices: [],
    assignments: [],
    grants: [],
    limits: [],
    clients: [],
  })
  const broker = await startBroker(dataDir)
  onTestFinished(() => broker.stop(true))
  const brokerPort = Number(new URL(broker.mqttUrl).port)
  const proxy = await startTcpProxy(brokerPort)
  onTestFinished(() => proxy.close())
  const online = async (): Promise<string | undefined> => {
    const text = await (await fetch(`${broker.httpUrl}/metrics`)).text()
    return /^precare_hubs_online (\d+)$/m.exec(text)?.[1]
  }

  const clock = createHubClock()
  const { outbox } = openOutbox(join(tempDir(), 'outbox.db'), { time: () => undefined, randomHex })
  onTestFinished(() => outbox.close())
  const uplinkTo = (port: number) => {
    const uplink = new Uplink({
      hub: HUB,
      broker: { url: `mqtt://127.0.0.1:${port}`, username: HUB, password: secrets.hubs[HUB] ?? '' },
      outbox,
      clock,
      random: () => 0.5,
      log: NOTHING,
      retained: () => [],
    })
    uplink.start()
    return uplink
  }
  const before = uplinkTo(proxy.port)
  await until(() => before.connected)
  expect(await online()).toBe('1')
  // The line dies without an end: the broker still holds the old connection, and its will, when the new one comes.
  proxy.stop()
  const after = uplinkTo(brokerPort)
  await until(() => after.connected)
  // The broker has ended the old one, and published its will.
  await until(() => proxy.open === 0)
  await before.stop(0)
  proxy.resume()
  expect(await online()).toBe('1')
  await after.stop(1_000)
  expect(await online()).toBe('0')
})

it('retained states are right within five seconds of a broker that restarts empty', { timeout: 60_000 }, async () => {
  const first = await receiptBroker(HUB)
  const hub = startHub({
    config: parseConfig(
      {
        hub: HUB,
        dataDir: tempDir(),
        broker: { url: first.url, username: HUB, password: 'secret' },
        devices: [{ id: 'cuff-0001', driver: 'blood-pressure-service', address: 'a4:c1:38:00:00:01' }],
      },
      { drivers },
      () => '',
    ),
    drivers,
    clock: createHubClock(),
    random: () => 0.999,
    randomHex,
    log: NOTHING,
    version: '0.0.0',
    memory: () => 1,
  })
  onTestFinished(() => hub.stop())
  await hub.ready
  const session = hubStateSchema.parse(
    JSON.parse((await first.heardMatching(({ topic }) => topic.endsWith('/state'))).text),
  )
  await first.close()

  await receiptBroker(HUB, first.port)
  const since = performance.now()
  const retained = new Map<string, unknown>()
  const subscriber = await connectAsync(first.url, { clientId: 'looks-on', reconnectPeriod: 0 })
  onTestFinished(() => subscriber.endAsync(true))
  subscriber.on('message', (topic, payload) => retained.set(topic, JSON.parse(payload.toString('utf8'))))
  await subscriber.subscribeAsync(`v1/hubs/${HUB}/#`, { qos: 1 })
  await until(() => retained.has(`v1/hubs/${HUB}/state`) && retained.has(`v1/hubs/${HUB}/devices/cuff-0001`))
  expect(performance.now() - since).toBeLessThan(5_000)
  const state = hubStateSchema.parse(retained.get(`v1/hubs/${HUB}/state`))
  expect(state.state).toBe('online')
  expect(state.session).toBeGreaterThan(session.session)
  const cuff = deviceStateSchema.parse(retained.get(`v1/hubs/${HUB}/devices/cuff-0001`))
  expect(cuff).toEqual({ driver: 'blood-pressure-service' })
})
