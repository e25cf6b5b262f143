import type { GattLink, Packet } from '../driver.ts'
import { isPreCareError, PreCareError } from '../errors.ts'
import { merge } from '../merge.ts'
import { ABORT, ABORT_OP, type Answer, readAnswer } from './record-access.ts'
import { CHARACTERISTIC } from './uuids.ts'

/** Requests to the Record Access Control Point of a service, and the records that come before its answer. */

/** Procedure time-out, counted from the last record (Glucose Profile 1.0.1, 5.5). */
const SILENCE_MS = 30_000
/** The answer comes after the last record, however many there are; the visit's own deadline is shorter. */
const WHOLE_VISIT_MS = 600_000

const { recordAccessControlPoint } = CHARACTERISTIC

/** `bytes` undefined: the characteristic has fallen silent, or the link is gone. */
interface Heard {
  readonly source: string
  readonly bytes: Uint8Array | undefined
}

async function* labelled(source: string, values: AsyncIterable<Uint8Array>): AsyncGenerator<Heard, void> {
  for await (const bytes of values) yield { source, bytes }
  yield { source, bytes: undefined }
}

export interface RecordTransfer {
  /**
   * Sends a request and yields what comes, in order, until the device answers it; returns the answer. Throws
   * 'operation-timeout' after {@link SILENCE_MS} without a record (the request is aborted), 'link-lost',
   * 'device-refused' when the device takes no requests.
   */
  request(request: Uint8Array): AsyncGenerator<Packet, Answer>
}

/**
 * Enables everything before the first request: a device refuses requests (ATT error 0x81) while one is missing.
 * @param sources first the characteristic with the records, then what comes beside them
 */
export async function openTransfer(
  link: GattLink,
  service: string,
  sources: readonly [string, ...string[]],
): Promise<RecordTransfer> {
  const [records] = sources
  const streams: AsyncIterable<Heard>[] = []
  for (const source of sources) {
    const idleMs = source === records ? SILENCE_MS : WHOLE_VISIT_MS
    streams.push(labelled(source, await link.subscribe(service, source, { idleMs })))
  }
  const answers = await link.subscribe(service, recordAccessControlPoint, { idleMs: WHOLE_VISIT_MS })
  streams.push(labelled(recordAccessControlPoint, answers))
  const heard = merge(streams)
  /** Asked for already, so that the device's answer is confirmed at once and not only with the next request. */
  let ahead: Promise<IteratorResult<Heard, void>> | undefined
  const next = (): Promise<IteratorResult<Heard, void>> => {
    const asked = ahead ?? heard.next()
    ahead = undefined
    return asked
  }
  const write = (request: Uint8Array): Promise<void> =>
    link.write(service, recordAccessControlPoint, request, 'request')

  /** Half a minute of silence: the request is given up, unless it is the link that is gone. */
  const giveUp = async (): Promise<PreCareError> => {
    try {
      await write(ABORT)
    } catch (error) {
      if (isPreCareError(error, 'link-lost')) return error
      throw error
    }
    throw new PreCareError('operation-timeout', `no record and no answer on 2A52 of ${service} in ${SILENCE_MS} ms`)
  }

  async function* untilAnswered(toAbort: boolean): AsyncGenerator<Packet, Answer> {
    let lost: PreCareError | undefined
    for (;;) {
      const { done, value } = await next()
      if (done === true) throw lost ?? new PreCareError('link-lost', `no answer on 2A52 of ${service}`)
      const { source, bytes } = value
      if (bytes === undefined) {
        // A device that hung up may have answered before: that is heard next.
        if (source === records) lost ??= await giveUp()
      } else if (source === recordAccessControlPoint) {
        const answer = readAnswer(bytes)
        if ((answer.type === 'response' && answer.request === ABORT_OP) !== toAbort) continue
        ahead = heard.next()
        ahead.catch(() => undefined)
        return answer
      } else yield { source, bytes }
    }
  }

  return {
    async *request(request) {
      try {
        await write(request)
      } catch (error) {
        if (!isPreCareError(error, 'device-refused')) throw error
        // It is still at what an earlier visit asked (ATT error 0x80). That is aborted, once.
        await write(ABORT)
        yield* untilAnswered(true)
        await write(request)
      }
      return yield* untilAnswered(false)
    },
  }
}
