import type { Socket } from 'node:net'
import type { BrokerClock } from './broker-clock.ts'

/**
 * Connections that have not yet said who they are, by address: a stranger with one address must not fill the broker
 * with handshakes while hubs wait.
 */

/** As many as may wait for their password (accounts.ts); homes behind one address of a mobile network come back in turns. */
const MAX_PENDING = 256
/** For the TLS handshake and the CONNECT together, from the moment the connection is taken. */
const PENDING_MS = 5_000

export interface PendingCap {
  /** False when too many of this address wait; the connection must be cut then. One that says nothing in time is. */
  admit(socket: Socket): boolean
  /** It has said who it is. */
  known(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): void
}

export function pendingCap(clock: Pick<BrokerClock, 'sleep'>, max: number = MAX_PENDING): PendingCap {
  const waiting = new Map<string, Map<string, AbortController>>()

  function forget(origin: string, port: string): void {
    const ports = waiting.get(origin)
    ports?.get(port)?.abort()
    ports?.delete(port)
    if (ports?.size === 0) waiting.delete(origin)
  }

  return {
    admit(socket) {
      const origin = originOf(socket.remoteAddress)
      const port = String(socket.remotePort)
      const ports = waiting.get(origin) ?? new Map<string, AbortController>()
      if (ports.size >= max) return false
      const said = new AbortController()
      waiting.set(origin, ports.set(port, said))
      clock.sleep(PENDING_MS, said.signal).then(
        () => socket.destroy(),
        () => undefined,
      )
      socket.once('close', () => forget(origin, port))
      return true
    },
    known: ({ remoteAddress, remotePort }) => forget(originOf(remoteAddress), String(remotePort)),
  }
}

/** Of an IPv6 address the first 64 bits: the rest is its owner's to choose (RFC 4291, 2.5.1). */
function originOf(address = ''): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address
  const [head = '', tail] = address.split('::')
  const front = head.split(':').filter(Boolean)
  const back = tail?.split(':').filter(Boolean) ?? []
  const filled = [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back]
  return filled.slice(0, 4).join(':')
}
