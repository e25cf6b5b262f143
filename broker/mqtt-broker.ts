import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { Aedes, type Client } from 'aedes'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { MAX_TOPIC_LEVELS } from './access.ts'
import type { Accounts } from './accounts.ts'
import { inUrl, isLoopback } from './address.ts'
import type { BrokerClock } from './broker-clock.ts'
import { HubStates } from './hub-states.ts'
import type { Certificates } from './identity/certificates.ts'
import { accountIn, type Log, rarely } from './log.ts'
import { connectionRules } from './mqtt-connect.ts'
import { type Listener, listenForMqtt, type TlsIdentity } from './mqtt-listen.ts'
import { topicRules } from './mqtt-topics.ts'
import type { Outgoing } from './outgoing.ts'
import { guardSocket, type PacketGuard } from './packet-guard.ts'
import type { Pace } from './publish-rate.ts'
import { socketCaps } from './socket-cap.ts'

/**
 * The MQTT side of the broker: aedes on TLS and plain TCP with everything around it that aedes lacks. Each option and guard has
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
/** Below the 3 s that the process has for going down. */
const CLOSE_TIMEOUT_MS = 1_500

export interface MqttBrokerPorts {
  /** Of this machine only: here everything is plain text. */
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Absent: no connection comes from outside. */
  readonly tls?: { readonly host: string; readonly port: number; readonly identity: TlsIdentity }
  readonly accounts: Accounts
  /** Which certificates are revoked; needed with `tls`. */
  readonly certificates?: Certificates
  /** Two machines seem to live under this identity. */
  readonly onClone?: (account: string) => void
  /** Resolves when the payload is on the disk; only then the hub's PUBACK is sent. Bad payloads are no error. */
  readonly accept: (hub: string, payload: Uint8Array) => Promise<void>
  /** Holds a hub back that sends too much. */
  readonly pace?: Pace
  readonly clock: BrokerClock
  readonly log: Log
  /** Bytes that may wait for one subscriber before it is cut. */
  readonly maxBytesWaiting?: number
}

export interface MqttBroker {
  readonly url: string
  /** `mqtts://`, when there is TLS. */
  readonly tlsUrl: string | undefined
  readonly states: HubStates
  /** Resolves when every subscriber's socket has taken the message; await it before the next (publisher.ts). */
  publish(message: Outgoing): Promise<void>
  /** Some subscriber that reads is far behind. */
  crowded(): boolean
  counts(): { readonly connected: number; readonly cut: number; readonly refused: number; readonly clones: number }
  /** Closes connections whose account or certificate is not what it was when they were made. */
  recheck(): void
  /** Closes connections whose certificate has ended. */
  endExpired(): void
  /** New TLS connections get this certificate. */
  changeIdentity(identity: TlsIdentity): void
  /** Stops listening and closes every connection. Resolves within 1.5 s. */
  close(): Promise<void>
}

/** @throws PreCareError 'config-invalid' for an address from outside, 'listen-failed' when it can't listen */
export async function openMqttBroker(ports: MqttBrokerPorts): Promise<MqttBroker> {
  if (!isLoopback(ports.host)) {
    throw new PreCareError(
      'config-invalid',
      `mqtt.host: ${ports.host} can be reached from outside and this port has no TLS; use 127.0.0.1, and tls for others`,
    )
  }
  const warn = rarely(ports.log, ports.clock)
  const counts = { cut: 0, refused: 0, clones: 0 }
  const guards = new WeakMap<Client, PacketGuard>()
  const states = new HubStates()
  const connections = connectionRules({
    accounts: ports.accounts,
    certificates: ports.certificates,
    clock: ports.clock,
    admit: (client, maxBytes) => {
      guards.get(client)?.admit(maxBytes)
      homes.get(client)?.known(client.conn as Socket)
    },
    onClone: (account) => {
      counts.clones += 1
      warn('clone-suspected', { account, reason: 'connects again and again while it is connected' })
      ports.onClone?.(account)
    },
    onRefused: (fields) => {
      counts.refused += 1
      warn('connection-refused', fields)
    },
  })
  const { identityOf, mayStillReceive } = connections
  const rules = topicRules({
    identityOf,
    mayStillReceive,
    accept: ports.accept,
    pace: ports.pace,
    states,
    clock: ports.clock,
    warn,
  })
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
  const homes = new WeakMap<Client, Listener>()
  const take = (socket: Socket, listener: Listener) => {
    caps.cap(socket, (bytes) => {
      counts.cut += 1
      warn('subscriber-cut', { bytes, reason: 'reads too slowly; it goes on from its cursor' })
    })
    const guard = guardSocket(socket, (violation) => {
      counts.refused += 1
      warn('packet-refused', { reason: violation })
    })
    const client = aedes.handle(socket)
    guards.set(client, guard)
    homes.set(client, listener)
  }
  const onRefused = (reason: string) => {
    counts.refused += 1
    warn('connection-refused', { reason })
  }
  const { host, port, tls, clock } = ports
  const plain: Listener = await listenForMqtt({
    host,
    port,
    clock,
    onRefused,
    onConnection: (socket) => take(socket, plain),
  })
  const open = [plain]
  const secure = await listenSecurely().catch(async (error: unknown) => {
    await close(aedes, open, ports.clock)
    throw error
  })

  async function listenSecurely(): Promise<Listener | undefined> {
    if (tls === undefined) return undefined
    const onConnection = (socket: Socket) => take(socket, listener)
    const { host, port, identity } = tls
    const listener: Listener = await listenForMqtt({ host, port, tls: identity, clock, onRefused, onConnection })
    open.push(listener)
    return listener
  }

  return {
    url: `mqtt://${inUrl(host)}:${plain.port}`,
    tlsUrl: tls && secure && `mqtts://${inUrl(tls.host)}:${secure.port}`,
    states,
    publish: (message) => publish(aedes, message),
    crowded: () => caps.crowded(ports.clock.monotonic()),
    counts: () => ({ connected: aedes.connectedClients, ...counts }),
    recheck: connections.recheck,
    endExpired: connections.endExpired,
    changeIdentity: (identity) => secure?.change(identity),
    close: () => close(aedes, open, ports.clock),
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
  aedes.on('client', (client) => log.info('connected', { client: accountIn(client.id) }))
  aedes.on('clientDisconnect', (client) => log.info('disconnected', { client: accountIn(client.id) }))
  aedes.on('clientError', (client, error) =>
    warn('connection-failed', { client: accountIn(client.id), reason: messageOf(error) }),
  )
  aedes.on('connectionError', (_client, error) => warn('connection-failed', { reason: messageOf(error) }))
}

async function close(aedes: Aedes, listeners: readonly Listener[], clock: BrokerClock): Promise<void> {
  const closed = Promise.all(listeners.map((listener) => listener.closed()))
  const timeout = new AbortController()
  await Promise.race([
    new Promise<void>((resolve) => aedes.close(resolve)),
    clock.sleep(CLOSE_TIMEOUT_MS, timeout.signal).catch(() => undefined),
  ])
  timeout.abort()
  for (const listener of listeners) listener.destroy()
  await closed
}
