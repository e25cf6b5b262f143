import { isPreCareError } from '../errors.ts'
import type { LiveRule, LiveSample } from '../live-stream.ts'
import { type LiveValues, liveValues } from '../live-values.ts'
import { rejected } from '../rejected.ts'

/** What one packet of a stream is worth, `value` being its saturation; throws PreCareError for one that is cut or garbled. */
export type Judge = (bytes: Uint8Array) => Omit<LiveSample<Uint8Array>, 'item'> & { readonly pulse: number }

type Judged = LiveSample<Uint8Array> & { readonly pulse: number }

const STATES = ['final', 'usable', 'unsettled', 'away'] as const

const median = (sorted: readonly number[]): number | undefined => sorted[sorted.length >> 1]

/**
 * The packet that stands for a second: of those in the commonest state one with the median saturation, and of these the
 * one with the median pulse. So a packet that was damaged on a line without checksums neither breaks a row nor becomes
 * the reading.
 */
function typical(second: readonly Judged[]): Uint8Array | undefined {
  const byState = STATES.map((state) => second.filter((sample) => sample.state === state))
  const most = byState.reduce((a, b) => (b.length > a.length ? b : a))
  const value = median(most.map((sample) => sample.value).toSorted((a, b) => a - b))
  const equals = most.filter((sample) => sample.value === value).toSorted((a, b) => a.pulse - b.pulse)
  return equals[equals.length >> 1]?.item
}

/**
 * Live values of a stream that sends several packets a second: one of them for each second, as the rules for a stable
 * value count.
 */
export function valuesBySecond(source: string, rule: LiveRule, judge: Judge, perSecond: number): LiveValues {
  const live = liveValues(source, rule, judge, false)
  if (perSecond === 1) return live
  let second: Judged[] = []
  return {
    hear(bytes) {
      try {
        second.push({ item: bytes, ...judge(bytes) })
      } catch (error) {
        if (!isPreCareError(error)) throw error
        return rejected(source, bytes, error)
      }
      if (second.length < perSecond) return undefined
      const item = typical(second)
      second = []
      return item && live.hear(item)
    },
    end() {
      second = []
      return live.end()
    },
  }
}
