import { PreCareError } from '../../device-drivers/errors.ts'

/** Bytes in the order in which they go on air. Little-endian, as every Bluetooth SIG characteristic is. */
export interface ByteWriter {
  u8(value: number): ByteWriter
  u16(value: number): ByteWriter
  u24(value: number): ByteWriter
  u32(value: number): ByteWriter
  raw(bytes: Iterable<number>): ByteWriter
  bytes(): Uint8Array
}

/** A value that its field can't hold is the mistake of a scenario, never something to wrap around silently. */
export function requireRange(name: string, value: number, low: number, high: number): number {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new PreCareError('packet-malformed', `${name} does not fit its field (${low}..${high})`)
  }
  return value
}

export function byteWriter(): ByteWriter {
  const out: number[] = []
  const little = (value: number, length: number): ByteWriter => {
    requireRange(`u${8 * length}`, value, 0, 2 ** (8 * length) - 1)
    for (let i = 0; i < length; i++) out.push(Math.floor(value / 2 ** (8 * i)) % 256)
    return writer
  }
  const writer: ByteWriter = {
    u8: (value) => little(value, 1),
    u16: (value) => little(value, 2),
    u24: (value) => little(value, 3),
    u32: (value) => little(value, 4),
    raw: (bytes) => {
      out.push(...bytes)
      return writer
    },
    bytes: () => Uint8Array.from(out),
  }
  return writer
}

/** Upper case, without separators: as in the vector file. */
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase()
