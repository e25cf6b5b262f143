import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/**
 * Passwords at rest: scrypt with its parameters and salt beside the hash, `scrypt$<log2 N>$<salt>$<hash>`. Passwords are
 * random, 160 bits, so N = 2^15 (32 MB, about 80 ms) is a second wall, not the first.
 */

/** OWASP Password Storage Cheat Sheet: N = 2^15 with r = 8 is the least where memory is scarce. */
const LOG2_N = 15
const BLOCK_SIZE = 8
const SALT_BYTES = 16
const HASH_BYTES = 32
const PASSWORD_BYTES = 20

/** A new random password; the only way that one comes into being, there are no default ones. */
export function randomPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url')
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(password, salt, LOG2_N)
  return `scrypt$${LOG2_N}$${salt.toString('base64url')}$${hash.toString('base64url')}`
}

/** False for a wrong password and for a stored secret that is none. Takes as long either way. */
export async function passwordMatches(password: string, secret: string): Promise<boolean> {
  const [scheme, log2n, salt, hash] = secret.split('$')
  const expected = Buffer.from(hash ?? '', 'base64url')
  const known = scheme === 'scrypt' && log2n === String(LOG2_N) && expected.length === HASH_BYTES
  const actual = await derive(password, Buffer.from(salt ?? '', 'base64url'), LOG2_N)
  return known && timingSafeEqual(actual, expected)
}

function derive(password: string, salt: Uint8Array, log2n: number): Promise<Buffer> {
  const cost = 2 ** log2n
  // Node's own bound on memory is 32 MiB, exactly what N = 2^15 needs and refuses at.
  const options = { N: cost, r: BLOCK_SIZE, p: 1, maxmem: 256 * cost * BLOCK_SIZE }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
