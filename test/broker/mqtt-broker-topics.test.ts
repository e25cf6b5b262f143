import type { AedesPublishPacket, Client, PublishPacket } from 'aedes'
import { expect, test } from 'vitest'
import type { Identity } from '../../broker/access.ts'
import { HubStates } from '../../broker/hub-states.ts'
import { topicRules } from '../../broker/mqtt-topics.ts'

const NOW = Date.parse('2026-03-01T12:00:00.000Z')

/** What the hooks make of a packet before aedes passes it on; nobody may subscribe to these topics, so no client sees it. */
function afterHook(
  topic: string,
  payload: string,
  client: Client | null,
  states = new HubStates(),
): Promise<PublishPacket> {
  const { hooks } = topicRules({
    mayStillReceive: () => true,
    identityOf: () => ({ role: 'hub', id: 'hub-a' }),
    accept: async () => undefined,
    states,
    clock: { now: () => NOW },
    warn: () => undefined,
  })
  const packet: PublishPacket = { cmd: 'publish', topic, payload, qos: 1, retain: true, dup: false, messageId: 1 }
  return new Promise((resolve, reject) => {
    hooks.authorizePublish(client, packet, (error) => (error ? reject(error) : resolve(packet)))
  })
}

// The hooks use a client's identity and whether it is closed, and nothing else of it.
const hub = { id: 'hub-a', closed: false } as Client

test('state and devices stay retained', async () => {
  const state = JSON.stringify({ state: 'online', session: 1 })
  expect(await afterHook('v1/hubs/hub-a/state', state, hub)).toMatchObject({
    retain: true,
    topic: 'v1/hubs/hub-a/state',
  })
  const device = JSON.stringify({ driver: 'gatt-weight' })
  expect(await afterHook('v1/hubs/hub-a/devices/scale-1', device, hub)).toMatchObject({ retain: true })
})

test('nothing else is retained: a reading goes to ingest only, an answer is passed on once', async () => {
  expect(await afterHook('v1/hubs/hub-a/readings', '{}', hub)).toMatchObject({ retain: false, payload: '' })
  const answer = await afterHook('v1/hubs/hub-a/responses/pair', '{}', hub)
  expect(answer).toMatchObject({ retain: false, payload: '{}', topic: 'v1/hubs/hub-a/responses/pair' })
})

test.each([
  'state',
  'health',
  'devices/scale-1',
  'readings',
  'responses/pair',
])('a hub is heard by any message of its own, %s as well, and not by its will', async (channel) => {
  const told = (client: Client) => {
    const states = new HubStates()
    states.accept('hub-a', 'state', undefined, Buffer.from(JSON.stringify({ state: 'online', session: 1 })), 'first')
    return afterHook(`v1/hubs/hub-a/${channel}`, '{}', client, states).then(() => states.hub('hub-a')?.heardAt)
  }
  expect(await told(hub)).toBe(NOW)
  expect(await told({ ...hub, closed: true } as Client)).toBeUndefined()
})

test('a malformed state is taken and goes nowhere', async () => {
  expect(await afterHook('v1/hubs/hub-a/state', 'offline', hub)).toMatchObject({ retain: false, payload: '' })
})

test('a will without a client goes nowhere and is no error', async () => {
  const will = await afterHook('v1/hubs/hub-b/state', JSON.stringify({ state: 'offline', session: 1 }), null)
  expect(will).toMatchObject({ retain: false, payload: '' })
  expect(will.topic).not.toContain('hub-b')
})

test('at delivery the right is asked for again: a filter that was granted once gives nothing by itself', () => {
  let identity: Identity | undefined
  const { hooks } = topicRules({
    mayStillReceive: () => true,
    identityOf: () => identity,
    accept: async () => undefined,
    states: new HubStates(),
    clock: { now: () => NOW },
    warn: () => undefined,
  })
  const packet = { cmd: 'publish', topic: 'v1/orgs/org-north/alerts/citizen-1/alert-1' } as AedesPublishPacket
  expect(hooks.authorizeForward(hub, packet)).toBeNull()
  identity = { role: 'client', id: 'reader', organisation: 'org-south' }
  expect(hooks.authorizeForward(hub, packet)).toBeNull()
  identity = { role: 'client', id: 'reader', organisation: 'org-north' }
  expect(hooks.authorizeForward(hub, packet)).toBe(packet)
})
