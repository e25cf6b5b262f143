import { readFileSync } from 'node:fs'

/** Hostile inputs for one decoder: random bytes, real packets mutated, and real packets cut at every byte. */

interface Vector {
  readonly service: string
  readonly characteristic: string
  readonly hex: string
}

/** Longest random input; a GATT value has at most 512 bytes, and a frame of a serial protocol fewer. */
const LONGEST = 96

/** Real packets of a decoder: they get the fuzzer past the first length check. */
export function corpusOf(key: string): Uint8Array[] {
  const all = JSON.parse(readFileSync(new URL('../vectors/device-bytes.json', import.meta.url), 'utf8')) as Vector[]
  return all
    .filter(({ service, characteristic }) => matches(key, service, characteristic))
    .map(({ hex }) => new Uint8Array(Buffer.from(hex, 'hex')))
    .filter((bytes) => bytes.length > 0)
}

const matches = (key: string, service: string, characteristic: string): boolean =>
  [`${service} ${characteristic}`, `any ${characteristic}`, `${service} *`].some(
    (name) => name.toLowerCase() === key.toLowerCase(),
  )

/** The n-th input; the same for the same random numbers. */
export function inputOf(n: number, corpus: readonly Uint8Array[], random: () => number): Uint8Array {
  const seed = corpus[n % Math.max(1, corpus.length)]
  const mode = n % 4
  if (seed === undefined || mode === 0) return noise(Math.floor(random() * LONGEST), random)
  if (mode === 1) return seed.slice(0, Math.floor(n / 4) % (seed.length + 1))
  const bytes = Uint8Array.from(seed)
  const changes = 1 + Math.floor(random() * 4)
  for (let i = 0; i < changes; i++) {
    const at = Math.floor(random() * bytes.length)
    bytes[at] = mode === 2 ? (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8)) : Math.floor(random() * 256)
  }
  return random() < 0.1 ? Uint8Array.of(...bytes, ...noise(8, random)) : bytes
}

function noise(length: number, random: () => number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = Math.floor(random() * 256)
  return bytes
}
