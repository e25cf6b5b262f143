/** Addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** As it stands in a URL (RFC 3986, 3.2.2). */
export const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)
