/** Gives `length` random octets. */
export type RandomOctets = (length: number) => Uint8Array

/**
 * Repeatable randomness (mulberry32). Good enough for a simulated key that protects nothing; the same seed gives the same
 * keys, delays and therefore the same run.
 */
export function seededRandom(seed: number): RandomOctets {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) & 0xff
  }
  return (length) => Uint8Array.from({ length }, next)
}
