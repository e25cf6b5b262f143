import type { Packet, RawRecord, SessionEvent } from './driver.ts'
import { isPreCareError } from './errors.ts'
import {
  type LiveRule,
  type LiveSample,
  type LiveState,
  liveEnd,
  liveStart,
  liveStep,
  type Taken,
} from './live-stream.ts'
import { rejected } from './rejected.ts'

/** Context packet of a record whose stream never came to rest: the values are then questionable. Part of the raw bytes. */
const UNSETTLED: Packet = { source: 'unsettled', bytes: new Uint8Array() }

export const isUnsettled = (record: RawRecord): boolean => record.some((packet) => packet.source === UNSETTLED.source)

/** A running stream of live packets and what it has come to. */
export interface LiveValues {
  /** The record this packet completes. @throws nothing: a packet that can't be read is a 'rejected' event */
  hear(bytes: Uint8Array): SessionEvent | undefined
  /** The record that the end of the stream completes. */
  end(): SessionEvent | undefined
}

/**
 * @param judge what one packet is worth; throws PreCareError for one that is cut or garbled
 * @param whole true: every packet of the window is part of the record; false: the newest alone is the reading
 */
export function liveValues(
  source: string,
  rule: LiveRule,
  judge: (bytes: Uint8Array) => Omit<LiveSample<Uint8Array>, 'item'>,
  whole: boolean,
): LiveValues {
  let state: LiveState<Uint8Array> = liveStart()
  const recordOf = ({ items, settled }: Taken<Uint8Array>): SessionEvent => {
    const [newest, ...older] = items.map((bytes): Packet => ({ source, bytes }))
    const first = newest ?? { source, bytes: items[0] }
    return { type: 'record', live: true, record: [first, ...(whole ? older : []), ...(settled ? [] : [UNSETTLED])] }
  }
  return {
    hear(bytes) {
      try {
        const step = liveStep(rule, state, { item: bytes, ...judge(bytes) })
        state = step.state
        return step.taken && recordOf(step.taken)
      } catch (error) {
        if (!isPreCareError(error)) throw error
        return rejected(source, bytes, error)
      }
    },
    end() {
      const taken = liveEnd(rule, state)
      state = liveStart()
      return taken && recordOf(taken)
    },
  }
}
