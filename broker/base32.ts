/** RFC 4648, 6, in lower case: letters that fit an id, and can never look like a measured value or a CPR number. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'
const BITS = 5

/** Eight characters for five bytes, without padding. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= BITS; bits -= BITS) text += LETTERS[(held >> (bits - BITS)) & 31]
    held &= (1 << bits) - 1
  }
  return bits > 0 ? text + LETTERS[(held << (BITS - bits)) & 31] : text
}
