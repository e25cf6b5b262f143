/**
 * Frames out of a byte stream: incremental, pure, and able to find its feet again after garbage. A protocol says what a
 * frame looks like; everything between two frames is handed back as skipped, so that nothing disappears.
 */

/** What starts at the first byte: a whole valid frame of this length, a frame that needs more bytes, or none. */
export type FrameVerdict = { readonly frame: number } | 'more' | 'none'

export interface FrameRule {
  /** Pure. Checks everything that can be checked (start, length, checksum, end): a bad frame is 'none'. */
  measure(bytes: Uint8Array): FrameVerdict
  /** Longest frame; more than this is never held. */
  readonly longest: number
}

export interface Framed {
  readonly frames: readonly Uint8Array[]
  /** Runs of bytes that belong to no frame. */
  readonly skipped: readonly Uint8Array[]
  /** The beginning of a frame; goes in front of the next chunk. */
  readonly held: Uint8Array
}

/** @param held of the call before; empty at first */
export function takeFrames(rule: FrameRule, held: Uint8Array, chunk: Uint8Array): Framed {
  const bytes = new Uint8Array(held.length + chunk.length)
  bytes.set(held)
  bytes.set(chunk, held.length)
  const frames: Uint8Array[] = []
  const skipped: Uint8Array[] = []
  let at = 0
  let garbage = 0
  const endGarbage = (): void => {
    if (at > garbage) skipped.push(bytes.slice(garbage, at))
  }
  while (at < bytes.length) {
    const verdict = rule.measure(bytes.subarray(at))
    if (verdict === 'more' && bytes.length - at < rule.longest) break
    if (typeof verdict === 'object') {
      endGarbage()
      frames.push(bytes.slice(at, at + verdict.frame))
      at += verdict.frame
      garbage = at
    } else {
      at += 1
    }
  }
  endGarbage()
  return { frames, skipped, held: bytes.slice(at) }
}
