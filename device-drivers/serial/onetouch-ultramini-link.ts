import { crcCcittFalse } from '../crc.ts'
import type { SerialLink, SessionEvent } from '../driver.ts'
import type { FrameRule, FrameVerdict } from './framing.ts'
import { lineFrames } from './line-frames.ts'
import { ETX, FRAME_OVERHEAD, LINK, STX } from './onetouch-ultramini-decode.ts'

/**
 * The link of OneTouch UltraMini and UltraEasy: requests and answers under an alternating bit each way, so that a frame
 * that is sent again is known as such. Both bits are 0 after a disconnect.
 */

const ACKNOWLEDGE = 1 << LINK.Acknowledge
const DISCONNECT = 1 << LINK.Disconnect

/** A frame takes 40 ms at 9600 baud. */
const ANSWER_MS = 1_000
const ATTEMPTS = 3
/** The length is one byte. */
const LONGEST = 255

const FRAMES: FrameRule = {
  longest: LONGEST,
  measure(bytes): FrameVerdict {
    const length = bytes[1] ?? FRAME_OVERHEAD
    if (bytes[0] !== STX || length < FRAME_OVERHEAD) return 'none'
    if (bytes.length < Math.max(2, length)) return 'more'
    const crc = (bytes[length - 2] ?? 0) | ((bytes[length - 1] ?? 0) << 8)
    return bytes[length - 3] === ETX && crc === crcCcittFalse(bytes.subarray(0, length - 2))
      ? { frame: length }
      : 'none'
  },
}

export function frameOf(link: number, message: readonly number[]): Uint8Array {
  const body = Uint8Array.of(STX, message.length + FRAME_OVERHEAD, link, ...message, ETX)
  const crc = crcCcittFalse(body)
  return Uint8Array.of(...body, crc & 0xff, crc >>> 8)
}

export interface MeterLink {
  /** True when a meter answered; both counters begin anew. */
  reset(): AsyncGenerator<SessionEvent, boolean>
  /** The message of the answer; undefined when none came. Asked again after silence. */
  request(message: readonly number[]): AsyncGenerator<SessionEvent, Uint8Array | undefined>
  /** Until the line was silent for so long. */
  rest(ms: number): AsyncGenerator<SessionEvent, void>
}

export function meterLink(link: SerialLink, source: string): MeterLink {
  const line = lineFrames(link, FRAMES, source)
  /** Of our next frame, and of the one we expect. */
  let send = 0
  let expect = 0
  const control = (bits: number): number => bits | (send << LINK.S) | (expect << LINK.E)

  async function* frames(ms = ANSWER_MS): AsyncGenerator<Uint8Array | SessionEvent, void> {
    yield* line.heard(ms)
    const rest = line.rest()
    if (rest !== undefined) yield rest
  }

  return {
    async *reset() {
      send = 0
      expect = 0
      await link.write(frameOf(DISCONNECT, []))
      for await (const heard of frames()) {
        if (!(heard instanceof Uint8Array)) yield heard
        else if (((heard[2] ?? 0) & DISCONNECT) !== 0) return true
      }
      return false
    },
    async *request(message) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        await link.write(frameOf(control(0), message))
        for await (const heard of frames()) {
          if (!(heard instanceof Uint8Array)) {
            yield heard
            continue
          }
          const bits = heard[2] ?? 0
          if (heard.length === FRAME_OVERHEAD) continue
          const fresh = ((bits >>> LINK.S) & 1) === expect
          if (fresh) {
            send ^= 1
            expect ^= 1
          }
          // An answer that comes again was not acknowledged, as the meter sees it.
          await link.write(frameOf(control(ACKNOWLEDGE), []))
          if (fresh) return heard.slice(3, heard.length - 3)
        }
      }
      return undefined
    },
    async *rest(ms) {
      for await (const heard of frames(ms)) if (!(heard instanceof Uint8Array)) yield heard
    },
  }
}
