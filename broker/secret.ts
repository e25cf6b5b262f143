import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/**
 * Passwords at rest: scrypt with its parameters and salt beside the hash, `scrypt$<log2 N>$<salt>$<hash>`. Passwords are
 * random, 160 bits, so N = 2^15 (32 MB, about 80 ms) is a second wall, not the first. A secret is verified at the cost
 * that it names: a later version may hash at a higher one, and no hub in a home is locked out.
 */

/** OWASP Password Storage Cheat Sheet: N = 2^15 with r = 8 is the least where memory is scarce. */
const LOG2_N = 15
/** 128 MB; whoever could write more into the table must not take the broker's memory with it. */
const MAX_LOG2_N = 17
const BLOCK_SIZE = 8
const SALT_BYTES = 16
const HASH_BYTES = 32
const PASSWORD_BYTES = 20

/** A new random password; the only way that one comes into being, there are no default ones. */
export function randomPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url')
}

/** @param log2n log2 of scrypt's N, 1 to 17 */
export async function hashPassword(password: string, log2n: number = LOG2_N): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(password, salt, log2n)
  return `scrypt$${log2n}$${salt.toString('base64url')}$${hash.toString('base64url')}`
}

/** False for a wrong password and for a stored secret that is none. Takes as long either way, at the usual cost. */
export async function passwordMatches(password: string, secret: string): Promise<boolean> {
  const [scheme, cost, salt, hash] = secret.split('$')
  const expected = Buffer.from(hash ?? '', 'base64url')
  const log2n = Number(cost)
  const bounded = Number.isInteger(log2n) && log2n >= 1 && log2n <= MAX_LOG2_N
  const known = scheme === 'scrypt' && bounded && expected.length === HASH_BYTES
  const actual = await derive(password, Buffer.from(salt ?? '', 'base64url'), known ? log2n : LOG2_N)
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
