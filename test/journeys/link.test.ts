import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import mqttPacket from 'mqtt-packet'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHubClock, type HubClock } from '../../gateway/hub-clock.ts'
import type { UplinkOptions } from '../../gateway/uplink.ts'
import { provision, startBroker } from '../support/broker-process.ts'
import { freePort } from '../support/free-port.ts'
import { manualClock } from '../support/manual-clock.ts'
import { seeded } from '../support/random.ts'
import { receiptBroker } from '../support/receipt-broker.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { tempDir, until } from '../support/temp-dir.ts'
import { draft } from '../support/test-driver.ts'
import { HUB, uplinkHub } from '../support/uplink-hub.ts'

/** The line between a hub and its broker: dead without saying so, slow, jittery, wrong, and back after a long time. */

const arrival = (from: number, count: number) => ({
  device: 'scale-0001',
  drafts: Array.from({ length: count }, (_, i) => draft(from + i)),
})

/** Lives so many times as fast as the machine. */
function fastClock(speed: number): HubClock {
  const start = performance.now()
  const mono = () => Math.round(5_000 + (performance.now() - start) * speed)
  return createHubClock({
    bootId: 'boot-1',
    monoMs: mono,
    unixMs: () => Date.UTC(2026, 10, 20) + mono(),
    setTimeout: (callback, ms) => {
      const timer = setTimeout(callback, ms / speed)
      return { cancel: () => clearTimeout(timer) }
    },
  })
}

function hubOn(url: string, clock: HubClock, more: Partial<UplinkOptions> = {}) {
  const hub = uplinkHub(url, clock, { random: seeded(4), ...more })
  const settled = (sequence: number) => hub.outbox.run(sequence, sequence, { rows: 1, bytes: 1 }) === undefined
  return { ...hub, settled }
}

async function proxyTo(port: number) {
  const proxy = await startTcpProxy(port)
  onTestFinished(() => proxy.close())
  return proxy
}

describe('a connection that is dead without an end', () => {
  const KEEPALIVE_S = 2
  it.each([
    ['idle', false],
    ['written to all the time', true],
  ])('fault 07: is noticed within one and a half keep-alives when %s, and left; readings arrive once', async (_, busy) => {
    const broker = await receiptBroker(HUB)
    const proxy = await proxyTo(broker.port)
    const { uplink, outbox, events } = hubOn(`mqtt://127.0.0.1:${proxy.port}`, fastClock(1), {
      keepaliveS: KEEPALIVE_S,
    })
    uplink.start()
    await until(() => uplink.connected)
    const writing = setInterval(() => {
      if (busy) uplink.publish(`v1/hubs/${HUB}/health`, '{}', { qos: 0, retain: false })
    }, 100)
    onTestFinished(() => clearInterval(writing))
    proxy.stop()
    if (busy) await outbox.append(arrival(1, 30))
    uplink.wake()
    const since = performance.now()
    await until(() => events.includes('uplink-lost'))
    // And a little for a machine with other things to do.
    expect(performance.now() - since).toBeLessThan(1_500 * KEEPALIVE_S + 800)
    if (!busy) await outbox.append(arrival(1, 30))
    proxy.resume()
    await until(() => uplink.connected && outbox.counts().unsent === 0)
    expect(new Set(broker.ids()).size).toBe(30)
    expect(outbox.counts()).toMatchObject({ decoded: 30, receipted: 30, duplicate: 0 })
  })
})

/** Takes every connection and answers pings; beyond that only as much as it is told to. */
function halfBroker(socket: Socket, answers: { readonly subscriptions: boolean }): void {
  const parser = mqttPacket.parser()
  const say = (packet: mqttPacket.Packet) => void socket.write(mqttPacket.generate(packet))
  parser.on('packet', (packet) => {
    if (packet.cmd === 'connect') say({ cmd: 'connack', returnCode: 0, sessionPresent: false })
    if (packet.cmd === 'pingreq') say({ cmd: 'pingresp' })
    if (packet.cmd === 'subscribe' && answers.subscriptions) {
      say({ cmd: 'suback', granted: [1], ...(packet.messageId && { messageId: packet.messageId }) })
    }
  })
  socket.on('data', (bytes) => void parser.parse(bytes))
}

describe('a broker that is somewhere else than the name says', () => {
  /** @returns the port of a listener that does this with each connection */
  async function listener(act: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy())
      act(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const address = server.address()
    return { server, port: typeof address === 'object' && address !== null ? address.port : 0 }
  }
  const attemptsIn = async (url: string, ms: number) => {
    const clock = manualClock()
    let waits = 0
    const random = () => {
      waits += 1
      return 0.5
    }
    const hub = hubOn(url, clock, { connectTimeoutMs: 20, random })
    await hub.outbox.append(arrival(1, 5))
    hub.uplink.start()
    await until(() => hub.events.includes('uplink-lost'))
    for (const end = clock.now() + ms; clock.now() < end; ) {
      await clock.advance(1_000)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    const told = { attempts: waits, lines: [...hub.events], unsent: hub.outbox.counts().unsent }
    return { ...told, ...hub, clock }
  }

  it('fault 12: is waited for with back-off and one line in the log when the name leads nowhere', async () => {
    const { attempts, lines, unsent } = await attemptsIn('mqtt://no-such-broker.invalid:1883', 600_000)
    expect(attempts).toBeGreaterThan(3)
    expect(attempts).toBeLessThan(20)
    expect(lines).toEqual(['uplink-lost'])
    expect(unsent).toBe(5)
  })

  it.each<[string, (socket: Socket) => void]>([
    ['takes the connection and says nothing', () => undefined],
    ['speaks another protocol', (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['hangs up at once', (socket) => void socket.destroy()],
  ])('fault 12: is waited for with back-off when what is there %s; once it is the broker, readings arrive once', async (_, act) => {
    const broker = await receiptBroker(HUB)
    let wrong = true
    let open = 0
    const { port } = await listener((socket) => {
      if (wrong) return act(socket)
      open += 1
      socket.once('close', () => {
        open -= 1
      })
      const right = connect(broker.port, '127.0.0.1').on('error', () => socket.destroy())
      socket.pipe(right).pipe(socket)
    })
    const { attempts, lines, unsent, outbox, clock } = await attemptsIn(`mqtt://localhost:${port}`, 600_000)
    expect(attempts).toBeGreaterThan(3)
    expect(attempts).toBeLessThan(20)
    expect(lines).toEqual(['uplink-lost'])
    expect(unsent).toBe(5)
    wrong = false
    while (outbox.counts().unsent > 0) {
      await clock.advance(1_000)
      await new Promise((resolve) => setTimeout(resolve, 1))
      // The clock stands while a connection stands: its deadlines are the hub's, its packets take the machine's time.
      await until(() => open === 0 || outbox.counts().unsent === 0)
    }
    expect(new Set(broker.ids()).size).toBe(5)
  })

  it.each([
    ['no subscription', false],
    ['no message', true],
  ])('fault 12: is left and tried again when what is there answers pings and %s', async (_, subscriptions) => {
    const broker = await receiptBroker(HUB)
    let connections = 0
    const { port } = await listener((socket) => {
      connections += 1
      if (connections <= 2) return halfBroker(socket, { subscriptions })
      const right = connect(broker.port, '127.0.0.1').on('error', () => socket.destroy())
      socket.pipe(right).pipe(socket)
    })
    const hub = hubOn(`mqtt://localhost:${port}`, fastClock(50), { connectTimeoutMs: 20_000, keepaliveS: 1 })
    await hub.outbox.append(arrival(1, 5))
    hub.uplink.start()
    await until(() => hub.outbox.counts().unsent === 0)
    expect(hub.events.slice(0, 2)).toEqual(['uplink-lost', 'uplink-online'])
    expect(new Set(broker.ids()).size).toBe(5)
  })
})

describe('a bad line, with all times a tenth', () => {
  const SPEED = 10

  it('fault 10: of 8 kbit/s: stays up, and a live reading overtakes a backlog of minutes', {
    timeout: 60_000,
  }, async () => {
    const broker = await receiptBroker(HUB)
    const proxy = await proxyTo(broker.port)
    const clock = fastClock(SPEED)
    proxy.throttle(1_000 * SPEED)
    const { uplink, outbox, settled } = hubOn(`mqtt://127.0.0.1:${proxy.port}`, clock, { keepaliveS: 30 / SPEED })
    await outbox.append(arrival(1, 300))
    uplink.start()
    await until(() => uplink.connected)
    const since = clock.now()
    await until(() => settled(300))
    expect(clock.now() - since, 'the newest of the backlog').toBeLessThan(60_000)
    await outbox.append(arrival(301, 1))
    const measured = clock.now()
    uplink.wake()
    await until(() => settled(301))
    expect(clock.now() - measured, 'live').toBeLessThan(60_000)
    expect(outbox.counts().unsent).toBeGreaterThan(100)
    expect(broker.connects).toBe(1)
    proxy.throttle(0)
    await until(() => outbox.counts().unsent === 0)
    expect(new Set(broker.ids()).size).toBe(301)
  })

  it('fault 09: with up to 2 s of delay, never the same: everything arrives once, in one connection', async () => {
    const broker = await receiptBroker(HUB)
    const proxy = await proxyTo(broker.port)
    const clock = fastClock(SPEED)
    const { uplink, outbox } = hubOn(`mqtt://127.0.0.1:${proxy.port}`, clock, { keepaliveS: 30 / SPEED })
    const random = seeded(7)
    const jitter = setInterval(() => proxy.delay(Math.round((random() * 2_000) / SPEED)), 20)
    onTestFinished(() => clearInterval(jitter))
    await outbox.append(arrival(1, 200))
    uplink.start()
    await until(() => outbox.counts().unsent === 0)
    expect(broker.connects).toBe(1)
    expect(new Set(broker.ids()).size).toBe(200)
  })
})

describe('a hub that was away for weeks', () => {
  it('has its first live reading stored within 2 s of reconnecting, in front of 50,000', {
    timeout: 120_000,
  }, async () => {
    const BACKLOG = 50_000
    const PAGE = 1_000
    const dataDir = tempDir()
    const secrets = await provision(dataDir, {
      organisations: [{ id: 'clinic-0001', title: 'Clinic' }],
      citizens: [{ id: 'citizen-0001' }],
      hubs: [{ id: HUB }],
      devices: [{ id: 'scale-0001', hub: HUB, driver: 'weight-scale-service' }],
      assignments: [{ device: 'scale-0001', citizen: 'citizen-0001', from: '2020-01-01T00:00:00Z' }],
      grants: [],
      limits: [],
      clients: [],
    })
    const mqttPort = await freePort()
    const clock = fastClock(1)
    const { uplink, outbox, settled } = hubOn(`mqtt://127.0.0.1:${mqttPort}`, clock, {
      broker: { url: `mqtt://127.0.0.1:${mqttPort}`, username: HUB, password: secrets.hubs[HUB] ?? '' },
    })
    for (let first = 1; first <= BACKLOG; first += PAGE) await outbox.append(arrival(first, PAGE))
    uplink.start()
    const broker = await startBroker(dataDir, { mqttPort })
    onTestFinished(() => broker.stop(true))
    await until(() => uplink.connected)
    const since = performance.now()
    await outbox.append(arrival(BACKLOG + 1, 1))
    uplink.wake()
    await until(() => settled(BACKLOG + 1))
    expect(performance.now() - since).toBeLessThan(2_000)
    expect(outbox.counts().unsent).toBeGreaterThan(BACKLOG / 2)
  })
})
