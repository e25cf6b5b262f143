import { createHash } from 'node:crypto'
import pino from 'pino'
import { isPreCareError, messageOf } from '../device-drivers/errors.ts'
import type { TransportLog } from './transport/transport-log.ts'

/**
 * The hub's log: one JSON line per event, with ids, codes and counts. The keys are fixed, and whatever else is handed in
 * is dropped, so that no measured value, person or secret can reach a line by accident.
 */

const TEXT_KEYS = ['hub', 'device', 'driver', 'code', 'reason', 'advice', 'state', 'signal', 'file', 'epoch'] as const
const COUNT_KEYS = [
  'session',
  'first',
  'last',
  'count',
  'attempt',
  'attempts',
  'delayMs',
  'stored',
  'duplicate',
  'rejected',
  'surplusBytes',
  'unsent',
  'saved',
  'exitCode',
] as const

export type LogFields = Partial<
  Record<(typeof TEXT_KEYS)[number], string> & Record<(typeof COUNT_KEYS)[number], number>
>

export interface Log {
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

/** No line becomes a place to keep things in. */
const MAX_TEXT = 200

/** Only what the fixed keys allow, each in its type. */
export function allowed(fields: Readonly<Record<string, unknown>>): Record<string, string | number> {
  const kept: Record<string, string | number> = {}
  for (const key of TEXT_KEYS) {
    const value = fields[key]
    if (typeof value === 'string') kept[key] = value.slice(0, MAX_TEXT)
  }
  for (const key of COUNT_KEYS) {
    const value = fields[key]
    if (typeof value === 'number') kept[key] = value
  }
  return kept
}

/** Stands for an address in a log line: the same device gives the same eight characters at the same hub. */
export function pseudonym(address: string, hub: string): string {
  return createHash('sha256').update(`${hub}|${address}`).digest('hex').slice(0, 8)
}

/** What an error may say in a log: ours in full; another's only by its code, since its text may quote what it read. */
export function errorFields(error: unknown): LogFields {
  if (isPreCareError(error)) return { code: error.code, reason: messageOf(error), advice: error.advice }
  if (!(error instanceof Error)) return { reason: 'unknown' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return { reason: code === undefined ? error.name : `${error.name} ${code}` }
}

/** @param destination standard output, or a test's stream */
export function createLog(
  hub: string,
  level: string,
  destination?: { write(line: string): void },
): Log & { readonly transport: TransportLog } {
  const options = { level, base: { hub }, timestamp: pino.stdTimeFunctions.isoTime }
  const out = destination === undefined ? pino(options) : pino(options, destination)
  const line =
    (severity: 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}) =>
      out[severity]({ event, ...allowed(fields) })
  const transportLine =
    (severity: 'info' | 'warn' | 'error') => (fields: Readonly<Record<string, string | number>>, message: string) => {
      const { address } = fields
      const device = address === undefined ? {} : { device: pseudonym(String(address), hub) }
      out[severity]({ event: message, ...device, ...allowed(fields) })
    }
  return {
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    transport: { info: transportLine('info'), warn: transportLine('warn'), error: transportLine('error') },
  }
}
