import type { EventEmitter } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Aedes, type Client } from 'aedes'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { MAX_TOPIC_LEVELS } from './access.ts'
import type { Accounts } from './accounts.ts'
import type { BrokerClock } from './broker-clock.ts'
import { HubStates } from './hub-states.ts'
import { type Log, rarely } from './log.ts'
import { connectionRules } from './mqtt-connect.ts'
import { topicRules } from './mqtt-topics.ts'
import type { Outgoing } from './outgoing.ts'
import { guardSocket, type PacketGuard } from './packet-guard.ts'
import { socketCaps } from './socket-cap.ts'

/**
 * The MQTT side of the broker: aedes on plain TCP with everything around it that aedes lacks. Each option and guard has
 * its regression test in test/broker/mqtt-broker*.test.ts.
 */

/** `connectionRules` replaces an internal field of this very version. */
const AEDES_VERSION = '1.2.0'
/** A connection says who it is within this time or is cut (aedes' own default is 30 s). */
const CONNECT_TIMEOUT_MS = 5_000
/** Never reached as long as sockets are capped; if one should wait all the same, then not for aedes' 60 s. */
const DRAIN_TIMEOUT_MS = 5_000
/** A silent client is cut after 1.5 times this (MQTT 3.1.1, 3.1.2.10); clients without a keepalive are refused. */
const KEEPALIVE_LIMIT_S = 300
/** Packets a client may send behind its CONNECT before it is accepted (aedes' default). */
const QUEUE_LIMIT = 42
/** Idle connections cost about 23 kB each (measured): 0.25 GB. */
const MAX_CONNECTIONS = 10_000
/** Below the 3 s that the process has for going down. */
const CLOSE_TIMEOUT_MS = 1_500

export interface MqttBrokerPorts {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** There is no TLS yet: any address but the machine's own needs this said on purpose. */
  readonly allowPlainTextFromOutside?: boolean
  readonly accounts: Accounts
  /** Resolves when the payload is on the disk; only then the hub's PUBACK is sent. Bad payloads are no error. */
  readonly accept: (hub: string, payload: Uint8Array) => Promise<void>
  readonly clock: BrokerClock
  readonly log: Log
  /** Bytes that may wait for one subscriber before it is cut. */
  readonly maxBytesWaiting?: number
}

export interface MqttBroker {
  readonly url: string
  readonly states: HubStates
  /** Resolves when every subscriber's socket has taken the message; await it before the next (publisher.ts). */
  publish(message: Outgoing): Promise<void>
  /** Some subscriber that reads is far behind. */
  crowded(): boolean
  counts(): { readonly connected: number; readonly cut: number; readonly refused: number }
  /** Closes connections whose account was disabled, or given another secret or organisation, since they were made. */
  recheck(): void
  /** Stops listening and closes every connection. Resolves within 1.5 s. */
  close(): Promise<void>
}

/** @throws PreCareError 'config-invalid' for an address from outside, 'listen-failed' when it can't listen */
export async function openMqttBroker(ports: MqttBrokerPorts): Promise<MqttBroker> {
  if (!isLoopback(ports.host) && ports.allowPlainTextFromOutside !== true) {
    throw new PreCareError(
      'config-invalid',
      `mqtt.host: ${ports.host} can be reached from outside and there is no TLS; use 127.0.0.1`,
    )
  }
  const warn = rarely(ports.log, ports.clock)
  const counts = { cut: 0, refused: 0 }
  const guards = new WeakMap<Client, PacketGuard>()
  const states = new HubStates()
  const connections = connectionRules({
    accounts: ports.accounts,
    admit: (client, maxBytes) => guards.get(client)?.admit(maxBytes),
    onRefused: (fields) => {
      counts.refused += 1
      warn('connection-refused', fields)
    },
  })
  const rules = topicRules({ identityOf: connections.identityOf, accept: ports.accept, states, warn })
  const aedes = await Aedes.createBroker({
    // 0 is no limit: at a limit one stalled subscriber stops all topics, and its end crashed the process (measured).
    concurrency: 0,
    drainTimeout: DRAIN_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepaliveLimit: KEEPALIVE_LIMIT_S,
    queueLimit: QUEUE_LIMIT,
    maxTopicLevels: MAX_TOPIC_LEVELS,
    maxInflightInbound: 1,
    ...connections.hooks,
    ...rules.hooks,
  })
  checkVersion(aedes)
  watch(aedes, ports.log, warn)
  aedes.on('unsubscribe', (filters, client) => rules.unsubscribed(client, filters))

  const caps = socketCaps(ports.maxBytesWaiting)
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    caps.cap(socket, (bytes) => {
      counts.cut += 1
      warn('subscriber-cut', { bytes, reason: 'reads too slowly; it goes on from its cursor' })
    })
    const guard = guardSocket(socket, (violation) => {
      counts.refused += 1
      warn('packet-refused', { reason: violation })
    })
    guards.set(aedes.handle(socket), guard)
  })
  server.maxConnections = MAX_CONNECTIONS
  const port = await listen(server, ports.host, ports.port)

  return {
    url: `mqtt://${ports.host.includes(':') ? `[${ports.host}]` : ports.host}:${port}`,
    states,
    publish: (message) => publish(aedes, message),
    crowded: () => caps.crowded(ports.clock.monotonic()),
    counts: () => ({ connected: aedes.connectedClients, ...counts }),
    recheck: connections.recheck,
    close: () => close(aedes, server, sockets, ports.clock),
  }
}

function publish(aedes: Aedes, { topic, payload, qos, retain }: Outgoing): Promise<void> {
  const bytes =
    typeof payload === 'string'
      ? Buffer.from(payload)
      : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  return new Promise((resolve, reject) => {
    aedes.publish({ cmd: 'publish', topic, payload: bytes, qos, retain, dup: false }, (error) =>
      error ? reject(error) : resolve(),
    )
  })
}

function checkVersion(aedes: Aedes): void {
  const version: unknown = Reflect.get(aedes, 'version')
  if (version === AEDES_VERSION) return
  throw new PreCareError(
    'config-invalid',
    `aedes ${version} is installed and the guards are proven for ${AEDES_VERSION} only`,
  )
}

/** aedes' events as log lines; its 'error' event without a listener would end the process. */
function watch(aedes: Aedes, log: Log, warn: ReturnType<typeof rarely>): void {
  const events: EventEmitter = aedes
  events.on('error', (error: unknown) => log.error('mqtt-broker-failed', { reason: messageOf(error) }))
  aedes.on('client', (client) => log.info('connected', { client: client.id }))
  aedes.on('clientDisconnect', (client) => log.info('disconnected', { client: client.id }))
  aedes.on('clientError', (client, error) => warn('connection-failed', { client: client.id, reason: messageOf(error) }))
  aedes.on('connectionError', (_client, error) => warn('connection-failed', { reason: messageOf(error) }))
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new PreCareError('listen-failed', `can't listen on ${host}:${port}: ${messageOf(error)}`, { cause: error }),
      ),
    )
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

async function close(aedes: Aedes, server: Server, sockets: Set<Socket>, clock: BrokerClock): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const timeout = new AbortController()
  await Promise.race([
    new Promise<void>((resolve) => aedes.close(resolve)),
    clock.sleep(CLOSE_TIMEOUT_MS, timeout.signal).catch(() => undefined),
  ])
  timeout.abort()
  for (const socket of sockets) socket.destroy()
  await closed
}

/** Addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
