import { once } from 'node:events'
import mqtt from 'mqtt'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Outgoing } from '../../broker/outgoing.ts'
import {
  bytes,
  CLINIC,
  closed,
  connectPacket,
  type Front,
  HUB_A,
  HUB_B,
  messages,
  OTHER_CLINIC,
  openFront,
  rawSocket,
} from './mqtt-fixture.ts'

let front: Front
afterEach(() => front.close())

const READINGS_A = 'v1/hubs/hub-a/readings'
const NORTH = 'v1/orgs/org-north'

function outgoing(topic: string, payload: string, more: Partial<Outgoing> = {}): Outgoing {
  return { topic, payload, qos: 1, retain: false, lane: 'alert', ...more }
}

/** What a reading hub would send as its own state. */
const state = (session: number, value: 'online' | 'offline') => JSON.stringify({ state: value, session })

describe('who may connect', () => {
  test('nobody without a password, and nobody with a wrong one', async () => {
    front = await openFront({})
    await expect(front.connectAnonymously(HUB_A.id)).rejects.toMatchObject({ code: 5 })
    await expect(front.connect(HUB_A, { password: 'wrong' })).rejects.toMatchObject({ code: 4 })
    await expect(front.connect(HUB_A, { password: '' })).rejects.toMatchObject({ code: 4 })
    expect(front.broker.counts().connected).toBe(0)
  })

  test('nobody under a client id that is not the account, even with a right password', async () => {
    front = await openFront({})
    for (const clientId of ['hub-b', 'hub-a:2', 'anything', '__proto__', 'hub-a/x']) {
      await expect(front.connect(HUB_A, { clientId })).rejects.toMatchObject({ code: 2 })
    }
    // Refused before the password is looked at: a stranger's guess costs no scrypt.
    await expect(front.connect(HUB_A, { clientId: 'hub-b', password: 'wrong' })).rejects.toMatchObject({ code: 2 })
    await expect(front.connect(CLINIC, { clientId: 'clinic-reader:one' })).resolves.toBeDefined()
  })

  test('nobody with an empty client id that wants to be remembered (MQTT 3.1.1, 3.1.3-8)', async () => {
    front = await openFront({})
    const socket = rawSocket(front.broker.url)
    socket.write(connectPacket('', 'hub-a', front.password(HUB_A), false))
    const [connack] = (await once(socket, 'data')) as [Buffer]
    expect([...connack]).toEqual([0x20, 2, 0, 2])
    await closed(socket)
  })

  test('a stranger cannot take over the connection of a hub', async () => {
    front = await openFront({})
    const hub = await front.connect(HUB_A)
    const onClose = vi.fn()
    hub.on('close', onClose)
    await expect(front.connect(HUB_B, { clientId: 'hub-a' })).rejects.toMatchObject({ code: 2 })
    await expect(front.connect(HUB_A, { password: 'guess' })).rejects.toMatchObject({ code: 4 })
    await hub.publishAsync(READINGS_A, 'still here', { qos: 1 })
    expect(onClose).not.toHaveBeenCalled()
    expect(front.accepted).toEqual([{ hub: 'hub-a', payload: 'still here' }])
  })

  test('a hub that comes back replaces its own dead connection', async () => {
    front = await openFront({})
    const first = await front.connect(HUB_A)
    const gone = closed(first)
    await front.connect(HUB_A)
    await gone
    await vi.waitFor(() => expect(front.broker.counts().connected).toBe(1))
  })

  test('an account that is disabled or gets another password is cut at the next check', async () => {
    front = await openFront({ ownAccounts: true })
    const [hub, clinic, other] = await Promise.all([
      front.connect(HUB_A),
      front.connect(CLINIC),
      front.connect(OTHER_CLINIC),
    ])
    const gone = Promise.all([closed(hub), closed(clinic)])
    front.accounts.disable(HUB_A.id)
    await front.accounts.reset(CLINIC.id)
    front.broker.recheck()
    await gone
    expect(other.connected).toBe(true)
    await expect(front.connect(HUB_A)).rejects.toMatchObject({ code: 4 })
    await expect(front.connect(CLINIC)).rejects.toMatchObject({ code: 4 })
  })

  test('plain text from outside only when said on purpose', async () => {
    front = await openFront({})
    await expect(openFront({ broker: { host: '0.0.0.0' } })).rejects.toMatchObject({
      code: 'config-invalid',
    })
    const open = await openFront({ broker: { host: '0.0.0.0', allowPlainTextFromOutside: true } })
    await open.close()
  })
})

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
    hub.publish(topic, state(1, 'online'), { qos: 1 })
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
      payload: Buffer.from(state(9, 'offline')),
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
    payload: Buffer.from(state(session, 'offline')),
    qos: 1 as const,
    retain: true,
  })

  test('goes offline by its will when the line breaks', async () => {
    front = await openFront({})
    const hub = await front.connect(HUB_A, { will: willOf(1) })
    await hub.publishAsync('v1/hubs/hub-a/state', state(1, 'online'), { qos: 1, retain: true })
    expect(front.broker.states.online).toBe(1)
    hub.stream.destroy()
    await vi.waitFor(() => expect(front.broker.states.online).toBe(0))
  })

  test('is not ended by a will of a session that a newer one has replaced', async () => {
    front = await openFront({})
    const old = await front.connect(HUB_A, { will: willOf(1) })
    // The birth of session 2 is there before the will of session 1.
    await old.publishAsync('v1/hubs/hub-a/state', state(1, 'online'), { qos: 1, retain: true })
    await old.publishAsync('v1/hubs/hub-a/state', state(2, 'online'), { qos: 1, retain: true })
    old.stream.destroy()
    await vi.waitFor(() => expect(front.lines.some(({ event }) => event === 'hub-message-late')).toBe(true))
    expect(front.broker.states.online).toBe(1)
  })

  test('is known again when a new card counts its sessions from 1', async () => {
    front = await openFront({})
    const old = await front.connect(HUB_A)
    await old.publishAsync('v1/hubs/hub-a/state', state(40, 'offline'), { qos: 1, retain: true })
    await old.publishAsync('v1/hubs/hub-a/state', state(39, 'online'), { qos: 1, retain: true })
    expect(front.broker.states.online).toBe(0)
    await old.endAsync()
    const fresh = await front.connect(HUB_A, { will: willOf(1) })
    await fresh.publishAsync('v1/hubs/hub-a/state', state(1, 'online'), { qos: 1, retain: true })
    expect(front.broker.states.online).toBe(1)
  })
})

describe('what a client reads', () => {
  test('its own organisation, and nothing else is granted', async () => {
    front = await openFront({})
    const clinic = await front.connect(CLINIC)
    const filters = [
      '#',
      '+/#',
      '$SYS/#',
      '$share/g/v1/orgs/org-north/#',
      'v1/orgs/org-south/#',
      'v1/orgs/+/#',
      READINGS_A,
    ]
    const refused = filters.map((filter) => clinic.subscribeAsync(filter).catch((error: unknown) => error))
    for (const outcome of await Promise.all(refused)) expect(outcome).toBeInstanceOf(Error)
    expect(clinic.connected).toBe(true)
    expect(await clinic.subscribeAsync(`${NORTH}/#`, { qos: 1 })).toMatchObject([{ qos: 1 }])
    const got = messages(clinic, 1)
    await front.broker.publish(outgoing('v1/orgs/org-south/alerts/citizen-2/alert-1', 'foreign', { retain: true }))
    await front.broker.publish(outgoing(`${NORTH}/alerts/citizen-1/alert-1`, 'own'))
    expect(await got).toEqual([{ topic: `${NORTH}/alerts/citizen-1/alert-1`, payload: 'own' }])
  })

  test('nothing of a denied filter, not even after coming back with clean = false', async () => {
    front = await openFront({})
    const foreign = 'v1/orgs/org-south/#'
    const socket = await front.rawConnect(CLINIC)
    socket.destroy()
    const connect = async () => {
      const raw = rawSocket(front.broker.url)
      raw.write(connectPacket(CLINIC.id, CLINIC.id, front.password(CLINIC), false))
      const [connack] = (await once(raw, 'data')) as [Buffer]
      return { raw, connack: [...connack] }
    }
    const first = await connect()
    const subscriptions = [
      { topic: `${NORTH}/#`, qos: 1 as const },
      { topic: foreign, qos: 1 as const },
    ]
    first.raw.write(bytes({ cmd: 'subscribe', messageId: 1, subscriptions }))
    expect([...((await once(first.raw, 'data'))[0] as Buffer)]).toEqual([0x90, 4, 0, 1, 1, 0x80])
    first.raw.destroy()
    await vi.waitFor(() => expect(front.broker.counts().connected).toBe(0))
    for (let i = 0; i < 10; i++)
      await front.broker.publish(outgoing(`v1/orgs/org-south/alerts/citizen-2/alert-${i}`, 'foreign'))
    const second = await connect()
    // No session is kept: connected, session not present.
    expect(second.connack).toEqual([0x20, 2, 0, 0])
    let heard = ''
    second.raw.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')))
    second.raw.write(bytes({ cmd: 'subscribe', messageId: 2, subscriptions }))
    await vi.waitFor(() => expect(heard).toContain('\x90'))
    await front.broker.publish(outgoing('v1/orgs/org-south/alerts/citizen-2/alert-x', 'foreign'))
    await front.broker.publish(outgoing(`${NORTH}/alerts/citizen-1/alert-1`, 'sentinel'))
    await vi.waitFor(() => expect(heard).toContain('sentinel'))
    expect(heard).not.toContain('foreign')
    second.raw.destroy()
  })

  test('at most 64 filters at a time', async () => {
    front = await openFront({})
    const clinic = await front.connect(CLINIC)
    for (let i = 0; i < 64; i++) await clinic.subscribeAsync(`${NORTH}/alerts/citizen-${i}/+`)
    await expect(clinic.subscribeAsync(`${NORTH}/alerts/one-more/+`)).rejects.toThrow()
    await clinic.unsubscribeAsync(`${NORTH}/alerts/citizen-0/+`)
    await clinic.subscribeAsync(`${NORTH}/alerts/one-more/+`)
  })

  test('retained alerts when it subscribes, and none that was cleared', async () => {
    front = await openFront({})
    await front.broker.publish(outgoing(`${NORTH}/alerts/citizen-1/alert-1`, 'open', { retain: true }))
    await front.broker.publish(outgoing(`${NORTH}/alerts/citizen-2/alert-2`, 'open', { retain: true }))
    await front.broker.publish(outgoing(`${NORTH}/alerts/citizen-2/alert-2`, '', { retain: true }))
    const clinic = await front.connect(CLINIC)
    const got = messages(clinic, 2)
    await clinic.subscribeAsync(`${NORTH}/#`, { qos: 1 })
    await front.broker.publish(outgoing(`${NORTH}/alerts/citizen-3/alert-3`, 'sentinel'))
    expect((await got).map(({ topic }) => topic.split('/').at(-1))).toEqual(['alert-1', 'alert-3'])
  })
})

describe('under pressure', () => {
  test('alert, reading and heartbeat published in one go 300 times: all 900 arrive, in order', async () => {
    front = await openFront({})
    const clinic = await front.connect(CLINIC)
    await clinic.subscribeAsync([`${NORTH}/#`, 'v1/heartbeat'], { qos: 1 })
    const got = messages(clinic, 900)
    const sent: Outgoing[] = []
    for (let i = 0; i < 300; i++) {
      sent.push(outgoing(`${NORTH}/alerts/citizen-1/alert-${i}`, String(i), { retain: true }))
      sent.push(outgoing(`${NORTH}/readings/citizen-1/weight`, String(i)))
      sent.push(outgoing('v1/heartbeat', String(i), { qos: 0 }))
    }
    front.publisher.enqueue(sent)
    const arrived = await got
    expect(arrived.map(({ topic, payload }) => `${topic} ${payload}`)).toEqual(
      sent.map(({ topic, payload }) => `${topic} ${payload}`),
    )
  })

  test('the same without waiting for one another: nothing is dropped as a duplicate', async () => {
    front = await openFront({})
    const clinic = await front.connect(CLINIC)
    await clinic.subscribeAsync([`${NORTH}/#`, 'v1/heartbeat'], { qos: 1 })
    const got = messages(clinic, 900)
    const published: Promise<void>[] = []
    for (let i = 0; i < 300; i++) {
      published.push(front.broker.publish(outgoing(`${NORTH}/alerts/citizen-1/alert-${i}`, 'a', { retain: true })))
      published.push(front.broker.publish(outgoing(`${NORTH}/readings/citizen-1/weight`, 'r')))
      published.push(front.broker.publish(outgoing('v1/heartbeat', 'h', { qos: 0 })))
    }
    await Promise.all(published)
    expect(await got).toHaveLength(900)
  })

  test('20,000 messages behind one another end no process (mqemitter recurses at a limit of concurrency)', async () => {
    front = await openFront({})
    const clinic = await front.connect(CLINIC)
    await clinic.subscribeAsync(`${NORTH}/#`, { qos: 0 })
    const got = messages(clinic, 200)
    const heard = Array.from({ length: 200 }, () => outgoing(`${NORTH}/alerts/citizen-1/alert-1`, 'a', { qos: 0 }))
    const unheard = Array.from({ length: 20_000 }, () => outgoing('v1/orgs/org-south/readings/x', 'r', { qos: 0 }))
    await Promise.all([...heard, ...unheard].map((message) => front.broker.publish(message)))
    expect(await got).toHaveLength(200)
  })

  test('a frozen subscriber is cut and delays nobody', async () => {
    front = await openFront({})
    const frozen = await front.rawConnect(CLINIC, 'clinic-reader:frozen')
    frozen.write(bytes({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: `${NORTH}/#`, qos: 1 }] }))
    await once(frozen, 'data')
    frozen.pause()
    const clinic = await front.connect(CLINIC)
    await clinic.subscribeAsync(`${NORTH}/#`, { qos: 1 })
    const count = 10_000
    const got = messages(clinic, count)
    const payload = 'x'.repeat(2_000)
    const started = performance.now()
    // From memory and alerts first: what hubs wait for must not wait for a clinic.
    for (let i = 0; i < count; i++) front.publisher.enqueue([outgoing(`${NORTH}/alerts/citizen-1/alert-1`, payload)])
    await got
    // aedes alone stands still until its drain time-out; 5 s here, 60 s by default.
    expect(performance.now() - started).toBeLessThan(4_500)
    expect(front.broker.counts()).toMatchObject({ cut: 1, connected: 1 })
    expect(front.lines.find(({ event }) => event === 'subscriber-cut')).toBeDefined()
  })

  test('feeds go no faster than a subscriber reads, and that subscriber is not cut', async () => {
    front = await openFront({ broker: { maxBytesWaiting: 3 * 1024 * 1024 } })
    const slow = await front.rawConnect(CLINIC)
    slow.write(bytes({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: `${NORTH}/#`, qos: 0 }] }))
    await once(slow, 'data')
    let received = 0
    slow.on('data', (chunk: Buffer) => {
      received += chunk.length
      slow.pause()
      setTimeout(() => slow.resume(), 1)
    })
    const payload = 'x'.repeat(4_000)
    const count = 6_000
    front.publisher.enqueue(
      Array.from({ length: count }, () =>
        outgoing(`${NORTH}/backfill/citizen-1/weight`, payload, { lane: 'backfill', qos: 0 }),
      ),
    )
    await front.publisher.idle()
    await vi.waitFor(() => expect(received).toBeGreaterThan(count * payload.length), { timeout: 10_000 })
    expect(front.broker.counts()).toMatchObject({ cut: 0, connected: 1 })
  })

  test('four CONNECTs of 256 MB before authentication: cut, and memory stays', async () => {
    front = await openFront({})
    const before = process.memoryUsage().rss
    const chunk = Buffer.alloc(64 * 1024)
    const cut = Array.from({ length: 4 }, async () => {
      const socket = rawSocket(front.broker.url)
      let open = true
      const gone = closed(socket).then(() => {
        open = false
      })
      socket.write(
        Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f, 0x00, 0x04, 0x4d, 0x51, 0x54, 0x54, 0x04, 0x02, 0x00, 0x3c]),
      )
      for (let sent = 0; open && sent < 40 * 1024 * 1024; sent += chunk.length) {
        if (!socket.write(chunk)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), gone])
      }
      return open
    })
    expect(await Promise.all(cut)).toEqual([false, false, false, false])
    expect(process.memoryUsage().rss - before).toBeLessThan(20 * 1024 * 1024)
    expect(front.broker.counts().refused).toBe(4)
  })

  test('a hub that announces 300 kB is cut; its next connection works', async () => {
    front = await openFront({})
    const hub = await front.connect(HUB_A)
    hub.publish(READINGS_A, Buffer.alloc(300 * 1024), { qos: 1 })
    await closed(hub)
    const again = await front.connect(HUB_A)
    await again.publishAsync(READINGS_A, Buffer.alloc(200 * 1024), { qos: 1 })
    expect(front.accepted).toHaveLength(1)
  })

  test('MQTT 5, garbage and HTTP are refused and the broker goes on', async () => {
    front = await openFront({})
    for (const hello of [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(100, 0xff),
      Buffer.from([0x10, 0x02, 0x00]),
    ]) {
      const socket = rawSocket(front.broker.url)
      const gone = closed(socket)
      socket.end(hello)
      await gone
    }
    await expect(front.connect(HUB_A, { protocolVersion: 5 })).rejects.toThrow()
    await expect(front.connect(HUB_A)).resolves.toBeDefined()
  })

  test('closing ends every connection, also those that never said who they are', async () => {
    front = await openFront({})
    const silent = rawSocket(front.broker.url)
    await once(silent, 'connect')
    const hub = await front.connect(HUB_A)
    const gone = Promise.all([closed(silent), closed(hub)])
    const started = performance.now()
    await front.broker.close()
    await gone
    // Not only when the silent one's time to say CONNECT is over, 5 s.
    expect(performance.now() - started).toBeLessThan(4_000)
    const late = mqtt.connect(front.broker.url, { reconnectPeriod: 0 })
    const error = await new Promise<Error>((resolve) => late.once('error', resolve))
    expect(error.message).toContain('ECONNREFUSED')
    late.end(true)
  })
})
