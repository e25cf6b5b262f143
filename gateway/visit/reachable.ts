import { networkInterfaces } from 'node:os'

/** Where the page of a visit can be reached, from the address it listens on. */

/** Only this machine can reach it (RFC 6890). A name that merely begins like such an address is not one. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** Addresses of this machine on its networks. */
export const ownAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    // Link-local addresses need a zone, which no browser takes in a URL.
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address)

/** Names or addresses that a phone can be sent to. @param own of this machine */
export function reachableAt(host: string, own: readonly string[] = ownAddresses()): string[] {
  return EVERYWHERE.has(host) && own.length > 0 ? [...own] : [host]
}

/** RFC 3986, 3.2.2: an IPv6 address stands in brackets. */
const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** As a technician types it. Plain text does not leave this machine. */
export const originsOf = (host: string, port: number, own?: readonly string[]): string[] =>
  reachableAt(host, own).map((at) => `${isLoopback(host) ? 'http' : 'https'}://${inUrl(at)}:${port}`)
