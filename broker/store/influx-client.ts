import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { InfluxDB } from 'influx'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import type { BrokerClock } from '../broker-clock.ts'

export interface InfluxSettings {
  /** 'http://127.0.0.1:8086' */
  readonly url: string
  readonly database: string
  readonly username?: string
  readonly password?: string
}

/** Deadline of one call. A batch of 1,000 points takes 25 ms; a server that compacts may take seconds. */
const CALL_TIMEOUT_MS = 10_000
/** The follower writes one batch at a time; the rest is for readers. */
const MAX_SOCKETS = 4

/** The answer refuses the points themselves: sending them again can't help (InfluxDB 1.x answers 400, or 413). */
export class PointsRefused extends Error {}

/** One InfluxDB server through the package `influx`, with the deadlines and repairs that the package lacks. */
export interface InfluxClient {
  /** Rejects with 'time-series-unavailable', or {@link PointsRefused} */
  call<T>(doing: string, signal: AbortSignal, work: (influx: InfluxDB) => Promise<T>): Promise<T>
  close(): void
}

/**
 * influx 5.12 takes a host out of use for up to 10 s after a failure, and has no other. When to try again is the
 * follower's decision, so the pause is none.
 */
const NO_PAUSE = { getDelay: () => 0, next: () => NO_PAUSE, reset: () => NO_PAUSE }

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}

export function openInfluxClient(
  settings: InfluxSettings,
  clock: BrokerClock,
  timeoutMs = CALL_TIMEOUT_MS,
): InfluxClient {
  const url = new URL(settings.url)
  const secure = url.protocol === 'https:'
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: MAX_SOCKETS })
  const influx = new InfluxDB({
    database: settings.database,
    // The package would say root/root of itself.
    username: settings.username ?? '',
    password: settings.password ?? '',
    hosts: [
      {
        protocol: secure ? 'https' : 'http',
        host: url.hostname,
        port: portOf(url),
        path: url.pathname,
        options: { agent },
      },
    ],
    pool: { maxRetries: 0, requestTimeout: timeoutMs, backoff: NO_PAUSE },
  })

  async function call<T>(doing: string, signal: AbortSignal, work: (influx: InfluxDB) => Promise<T>): Promise<T> {
    const settled = new AbortController()
    // A body that stops in the middle settles nothing in the package, whatever its requestTimeout says.
    const deadline = clock.sleep(timeoutMs, AbortSignal.any([signal, settled.signal])).then((): never => {
      throw new PreCareError('time-series-unavailable', `${doing}: no answer within ${timeoutMs} ms`)
    })
    try {
      return await Promise.race([work(influx), deadline])
    } catch (error) {
      const status = statusOf(error)
      if (status !== undefined) throw refusal(doing, status, error)
      // The socket of a call that hangs is still in use: it must not be kept, nor wait for its turn again.
      agent.destroy()
      if (error instanceof PreCareError) throw error
      throw new PreCareError('time-series-unavailable', `${doing}: ${messageOf(error)}`, { cause: error })
    } finally {
      settled.abort()
    }
  }

  return { call, close: () => agent.destroy() }
}

/** Of an answer below 500; the package exports its error class at run time but not in its types. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('res' in error) || typeof error.res !== 'object' || error.res === null)
    return undefined
  return 'statusCode' in error.res && typeof error.res.statusCode === 'number' ? error.res.statusCode : undefined
}

/** Bad points, or a server that can't serve now (no database yet, wrong password). */
function refusal(doing: string, status: number, cause: unknown): Error {
  if (status === 400 || status === 413) return new PointsRefused(messageOf(cause))
  return new PreCareError('time-series-unavailable', `${doing}: the server answers ${status}`, { cause })
}
