import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { connect as tlsConnect } from 'node:tls'
import mqttPacket from 'mqtt-packet'
import { seededRandom } from '../../simulators/scenario-random.ts'
import { provision, type RunningBroker, residentMb, startBroker } from '../support/broker-process.ts'
import { type Bench, percentile } from './bench.ts'
import { connectHub, fleetRegistry, type LoadHub, publishReadings, spo2Reading } from './fleet.ts'

/**
 * Strangers without an account, while one hub goes on sending: packets of 200 MB announced before authentication, idle
 * sockets, and mutated packets, over plain TCP and TLS.
 */

const BOMBS = 4
const BOMB_BYTES = 200 * 1024 * 1024
const IDLE = 4_000
const MUTATED = 30_000
const PER_CONNECTION = 15
const PULSE_EVERY_MS = 50
/** Both time-outs before authentication are 5 s. */
const CUT_WITHIN_MS = 6_000
const LIMITS = [
  { figure: 'grownMb', atMost: 60 },
  { figure: 'stillOpen', atMost: 0 },
  { figure: 'cutAfterMs', atMost: CUT_WITHIN_MS },
  { figure: 'p99Ms', atMost: 1_000 },
  { figure: 'hubLost', atMost: 0 },
  { figure: 'mutatedPackets', atLeast: MUTATED },
  { figure: 'mutatedConnections', atLeast: 2_000 },
  { figure: 'alive', atLeast: 1 },
]

interface Door {
  readonly port: number
  readonly secure: boolean
}

/** Opens a socket; over TLS the handshake is done unless `raw`. */
function open({ port, secure }: Door, authority: string, raw = false): Socket {
  const socket =
    secure && !raw ? tlsConnect({ host: '127.0.0.1', port, ca: authority }) : connect({ host: '127.0.0.1', port })
  socket.on('error', () => undefined)
  socket.resume()
  return socket
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())))

/** Announces 200 MB in a CONNECT and sends as much of it as the broker takes. */
async function bomb(door: Door, authority: string): Promise<void> {
  const socket = open(door, authority)
  const gone = closed(socket)
  const header = Buffer.from([0x10, 0x80, 0x80, 0x80, 0x64, 0x00, 0x04, 0x4d, 0x51, 0x54, 0x54, 0x04, 0x02, 0x00, 0x3c])
  socket.write(header)
  const chunk = Buffer.alloc(64 * 1024)
  for (let sent = 0; !socket.destroyed && sent < BOMB_BYTES; sent += chunk.length) {
    if (!socket.write(chunk)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), gone])
  }
  await gone
}

/** A packet of MQTT, cut, lengthened or with bytes changed. */
function mutated(random: () => number): Buffer {
  const kinds = [
    () =>
      mqttPacket.generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId: 'x',
        keepalive: 30,
      }),
    () =>
      mqttPacket.generate({
        cmd: 'publish',
        topic: 'v1/hubs/hub-0000/readings',
        payload: 'x'.repeat(50),
        qos: 1,
        messageId: 7,
        dup: false,
        retain: false,
      }),
    () => mqttPacket.generate({ cmd: 'subscribe', messageId: 9, subscriptions: [{ topic: '#', qos: 1 }] }),
    () => mqttPacket.generate({ cmd: 'pingreq' }),
  ]
  const bytes = Buffer.from(kinds[Math.floor(random() * kinds.length)]?.() ?? Buffer.alloc(2))
  for (let i = Math.floor(random() * 4); i >= 0; i -= 1) {
    bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
  }
  return random() < 0.2 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes
}

/** Sends readings, one at a time, and measures each until its PUBACK. */
function pulse(hub: LoadHub) {
  const latencies: number[] = []
  let lost = 0
  let running = true
  const done = (async () => {
    for (let n = 1; running; n += 1) {
      const since = performance.now()
      const at = new Date(Date.now()).toISOString()
      await publishReadings(hub, [spo2Reading(0, n, 96, at)]).then(
        () => latencies.push(performance.now() - since),
        () => {
          lost += 1
        },
      )
      await after(PULSE_EVERY_MS)
    }
  })()
  return {
    async stop() {
      running = false
      await done
      return { latencies: latencies.sort((a, b) => a - b), lost }
    },
  }
}

async function abuse(door: Door, authority: string): Promise<{ cutAfterMs: number; stillOpen: number }> {
  let cutAfterMs = 0
  const idle = Array.from({ length: IDLE }, (_, i) => {
    const socket = open(door, authority, i % 2 === 0)
    // From its own connecting, which a busy machine delays.
    socket.once('connect', () => {
      const since = performance.now()
      socket.once('close', () => {
        cutAfterMs = Math.max(cutAfterMs, performance.now() - since)
      })
    })
    return socket
  })
  const bombs = Array.from({ length: BOMBS }, () => bomb(door, authority))
  await Promise.race([Promise.all([...bombs, ...idle.map(closed)]), after(5 * CUT_WITHIN_MS)])
  const stillOpen = idle.filter((socket) => !socket.destroyed).length
  for (const socket of idle) socket.destroy()
  return { cutAfterMs, stillOpen }
}

async function fuzz(
  door: Door,
  authority: string,
  random: () => number,
): Promise<{ packets: number; connections: number }> {
  let packets = 0
  let connections = 0
  while (packets < MUTATED / 2) {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const socket = open(door, authority)
        connections += 1
        await new Promise<void>((resolve) => {
          socket.once(door.secure ? 'secureConnect' : 'connect', () => resolve())
          socket.once('close', () => resolve())
        })
        for (let i = 0; i < PER_CONNECTION; i += 1) {
          packets += 1
          if (!socket.destroyed) socket.write(mutated(random))
        }
        await Promise.race([closed(socket), after(20)])
        socket.destroy()
      }),
    )
  }
  return { packets, connections }
}

async function measured(
  broker: RunningBroker,
  hub: LoadHub,
  authority: string,
  seed: number,
  onProgress: (text: string) => void,
) {
  const doors: Door[] = [
    { port: Number(new URL(broker.mqttUrl).port), secure: false },
    { port: Number(new URL(broker.tlsUrl).port), secure: true },
  ]
  const before = residentMb(broker.pid)
  let peak = before
  const watch = setInterval(() => {
    peak = Math.max(peak, residentMb(broker.pid))
  }, 100)
  const healthy = pulse(hub)
  const random = seededRandom(seed)
  try {
    const results = []
    for (const door of doors) {
      onProgress(`${BOMBS} bombs and ${IDLE} idle sockets, ${door.secure ? 'TLS' : 'plain'}`)
      results.push(await abuse(door, authority))
    }
    const grownMb = peak - before
    onProgress(`${MUTATED} mutated packets`)
    const fuzzed = []
    for (const door of doors) fuzzed.push(await fuzz(door, authority, random))
    const { latencies, lost } = await healthy.stop()
    const alive = (await fetch(`${broker.httpUrl}/healthz`)).ok ? 1 : 0
    return {
      grownMb,
      residentBeforeMb: before,
      stillOpen: results.reduce((sum, { stillOpen }) => sum + stillOpen, 0),
      cutAfterMs: Math.max(...results.map(({ cutAfterMs }) => cutAfterMs)),
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      readings: latencies.length,
      hubLost: lost,
      mutatedPackets: fuzzed.reduce((sum, { packets }) => sum + packets, 0),
      mutatedConnections: fuzzed.reduce((sum, { connections }) => sum + connections, 0),
      alive,
    }
  } finally {
    clearInterval(watch)
  }
}

export const bench: Bench = async ({ seed, onProgress }) => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-abuse-'))
  const secrets = provision(dir, fleetRegistry(1, 1))
  const broker = await startBroker(dir, { tlsPort: 0 })
  try {
    const hub = await connectHub(broker.mqttUrl, secrets, 0)
    hub.client.on('error', () => undefined)
    const authority = readFileSync(join(dir, 'identity', 'ca.crt'), 'utf8')
    const figures = await measured(broker, hub, authority, seed, onProgress)
    await hub.client.endAsync(true)
    return {
      figures,
      limits: LIMITS,
      conditions: {
        bombs: `${BOMBS} of ${BOMB_BYTES / 1024 / 1024} MB`,
        idleSockets: `${IDLE}, half of those to TLS without a handshake`,
        from: 'one address, in one process with the healthy hub',
        node: process.version,
      },
    }
  } finally {
    await broker.stop(true)
    rmSync(dir, { recursive: true, force: true })
  }
}
