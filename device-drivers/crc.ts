/** 16-bit checksums with polynomial 0x1021 and start value 0xFFFF, as medical devices use them. */

const START = 0xffff
const POLYNOMIAL = 0x1021
/** The same polynomial for a register that shifts the other way. */
const REFLECTED = 0x8408

/** CRC-16/CCITT-FALSE ("123456789" gives 29B1): LifeScan. */
export function crcCcittFalse(bytes: Uint8Array): number {
  let crc = START
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1) & 0xffff) >>> 0
  }
  return crc
}

/** CRC-16/MCRF4XX ("123456789" gives 6F91): the E2E-CRC of Bluetooth health services (CGMS 1.0.1, 3.11). */
export function crcMcrf4xx(bytes: Uint8Array): number {
  let crc = START
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ REFLECTED : crc >>> 1
  }
  return crc
}
