/** Wrong passwords and codes are counted, by user and by address: a few are typing, many are an attack. */

/** OWASP Authentication Cheat Sheet: lock out for a while, not for ever, or strangers lock out a clinic. */
const PER_USER = 5
/** A clinic sits behind one address. */
const PER_ADDRESS = 50
const WINDOW_MS = 15 * 60_000
/** Names that strangers make up must not fill the memory. */
const MAX_KNOWN = 10_000

export interface Attempts {
  /** False: too many, whatever is given now. */
  mayTry(user: string, address: string): boolean
  failed(user: string, address: string): void
  succeeded(user: string): void
}

/** @param clock ms that only grow */
export function openAttempts(clock: { monotonic(): number }): Attempts {
  const failures = new Map<string, number[]>()
  const recent = (key: string): number[] => (failures.get(key) ?? []).filter((at) => clock.monotonic() - at < WINDOW_MS)
  const note = (key: string): void => {
    const oldest = failures.keys().next().value
    if (!failures.has(key) && failures.size >= MAX_KNOWN && oldest !== undefined) failures.delete(oldest)
    failures.set(key, [...recent(key), clock.monotonic()].slice(-PER_ADDRESS))
  }
  return {
    mayTry: (user, address) =>
      recent(`user ${user}`).length < PER_USER && recent(`from ${address}`).length < PER_ADDRESS,
    failed(user, address) {
      note(`user ${user}`)
      note(`from ${address}`)
    },
    succeeded: (user) => void failures.delete(`user ${user}`),
  }
}
