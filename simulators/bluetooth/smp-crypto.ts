import { createCipheriv } from 'node:crypto'

/**
 * The functions of LE legacy pairing (Core, Vol 3, Part H, 2.2). All values are most significant octet first, as the
 * specification writes them; on the air they go the other way round.
 */

/** Security function e (2.2.1): AES-128 of one block. */
function e(key: Uint8Array, block: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  return Buffer.concat([cipher.update(block), cipher.final()])
}

function xor(a: Uint8Array, b: Uint8Array): Buffer {
  return Buffer.from(a.map((octet, index) => octet ^ (b[index] ?? 0)))
}

export interface PairingTranscript {
  readonly pairingRequest: Uint8Array
  readonly pairingResponse: Uint8Array
  /** 0 public, 1 random. */
  readonly initiatorAddressType: number
  readonly initiatorAddress: Uint8Array
  readonly responderAddressType: number
  readonly responderAddress: Uint8Array
}

/**
 * Confirm value generation function c1 (2.2.3).
 * @param key the temporary key, 16 octets
 * @param random 16 octets
 */
export function c1(key: Uint8Array, random: Uint8Array, about: PairingTranscript): Buffer {
  const p1 = Buffer.concat([
    about.pairingResponse,
    about.pairingRequest,
    Uint8Array.of(about.responderAddressType, about.initiatorAddressType),
  ])
  const p2 = Buffer.concat([Buffer.alloc(4), about.initiatorAddress, about.responderAddress])
  return e(key, xor(e(key, xor(random, p1)), p2))
}

/** Key generation function s1 (2.2.4) from the responder's and the initiator's random values. */
export function s1(key: Uint8Array, responderRandom: Uint8Array, initiatorRandom: Uint8Array): Buffer {
  return e(key, Buffer.concat([responderRandom.subarray(8), initiatorRandom.subarray(8)]))
}
