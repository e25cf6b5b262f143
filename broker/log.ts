import pino from 'pino'
import { linesToStdout } from '../gateway/log-lines.ts'
import type { BrokerClock } from './broker-clock.ts'

/**
 * What a log line of the broker may hold: an event, ids, counts and reasons. There is no field for a measured value, a
 * name or a secret, so none can be logged by accident.
 */
export interface LogFields {
  readonly hub?: string
  readonly account?: string
  readonly organisation?: string
  readonly client?: string
  readonly device?: string
  readonly reading?: string
  readonly alert?: string
  readonly channel?: string
  readonly code?: string
  /** What happened, as text of our own or of a library; never a payload. */
  readonly reason?: string
  readonly advice?: string
  readonly count?: number
  /** Of the audit's newest row. */
  readonly hash?: string
  readonly bytes?: number
  readonly ms?: number
  readonly mqttUrl?: string
  readonly httpUrl?: string
  readonly tlsUrl?: string
  readonly enrolUrl?: string
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface Log {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

/** JSON lines on standard output, `{"level":"info","time":...,"event":...}`. */
export function openLog(level: LogLevel): Log {
  const out = pino(
    {
      level,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    linesToStdout((count) => out.warn({ event: 'log-lines-lost', count })),
  )
  const line = (to: 'debug' | 'info' | 'warn' | 'error') => (event: string, fields?: LogFields) =>
    out[to]({ event, ...fields })
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
}

/** One line of an event in so long; what a stranger can cause a thousand times a second must not fill the disk. */
const RARELY_MS = 10_000

/** Warns at most once in 10 s per event; the line after a pause says how many were left out, in `count`. */
export function rarely(log: Log, clock: BrokerClock): (event: string, fields?: LogFields) => void {
  const seen = new Map<string, { at: number; leftOut: number }>()
  return (event, fields) => {
    const last = seen.get(event)
    const now = clock.monotonic()
    if (last !== undefined && now - last.at < RARELY_MS) {
      last.leftOut += 1
      return
    }
    seen.set(event, { at: now, leftOut: 0 })
    log.warn(event, last !== undefined && last.leftOut > 0 ? { ...fields, count: last.leftOut } : fields)
  }
}

/** Digits that could be a CPR number: six of a date, four more. */
const LIKE_A_CPR_NUMBER = /\d{6}-?\d{4}/

/**
 * The account in a client id (`account` or `account:instance`), for the log. What a stranger calls itself is shown only
 * if it looks like an id, and what follows the account never: both may be the name or the number of a person.
 */
export function accountIn(clientId: string): string {
  const [account = ''] = clientId.split(':')
  return /^[a-z0-9-]{4,32}$/.test(account) && !LIKE_A_CPR_NUMBER.test(account) ? account : 'no valid id'
}
