import type { FrameRule, FrameVerdict } from './framing.ts'

const CR = 0x0d
const LF = 0x0a

const isEnd = (byte: number): boolean => byte === CR || byte === LF
const isPrintable = (byte: number): boolean => byte >= 0x20 && byte <= 0x7e

/** A line end is a frame of its own, so that a text comes without one, however the two characters are cut. */
export const isLineEnd = (frame: Uint8Array): boolean => frame.length === 1 && isEnd(frame[0] ?? 0)

/** Lines of printable ASCII, ended by CR, LF or both. Damaged bytes end a frame early; what is left of its line is no valid text. */
export const asciiLines = (longest: number): FrameRule => ({
  longest,
  measure(bytes): FrameVerdict {
    if (isEnd(bytes[0] ?? 0)) return { frame: 1 }
    const end = bytes.findIndex((byte) => !isPrintable(byte))
    if (end === -1) return 'more'
    return isEnd(bytes[end] ?? 0) ? { frame: end } : 'none'
  },
})

/** @param bytes a frame of {@link asciiLines}; a byte of other bytes becomes a letter that no format of ours has */
export const textOf = (bytes: Uint8Array): string => new TextDecoder('ascii').decode(bytes)
