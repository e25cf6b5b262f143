import { byteWriter } from './byte-writer.ts'

/** Battery Level 0x2A19: 0..100 percent. */
export const encodeBatteryLevel = (percent: number): Uint8Array => byteWriter().u8(percent).bytes()

/**
 * A string of Device Information 0x180A, UTF-8.
 * @param padTo some devices fill a fixed field up with NUL
 */
export function encodeText(text: string, padTo = 0): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  const out = new Uint8Array(Math.max(bytes.length, padTo))
  out.set(bytes)
  return out
}
