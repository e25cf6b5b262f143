import { connectAsync } from 'mqtt'
import { expect, it, onTestFinished } from 'vitest'
import { CLIENT, connectHub, fleetRegistry, ORGANISATION, publishReadings, spo2Reading } from '../bench/fleet.ts'
import { frozenSubscriber } from '../bench/frozen-subscriber.ts'
import { provision, startBroker } from '../support/broker-process.ts'
import { tempDir } from '../support/temp-dir.ts'
import { becomes } from './stage.ts'

const IN_EACH = 80
/** What the kernel and the broker hold for the frozen one is passed after about 100 messages of 200 kB. */
const MOST_MESSAGES = 400
/** Makes a reading of 3 kB: a device that has much to say about what it did not measure. */
const ABSENT = Object.fromEntries(
  Array.from({ length: 60 }, (_, i) => [`notMeasured${i}`, { absent: 'not-a-number' as const }]),
)
const SECOND_CLIENT = 'client-other'

it('fault 28: a clinic that stops reading is cut, delays nobody, and reads on from its cursor', async () => {
  const dataDir = tempDir()
  const registry = fleetRegistry(1, 1)
  const secrets = await provision(dataDir, {
    ...registry,
    clients: [...registry.clients, { id: SECOND_CLIENT, organisation: ORGANISATION }],
  })
  const broker = await startBroker(dataDir)
  onTestFinished(() => broker.stop(true))
  const password = secrets.clients[CLIENT] ?? ''
  const filter = `v1/orgs/${ORGANISATION}/#`
  const frozen = await frozenSubscriber(broker.mqttUrl, CLIENT, password, filter)
  onTestFinished(() => void frozen.destroy())
  const other = await connectAsync(broker.mqttUrl, {
    clientId: SECOND_CLIENT,
    username: SECOND_CLIENT,
    password: secrets.clients[SECOND_CLIENT] ?? '',
    reconnectPeriod: 0,
  })
  onTestFinished(() => other.endAsync(true))
  const cursors = new Set<number>()
  other.on('message', (topic, payload) => {
    if (topic.includes('/readings/') || topic.includes('/backfill/')) {
      cursors.add(Number(JSON.parse(String(payload)).cursor))
    }
  })
  await other.subscribeAsync(filter, { qos: 1 })
  const hub = await connectHub(broker.mqttUrl, secrets, 0)
  onTestFinished(() => hub.client.endAsync(true))
  const receipted = new Set<number>()
  hub.client.on('message', (_, payload) => {
    const { first, last } = JSON.parse(String(payload)) as { first: number; last: number }
    for (let n = first; n <= last; n++) receipted.add(n)
  })
  const isCut = async () => {
    const figures = await (await fetch(`${broker.httpUrl}/metrics`)).text()
    return /^precare_subscribers_cut_total 1$/m.test(figures) && /^precare_connections 2$/m.test(figures)
  }
  const start = Date.now() - MOST_MESSAGES * IN_EACH
  let total = 0
  for (let m = 0; m < MOST_MESSAGES && !(m % 5 === 0 && (await isCut())); m++) {
    const readings = Array.from({ length: IN_EACH }, (_, i) => {
      const n = total + i
      const reading = spo2Reading(0, n, 96, new Date(start + n).toISOString())
      return { ...reading, values: { ...reading.values, ...ABSENT } }
    })
    await publishReadings(hub, readings)
    total += IN_EACH
  }
  await becomes(() => receipted.size === total)
  await becomes(() => cursors.size === total)
  expect(await isCut()).toBe(true)
  const missed = new Set<number>()
  for (let next = 0; missed.size < total; ) {
    const answer = await fetch(`${broker.httpUrl}/v1/readings?since=${next}&limit=1000`, {
      headers: { authorization: `Basic ${Buffer.from(`${CLIENT}:${password}`).toString('base64')}` },
    })
    const page = (await answer.json()) as { items: { cursor: number }[]; next: number }
    if (page.items.length === 0) break
    for (const { cursor } of page.items) missed.add(cursor)
    next = page.next
  }
  expect(missed).toEqual(cursors)
}, 120_000)
