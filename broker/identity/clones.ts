/** Two machines with one identity throw each other out, again and again. */

/** Beyond this many in a minute it is no line that flaps: a hub waits longer after each loss. */
const MAX_TAKEOVERS = 3
const WINDOW_MS = 60_000

export interface Clones {
  /**
   * An identity connected while it was connected. @param now monotonic ms
   * @returns true when it happens too often
   */
  takenOver(account: string, now: number): boolean
}

export function watchClones(): Clones {
  const seen = new Map<string, number[]>()
  return {
    takenOver(account, now) {
      const recent = [...(seen.get(account) ?? []), now].filter((at) => now - at < WINDOW_MS)
      // Whoever has begun a minute ago and was quiet since is forgotten, so that the table stays small.
      for (const [other, times] of seen) if (now - (times.at(-1) ?? 0) >= WINDOW_MS) seen.delete(other)
      seen.set(account, recent.slice(-MAX_TAKEOVERS - 1))
      return recent.length > MAX_TAKEOVERS
    },
  }
}
