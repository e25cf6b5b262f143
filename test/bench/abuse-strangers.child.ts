import { connect, type Socket } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'
import { connect as tlsConnect } from 'node:tls'
import mqttPacket from 'mqtt-packet'
import { seededRandom } from '../../simulators/scenario-random.ts'
import {
  BOMB_BYTES,
  BOMBS,
  CUT_WITHIN_MS,
  type Door,
  IDLE,
  MUTATED,
  PER_CONNECTION,
  type StrangersReport,
  type StrangersTask,
} from './abuse-task.ts'

/**
 * The strangers of `npm run bench -- abuse`, in a process of their own: 4,000 handshakes keep an event loop busy for
 * seconds, and what the healthy hub then measures would be the bench.
 */

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

async function attack({ doors, authority, seed }: StrangersTask): Promise<StrangersReport> {
  const tell = (progress: string) => process.send?.({ progress })
  const results = []
  for (const door of doors) {
    tell(`${BOMBS} bombs and ${IDLE} idle sockets, ${door.secure ? 'TLS' : 'plain'}`)
    results.push(await abuse(door, authority))
  }
  // What the broker has grown by is counted up to here.
  process.send?.({ progress: `${MUTATED} mutated packets`, cut: true })
  const random = seededRandom(seed)
  const fuzzed = []
  for (const door of doors) fuzzed.push(await fuzz(door, authority, random))
  return {
    stillOpen: results.reduce((sum, { stillOpen }) => sum + stillOpen, 0),
    cutAfterMs: Math.max(...results.map(({ cutAfterMs }) => cutAfterMs)),
    mutatedPackets: fuzzed.reduce((sum, { packets }) => sum + packets, 0),
    mutatedConnections: fuzzed.reduce((sum, { connections }) => sum + connections, 0),
  }
}

process.once('message', async (task) => {
  process.send?.({ report: await attack(task as StrangersTask) }, () => process.exit(0))
})
