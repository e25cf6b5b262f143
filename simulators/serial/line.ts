import type { SimulatedTime } from '../bluetooth/peripheral.ts'
import type { Random } from '../scenario-random.ts'

/** What a bad line does to the bytes on their way from the device to the host. */
export interface LineFaults {
  /** Hands over pieces of at most so many bytes, one per turn of the clock. */
  readonly splitBytes?: number
  /** Holds chunks back so long and hands them over as one. */
  readonly mergeMs?: number
  /** Probability that a byte arrives changed. */
  readonly garble?: number
  /** Cuts the line each time so many bytes have passed. */
  readonly cutAfterBytes?: number
}

export interface Line {
  send(bytes: Uint8Array): void
  close(): void
}

/** A gap that a reader sees as two reads, as a USB converter makes them (FTDI's latency timer). */
const SPLIT_GAP_MS = 16

function garbled(bytes: Uint8Array, probability: number, random: Random): Uint8Array {
  return bytes.map((byte) => (random() < probability ? byte ^ (1 << Math.floor(random() * 8)) : byte))
}

/**
 * A line with faults in front of `deliver`. Bytes stay in order whatever the faults.
 * @param cut the line is broken now; nothing is delivered after it
 */
export function createLine(
  faults: LineFaults,
  around: { readonly time: SimulatedTime; readonly random: Random },
  deliver: (bytes: Uint8Array) => void,
  cut: () => void,
): Line {
  let queue: Uint8Array[] = []
  let timer: { cancel(): void } | undefined
  let passed = 0
  let open = true

  const hand = (bytes: Uint8Array): void => {
    const left = (faults.cutAfterBytes ?? Number.POSITIVE_INFINITY) - passed
    passed += bytes.length
    deliver(bytes.length > left ? bytes.subarray(0, left) : bytes)
    if (bytes.length >= left) {
      open = false
      timer?.cancel()
      queue = []
      cut()
    }
  }

  const later = (ms: number): void => {
    timer ??= around.time.setTimeout(() => {
      timer = undefined
      if (faults.splitBytes !== undefined) handPiece(faults.splitBytes)
      else {
        const merged = Buffer.concat(queue)
        queue = []
        hand(merged)
      }
    }, ms)
  }

  const handPiece = (length: number): void => {
    const all = Buffer.concat(queue)
    queue = all.length > length ? [all.subarray(length)] : []
    if (all.length > 0) hand(all.subarray(0, length))
    if (queue.length > 0 && open) later(SPLIT_GAP_MS)
  }

  return {
    send(bytes) {
      if (!open) return
      const arriving = faults.garble === undefined ? bytes : garbled(bytes, faults.garble, around.random)
      if (faults.splitBytes === undefined && faults.mergeMs === undefined) return hand(arriving)
      queue.push(arriving)
      later(faults.mergeMs ?? 0)
    },
    close() {
      open = false
      timer?.cancel()
      queue = []
    },
  }
}
