import type { Duplex } from 'node:stream'
import { isPreCareError, messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { reasonOf, withDeadline } from './deadline.ts'
import type { OpenSerialLink } from './transport.ts'
import type { HubTime } from './transport-time.ts'
import { ValueQueue } from './value-queue.ts'

export interface SerialDeadlines {
  readonly openMs: number
  readonly writeMs: number
  readonly closeMs: number
  /** End of `chunks` without a byte. */
  readonly idleMs: number
}

export const SERIAL_DEADLINES: SerialDeadlines = {
  // A local port opens in milliseconds; a TCP connection in the same house within one lost packet or two (RFC 6298: 1 s, 3 s).
  openMs: 5_000,
  // 1 kB at 2400 baud takes 4.3 s.
  writeMs: 5_000,
  // transport.ts promises 5 s for close().
  closeMs: 2_000,
  // As for Bluetooth subscriptions.
  idleMs: 30_000,
}

/** An open byte stream as the line of a serial device. */
export function serialLink(options: {
  readonly target: string
  readonly stream: Duplex
  /** Starts to close the stream; its 'close' event follows. */
  readonly hangUp: () => void
  /** Calls back when all written bytes have left the machine. */
  readonly drain?: (done: (error: Error | null) => void) => void
  readonly time: HubTime
  readonly deadlines: SerialDeadlines
}): OpenSerialLink {
  const { target, stream, hangUp, drain, time, deadlines } = options
  const lost = new AbortController()
  const closed = Promise.withResolvers<void>()
  const queue = new ValueQueue(time, () =>
    fail(new PreCareError('link-lost', `${target} sent bytes faster than they were read`)),
  )
  let closing: Promise<void> | undefined

  const lose = (error: PreCareError) => {
    if (!lost.signal.aborted) lost.abort(error)
    queue.end()
  }
  const fail = (error: PreCareError) => {
    lose(error)
    closing ??= hangUpWithin()
  }
  const hangUpWithin = async () => {
    hangUp()
    try {
      await withDeadline(closed.promise, {
        time,
        ms: deadlines.closeMs,
        expired: () => new PreCareError('operation-timeout', `${target} did not close`),
      })
    } catch {
      // A driver in the kernel may hang in close(); the port is given up, and opening it again will say what is wrong.
      stream.destroy()
    }
  }
  stream.on('data', (chunk: Buffer) => queue.push(Uint8Array.from(chunk)))
  stream.on('error', (error) => fail(broken(target, error)))
  stream.on('end', () => fail(new PreCareError('link-lost', `${target} was closed by the other side`)))
  stream.on('close', () => {
    lose(new PreCareError('link-lost', `${target} is gone`))
    closed.resolve()
  })

  return {
    lost: lost.signal,
    chunks: (read) => queue.read(read?.idleMs ?? deadlines.idleMs),
    write: async (bytes) => {
      if (lost.signal.aborted) throw reasonOf(lost.signal)
      const written = Promise.withResolvers<void>()
      const settle = (error: Error | null | undefined) => (error ? written.reject(error) : written.resolve())
      stream.write(Buffer.from(bytes), (error) => (error || !drain ? settle(error) : drain(settle)))
      try {
        await withDeadline(written.promise, {
          time,
          ms: deadlines.writeMs,
          signals: [lost.signal],
          expired: () => new PreCareError('operation-timeout', `${target} took no bytes for ${deadlines.writeMs} ms`),
        })
      } catch (error) {
        const typed = isPreCareError(error) ? error : broken(target, error)
        fail(typed)
        throw typed
      }
    },
    close: () => {
      fail(new PreCareError('link-lost', `${target} was closed by the hub`))
      return closing ?? closed.promise
    },
  }
}

function broken(target: string, error: unknown): PreCareError {
  return new PreCareError('link-lost', `${target}: ${messageOf(error)}`, { cause: error })
}
