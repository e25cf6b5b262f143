import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { HubStates } from '../../broker/hub-states.ts'
import { hubPace } from '../../broker/publish-rate.ts'
import { bytes, CLINIC, closed, type Front, HUB_A, HUB_B, openFront, READINGS_A, rawSocket } from './mqtt-fixture.ts'

let front: Front
afterEach(() => front?.close())

test('a hub that sends too much is slowed: every message is taken, in order, and another hub is not held up', async () => {
  const waits: string[] = []
  let goOn = (): void => undefined
  const held = new Promise<void>((resolve) => (goOn = resolve))
  const sleep = () => held
  const pace = hubPace({
    clock: { monotonic: () => 0, sleep },
    signal: new AbortController().signal,
    onSlowed: (hub) => waits.push(hub),
  })
  front = await openFront({ broker: { pace } })
  const [flooding, other] = [await front.connect(HUB_A), await front.connect(HUB_B)]
  const sent = Array.from({ length: 2_100 }, (_, i) => flooding.publishAsync(READINGS_A, String(i), { qos: 1 }))
  await other.publishAsync('v1/hubs/hub-b/readings', 'x', { qos: 1 })
  await Promise.all(sent.slice(0, 1_900))
  while (waits.length === 0) await new Promise((resolve) => setImmediate(resolve))
  expect(new Set(waits)).toEqual(new Set(['hub-a']))
  let last = false
  const all = Promise.all(sent).then(() => {
    last = true
  })
  // The other hub goes on, message after message, while the last of the flood is not even taken.
  for (let i = 0; i < 50; i++) await other.publishAsync('v1/hubs/hub-b/readings', 'x', { qos: 1 })
  expect(last).toBe(false)
  expect(front.accepted.filter(({ hub }) => hub === 'hub-a').length).toBeLessThan(2_001)
  goOn()
  await all
  const taken = front.accepted.filter(({ hub }) => hub === 'hub-a').map(({ payload }) => Number(payload))
  expect(taken).toEqual(Array.from({ length: 2_100 }, (_, i) => i))
})

test.each([
  ['no keepalive', 0],
  ['a keepalive longer than 300 s', 301],
])('%s is refused', async (_what, keepalive) => {
  front = await openFront({})
  const socket = rawSocket(front.broker.url)
  const password = Buffer.from(front.password(CLINIC))
  const identity = { clientId: CLINIC.id, username: CLINIC.id, password }
  socket.write(bytes({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive, ...identity }))
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await closed(socket)
  expect(Buffer.concat(chunks)[3] ?? 1).not.toBe(0)
})

test('a topic of a hundred levels cuts the connection and reaches nobody', async () => {
  front = await openFront({})
  const socket = await front.rawConnect(HUB_A)
  const topic = `v1/hubs/hub-a/${'a/'.repeat(100)}x`
  socket.write(bytes({ cmd: 'publish', topic, payload: 'x', qos: 1, retain: false, dup: false, messageId: 1 }))
  await once(socket, 'close')
  expect(front.accepted).toEqual([])
})

test('JSON that is nested too deep is malformed, before it is parsed', () => {
  front = undefined as unknown as Front
  const states = new HubStates()
  const deep = Buffer.from(`${'{"a":'.repeat(9)}1${'}'.repeat(9)}`)
  expect(states.accept('hub-a', 'health', undefined, deep, 'later')).toBe('malformed')
  expect(states.accept('hub-a', 'devices', 'cuff-1', Buffer.from('{"driver":"x-y"}'), 'later')).toBe('accepted')
})
