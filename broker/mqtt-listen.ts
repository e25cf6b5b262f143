import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import type { BrokerClock } from './broker-clock.ts'
import { TLS_PROFILE } from './identity/tls-profile.ts'
import { pendingCap } from './pending-cap.ts'

/** The sockets that MQTT comes over: plain ones of this machine, and TLS for everybody. */

/** Idle connections cost about 23 kB each (measured), over TLS about 60: 0.6 GB. */
const MAX_CONNECTIONS = 10_000

/**
 * Connections that the kernel holds until they are accepted; beyond it (Node's 511) it drops the last packet of the
 * handshake, and whoever waits to be spoken to waits for a minute. Linux' own bound (net.core.somaxconn).
 */
const BACKLOG = 4_096

/** Keys and certificates of a server and who signs its clients, all PEM. */
export interface TlsIdentity {
  readonly key: string
  readonly cert: string
  /** Signs the certificates of clients. */
  readonly ca: string
}

export interface Listener {
  readonly port: number
  /** This connection has said who it is. */
  known(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): void
  /** New connections get this certificate. */
  change(tls: TlsIdentity): void
  /** Resolves when no connection is left; `destroy` ends them all. */
  closed(): Promise<void>
  destroy(): void
}

export interface ListenPorts {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Absent for plain TCP. */
  readonly tls?: TlsIdentity
  readonly clock: Pick<BrokerClock, 'sleep'>
  readonly onConnection: (socket: Socket) => void
  /** A connection that was cut before it was one. */
  readonly onRefused: (reason: string) => void
}

/** @throws PreCareError 'listen-failed' */
export async function listenForMqtt(ports: ListenPorts): Promise<Listener> {
  const { host, port, tls, clock, onConnection, onRefused } = ports
  const pending = pendingCap(clock)
  const sockets = new Set<Socket>()
  const secure = tls && secured(tls, onConnection, onRefused)
  const server = createServer({ noDelay: true }, (socket) => {
    if (!pending.admit(socket)) {
      onRefused('too many connections of one address wait')
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    if (secure === undefined) onConnection(socket)
    else {
      // Until the handshake is over nobody else listens for its errors.
      socket.on('error', () => socket.destroy())
      secure.emit('connection', socket)
    }
  })
  server.maxConnections = MAX_CONNECTIONS
  return {
    port: await listen(server, host, port),
    known: pending.known,
    change: (next) => secure?.setSecureContext({ ...TLS_PROFILE, ...next }),
    closed: () => new Promise((resolve) => server.close(() => resolve())),
    destroy: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/**
 * Not listening itself: the server before it counts connections. A certificate is asked for and not demanded, since
 * clinics may come with a password; which one counts is decided when the connection says who it is (mqtt-connect.ts),
 * so that a hub whose certificate has ended hears that it is refused.
 */
function secured(
  tls: TlsIdentity,
  onConnection: ListenPorts['onConnection'],
  onRefused: ListenPorts['onRefused'],
): TlsServer {
  const server = createTlsServer({ ...TLS_PROFILE, ...tls, requestCert: true, rejectUnauthorized: false }, onConnection)
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    onRefused(`TLS: ${'code' in error ? String(error.code) : messageOf(error)}`)
    socket.destroy()
  })
  return server
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new PreCareError('listen-failed', `can't listen on ${host}:${port}: ${messageOf(error)}`, { cause: error }),
      ),
    )
    server.listen({ port, host, backlog: BACKLOG }, () => resolve((server.address() as AddressInfo).port))
  })
}
