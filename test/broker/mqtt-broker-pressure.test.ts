import { once } from 'node:events'
import mqtt from 'mqtt'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Outgoing } from '../../broker/outgoing.ts'
import {
  bytes,
  CLINIC,
  closed,
  type Front,
  HUB_A,
  messages,
  NORTH,
  openFront,
  outgoing,
  READINGS_A,
  rawSocket,
} from './mqtt-fixture.ts'

let front: Front
afterEach(() => front.close())

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
