import type { GattLink, SessionEvent } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { rejected } from '../rejected.ts'
import { type FrameRule, takeFrames } from '../serial/framing.ts'

/** Questions and answers over one characteristic that is written and one that notifies, as vendors' protocols have them. */

export interface Channel {
  readonly service: string
  readonly write: string
  readonly notify: string
  /** Where frames are cut or joined by notifications. Absent: each notification is a frame. */
  readonly frames?: FrameRule
  /** So long may an answer, or the next part of one, take. */
  readonly answerMs: number
  /** Bytes between frames that are known to mean nothing to us. */
  readonly expected?: (skipped: Uint8Array) => boolean
}

export interface Dialogue {
  /** Runs of bytes that were no frame, so far. */
  readonly garbled: number
  /** Listens; only needed where another characteristic may have to be tried. */
  listen(): Promise<void>
  /** Listens, if nobody does yet, and writes. */
  send(bytes: Uint8Array): Promise<void>
  /** The next frame; undefined when nothing came for `answerMs`, or the link is gone (which the next `send` says). */
  next(): AsyncGenerator<SessionEvent, Uint8Array | undefined>
  /** Writes, and passes over frames until one is the answer. Undefined as in `next`. */
  ask(
    request: Uint8Array,
    isAnswer: (frame: Uint8Array) => boolean,
  ): AsyncGenerator<SessionEvent, Uint8Array | undefined>
  /** The same. @throws PreCareError 'operation-timeout' where no answer comes */
  demand(request: Uint8Array, isAnswer: (frame: Uint8Array) => boolean): AsyncGenerator<SessionEvent, Uint8Array>
}

const NOTHING = new Uint8Array()

export function dialogue(link: GattLink, channel: Channel): Dialogue {
  const { service, write, notify, frames, answerMs, expected } = channel
  let values: AsyncIterator<Uint8Array> | undefined
  let held: Uint8Array = NOTHING
  let ready: Uint8Array[] = []
  let garbled = 0

  const listen = async (): Promise<AsyncIterator<Uint8Array>> => {
    values ??= (await link.subscribe(service, notify, { idleMs: answerMs }))[Symbol.asyncIterator]()
    return values
  }
  const garbage = (bytes: Uint8Array): SessionEvent => {
    garbled += 1
    return rejected(notify, bytes, new PreCareError('checksum-wrong', `${bytes.length} bytes are no frame`))
  }
  async function* next(): AsyncGenerator<SessionEvent, Uint8Array | undefined> {
    for (;;) {
      const frame = ready.shift()
      if (frame !== undefined) return frame
      const { done, value } = await (await listen()).next()
      if (done === true) {
        values = undefined
        const cut = held
        held = NOTHING
        if (cut.length > 0 && !expected?.(cut)) yield garbage(cut)
        return undefined
      }
      if (frames === undefined) return value
      const framed = takeFrames(frames, held, value)
      held = framed.held
      ready = [...framed.frames]
      for (const bytes of framed.skipped) if (!expected?.(bytes)) yield garbage(bytes)
    }
  }
  const send = async (bytes: Uint8Array): Promise<void> => {
    await listen()
    await link.write(service, write, bytes)
  }
  async function* ask(
    request: Uint8Array,
    isAnswer: (frame: Uint8Array) => boolean,
  ): AsyncGenerator<SessionEvent, Uint8Array | undefined> {
    await send(request)
    for (;;) {
      const frame = yield* next()
      if (frame === undefined || isAnswer(frame)) return frame
    }
  }
  return {
    get garbled() {
      return garbled
    },
    listen: async () => void (await listen()),
    send,
    next,
    ask,
    async *demand(request, isAnswer) {
      const answer = yield* ask(request, isAnswer)
      if (answer !== undefined) return answer
      // A link that is gone says so here, and is no time-out.
      await listen()
      const asked = Buffer.from(request.subarray(0, 4)).toString('hex')
      throw new PreCareError('operation-timeout', `no answer to ${asked} within ${answerMs} ms`)
    },
  }
}
