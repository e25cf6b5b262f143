import { once } from 'node:events'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  bytes,
  CLINIC,
  closed,
  type Front,
  HUB_A,
  HUB_B,
  messages,
  NORTH,
  openFront,
  outgoing,
  READINGS_A,
  stateOf,
} from './mqtt-fixture.ts'

let front: Front
afterEach(() => front.close())

describe('what a hub writes', () => {
  test('a reading is acknowledged only after ingest has stored it', async () => {
    let store: () => void = () => undefined
    front = await openFront({ accept: () => new Promise((resolve) => (store = resolve)) })
    const socket = await front.rawConnect(HUB_A)
    let acknowledged = false
    socket.on('data', () => (acknowledged = true))
    const publish = {
      cmd: 'publish',
      topic: READINGS_A,
      payload: 'x',
      qos: 1,
      messageId: 7,
      dup: false,
      retain: false,
    } as const
    socket.write(bytes(publish))
    await vi.waitFor(() => expect(front.accepted).toHaveLength(1))
    // A round trip after the reading: whatever would have been sent before it is here by then.
    const other = await front.connect(HUB_B)
    await new Promise<void>((resolve) => other.once('packetreceive', () => resolve()).sendPing())
    expect(acknowledged).toBe(false)
    const data = once(socket, 'data')
    store()
    expect([...((await data)[0] as Buffer)]).toEqual([0x40, 2, 0, 7])
  })

  test('when the store fails the connection is cut without PUBACK, and the hub sends again', async () => {
    let failing = true
    front = await openFront({
      accept: async () => {
        if (failing) throw new Error('disk full')
      },
    })
    const hub = await front.connect(HUB_A, { reconnectPeriod: 5 })
    const gone = closed(hub).then(() => {
      failing = false
    })
    await Promise.all([gone, hub.publishAsync(READINGS_A, 'reading', { qos: 1 })])
    expect(front.accepted).toEqual([
      { hub: 'hub-a', payload: 'reading' },
      { hub: 'hub-a', payload: 'reading' },
    ])
  })

  test('a payload that is no JSON is acknowledged once and starts no reconnect loop', async () => {
    front = await openFront({})
    const hub = await front.connect(HUB_A)
    const onClose = vi.fn()
    hub.on('close', onClose)
    for (const channel of ['readings', 'state', 'health', 'devices/cuff-1']) {
      await hub.publishAsync(`v1/hubs/hub-a/${channel}`, '{"broken', { qos: 1 })
    }
    await hub.publishAsync(READINGS_A, 'next', { qos: 1 })
    expect(onClose).not.toHaveBeenCalled()
    expect(front.accepted.map(({ payload }) => payload)).toEqual(['{"broken', 'next'])
    expect(front.lines.filter(({ event }) => event === 'hub-message-malformed')[0]).toMatchObject({ hub: 'hub-a' })
  })

  test('readings reach ingest in the order they were sent', async () => {
    front = await openFront({ accept: () => new Promise((resolve) => setImmediate(resolve)) })
    const hub = await front.connect(HUB_A)
    await Promise.all(Array.from({ length: 500 }, (_, i) => hub.publishAsync(READINGS_A, String(i), { qos: 1 })))
    expect(front.accepted.map(({ payload }) => Number(payload))).toEqual(Array.from({ length: 500 }, (_, i) => i))
  })

  test.each([
    'v1/hubs/hub-b/readings',
    'v1/hubs/hub-b/state',
    'v1/hubs/hub-a/receipts',
    'v1/orgs/org-north/alerts/citizen-1/alert-1',
    'v1/heartbeat',
    '$SYS/x',
  ])('a hub that writes to %s is cut, and nothing of it arrives', async (topic) => {
    front = await openFront({})
    const clinic = await front.connect(CLINIC)
    await clinic.subscribeAsync([`${NORTH}/#`, 'v1/heartbeat'], { qos: 1 })
    const leaked = vi.fn()
    clinic.on('message', leaked)
    const hub = await front.connect(HUB_A)
    hub.publish(topic, stateOf(1, 'online'), { qos: 1 })
    await closed(hub)
    const sentinel = messages(clinic, 1)
    await front.broker.publish(outgoing(`${NORTH}/alerts/citizen-1/sentinel`, 's'))
    await sentinel
    expect(leaked).toHaveBeenCalledTimes(1)
    expect(front.accepted).toEqual([])
  })

  test('a will below another hub is refused at CONNECT, and a client may leave none', async () => {
    front = await openFront({})
    const will = (topic: string, qos: 0 | 1 | 2 = 1) => ({
      topic,
      payload: Buffer.from(stateOf(9, 'offline')),
      qos,
      retain: true,
    })
    for (const topic of ['v1/hubs/hub-b/state', READINGS_A, `${NORTH}/alerts/citizen-1/alert-1`, 'v1/heartbeat']) {
      await expect(front.connect(HUB_A, { will: will(topic) })).rejects.toMatchObject({ code: 5 })
    }
    await expect(front.connect(HUB_A, { will: will('v1/hubs/hub-a/state', 2) })).rejects.toMatchObject({ code: 5 })
    await expect(front.connect(CLINIC, { will: will('v1/hubs/hub-a/state') })).rejects.toMatchObject({ code: 5 })
    expect(front.broker.states.online).toBe(0)
  })

  test('QoS 2 is refused', async () => {
    front = await openFront({})
    const hub = await front.connect(HUB_A)
    hub.publish(READINGS_A, 'x', { qos: 2 })
    await closed(hub)
    expect(front.accepted).toEqual([])
  })
})

describe('the state of a hub', () => {
  const willOf = (session: number) => ({
    topic: 'v1/hubs/hub-a/state',
    payload: Buffer.from(stateOf(session, 'offline')),
    qos: 1 as const,
    retain: true,
  })

  test('goes offline by its will when the line breaks', async () => {
    front = await openFront({})
    const hub = await front.connect(HUB_A, { will: willOf(1) })
    await hub.publishAsync('v1/hubs/hub-a/state', stateOf(1, 'online'), { qos: 1, retain: true })
    expect(front.broker.states.online).toBe(1)
    hub.stream.destroy()
    await vi.waitFor(() => expect(front.broker.states.online).toBe(0))
  })

  test('is not ended by a will of a session that a newer one has replaced', async () => {
    front = await openFront({})
    const old = await front.connect(HUB_A, { will: willOf(1) })
    // The birth of session 2 is there before the will of session 1.
    await old.publishAsync('v1/hubs/hub-a/state', stateOf(1, 'online'), { qos: 1, retain: true })
    await old.publishAsync('v1/hubs/hub-a/state', stateOf(2, 'online'), { qos: 1, retain: true })
    old.stream.destroy()
    await vi.waitFor(() => expect(front.lines.some(({ event }) => event === 'hub-message-late')).toBe(true))
    expect(front.broker.states.online).toBe(1)
  })

  test('is known again when a new card counts its sessions from 1', async () => {
    front = await openFront({})
    const old = await front.connect(HUB_A)
    await old.publishAsync('v1/hubs/hub-a/state', stateOf(40, 'offline'), { qos: 1, retain: true })
    await old.publishAsync('v1/hubs/hub-a/state', stateOf(39, 'online'), { qos: 1, retain: true })
    expect(front.broker.states.online).toBe(0)
    await old.endAsync()
    const fresh = await front.connect(HUB_A, { will: willOf(1) })
    await fresh.publishAsync('v1/hubs/hub-a/state', stateOf(1, 'online'), { qos: 1, retain: true })
    expect(front.broker.states.online).toBe(1)
  })
})
