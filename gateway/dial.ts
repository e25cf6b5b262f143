import { connect, isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { PreCareError } from '../device-drivers/errors.ts'
import { deadline, type HubClock } from './hub-clock.ts'
import { openSecureLine } from './identity/secure-line.ts'
import type { HubIdentity } from './identity/slots.ts'
import { opened } from './opened-line.ts'

/** A connection to the broker, plain or TLS, ready to be spoken on. */
export type Dial = (signal: AbortSignal) => Promise<Duplex>

/** Ports of MQTT and MQTT over TLS (IANA service names). */
const PORTS = { 'mqtt:': 1883, 'mqtts:': 8883 } as const
/** A router whose name server is dead answers nothing; the rest of the attempt is for the address that was good before. */
const BY_NAME_WITHIN_MS = 15_000

/** Where the broker was reached last; another server there can't pass for it. */
export interface LastAddress {
  get(): string | undefined
  set(address: string): void
}

export interface DialOptions {
  /** `mqtt://` or `mqtts://` */
  readonly url: string
  readonly clock: HubClock
  /** What the hub shows at this moment; needed for `mqtts:`. */
  readonly identity?: () => HubIdentity | undefined
  readonly lastAddress?: LastAddress
}

/**
 * Tries the name, and if that leads nowhere, or to somebody else, the address where the broker was last.
 * The dial throws PreCareError 'uplink-lost', 'server-untrusted', or 'certificate-ended' when there is no certificate.
 */
export function dialBroker({ url, clock, identity, lastAddress }: DialOptions): Dial {
  const { protocol, hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const secure = protocol === 'mqtts:'
  const at = Number(port) || PORTS[secure ? 'mqtts:' : 'mqtt:']

  function once(signal: AbortSignal, address?: string): Promise<Socket> {
    if (!secure) return opened(connect({ host: address ?? host, port: at, noDelay: true }), 'connect', signal)
    const shown = identity?.()
    if (shown === undefined) throw new PreCareError('certificate-ended', 'the hub has no certificate; enrol it')
    const { authority, key, certificate } = shown
    const where = address === undefined ? {} : { address }
    return openSecureLine({ host, port: at, authority, key, certificate, ...where }, clock, signal)
  }

  async function byName(signal: AbortSignal): Promise<Socket> {
    const limit = deadline(clock, BY_NAME_WITHIN_MS, signal, () => new Error('no answer under its name'))
    try {
      return await once(limit.signal)
    } finally {
      limit.cancel()
    }
  }

  return async (signal) => {
    const last = isIP(host) > 0 ? undefined : lastAddress?.get()
    let socket: Socket
    try {
      socket = await byName(signal)
    } catch (error) {
      if (last === undefined || signal.aborted) throw error
      socket = await once(signal, last).catch(() => {
        throw error
      })
    }
    if (isIP(host) === 0 && socket.remoteAddress !== undefined && socket.remoteAddress !== last) {
      lastAddress?.set(socket.remoteAddress)
    }
    return socket
  }
}
