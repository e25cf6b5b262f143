/** Numbers in [0, 1). Passed in everywhere, so that a run can be repeated from its seed. */
export type Random = () => number

/** FNV-1a: a seed of its own for each stream of a scenario, so that adding a device changes no other's numbers. */
export function seedFor(seed: number, stream: string): number {
  let hash = 0x811c9dc5 ^ seed
  for (const byte of new TextEncoder().encode(stream)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** Xorshift, 32 bits (Marsaglia 2003): small, fast and good enough to shake a baseline; never for keys. */
export function seededRandom(seed: number): Random {
  // Zero is its one fixed point; the multiplication keeps neighbouring seeds apart.
  let state = Math.imul(seed | 1, 0x9e3779b1) | 1
  const next: Random = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 8; i++) next()
  return next
}
