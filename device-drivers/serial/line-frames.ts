import type { SerialLink, SessionEvent } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { rejected } from '../rejected.ts'
import { type FrameRule, takeFrames } from './framing.ts'

/** A frame, or the news of bytes that fit into none. */
type Heard = Uint8Array | SessionEvent

/** The frames of one open line, for a driver that listens now for this and now for that: nothing is lost in between. */
export interface LineFrames {
  /** What is heard until the line is silent for `idleMs` (default: the transport's) or closed. May be broken off and called again. */
  heard(idleMs?: number): AsyncGenerator<Heard, void>
  /** The beginning of a frame that never came to its end, given up: for when the line is silent. */
  rest(): SessionEvent | undefined
}

/** @param source names the protocol in 'rejected' events */
export function lineFrames(link: SerialLink, rule: FrameRule, source: string): LineFrames {
  let held: Uint8Array = new Uint8Array()
  const waiting: Heard[] = []

  const garbage = (bytes: Uint8Array): SessionEvent =>
    rejected(source, bytes, new PreCareError('checksum-wrong', `${bytes.length} bytes are no frame`))

  const take = (chunk: Uint8Array): void => {
    const framed = takeFrames(rule, held, chunk)
    held = framed.held
    for (const bytes of framed.skipped) waiting.push(garbage(bytes))
    waiting.push(...framed.frames)
  }

  function* drain(): Generator<Heard, void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield next
  }

  return {
    async *heard(idleMs) {
      yield* drain()
      for await (const chunk of link.chunks(idleMs === undefined ? {} : { idleMs })) {
        take(chunk)
        yield* drain()
      }
    },
    rest() {
      const bytes = held
      held = new Uint8Array()
      return bytes.length > 0 ? garbage(bytes) : undefined
    },
  }
}
