import type { Packet, RawRecord } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import type { FrameRule, FrameVerdict } from '../serial/framing.ts'

/**
 * What Contec's devices on service FF12 have in common (CMS50D-BT, SP80B, and Beurer's PO60): a header with bit 7 set,
 * bytes of 7 bits, and as the last byte the sum of all others in 7 bits. Three devices with one service: only the name
 * tells them apart.
 */

export const CONTEC_SERVICE = 'FF12'
export const CONTEC_WRITE = 'FF01'
export const CONTEC_NOTIFY = 'FF02'

const sum7 = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => (sum + byte) & 0x7f, 0)

/** A command or a record with its sum behind it. */
export function summed(...bytes: readonly number[]): Uint8Array {
  return Uint8Array.of(...bytes, sum7(Uint8Array.from(bytes)))
}

/** A record of which some bytes only say where it stood in this transfer, with these bytes 0. @param frame with its sum */
export function withoutPlace(frame: Uint8Array, from: number, to: number, mask: number): Uint8Array {
  return summed(...frame.slice(0, -1).map((byte, i) => (i >= from && i < to ? byte & mask : byte)))
}

/**
 * One record, the same whenever it is read: the next transfer may count anew. What came is kept beside it.
 * @param asSent name of the packet as it came
 */
export function placedRecord(first: Packet, frame: Uint8Array, asSent: string): RawRecord {
  return Buffer.compare(first.bytes, frame) === 0 ? [first] : [first, { source: asSent, bytes: frame }]
}

/** @param frame with its sum as the last byte */
export function hasGoodSum(frame: Uint8Array): boolean {
  return frame.length > 1 && frame.at(-1) === sum7(frame.subarray(0, -1))
}

/** @throws PreCareError 'packet-too-short', 'checksum-wrong' */
export function requireSum(bytes: Uint8Array, length: number): void {
  if (bytes.length < length) {
    throw new PreCareError(
      'packet-too-short',
      `the sum is at offset ${length - 1}, the packet has ${bytes.length} bytes`,
    )
  }
  if (!hasGoodSum(bytes.subarray(0, length))) {
    throw new PreCareError('checksum-wrong', `the sum at offset ${length - 1} is another`)
  }
}

/** Two bytes of 7 bits, the low one first. */
export const pair = (low: number, high: number): number => (low & 0x7f) | ((high & 0x7f) << 7)

/** A frame of this length starts here, when its sum is right. */
export function measured(bytes: Uint8Array, length: number): FrameVerdict {
  if (bytes.length < length) return 'more'
  return hasGoodSum(bytes.subarray(0, length)) ? { frame: length } : 'none'
}

/** Frames that are told by their header alone. @param lengths by header */
export function framesByHeader(lengths: Readonly<Record<number, number>>): FrameRule {
  return {
    longest: Math.max(...Object.values(lengths)),
    measure: (bytes) => {
      const length = lengths[bytes[0] ?? 0]
      return length === undefined ? 'none' : measured(bytes, length)
    },
  }
}
