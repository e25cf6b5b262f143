import type { GattLink, RawRecord, SerialLink, SessionEvent, Visit } from '../../device-drivers/driver.ts'
import { PreCareError } from '../../device-drivers/errors.ts'
import { bytesOf } from './hex.ts'

/** Links that play a script and keep a log of what was asked of them, in order. */

export interface GattScript {
  /** Hex or an error, by 'service characteristic'. */
  readonly values?: Readonly<Record<string, string | PreCareError>>
  /** Hex of notifications, by 'service characteristic'. */
  readonly notifications?: Readonly<Record<string, readonly string[]>>
  readonly writes?: Readonly<Record<string, PreCareError | true>>
}

export function scriptedGatt(script: GattScript): { readonly link: GattLink; readonly log: readonly string[] } {
  const log: string[] = []
  const link: GattLink = {
    has: (service, characteristic) => {
      const key = `${service} ${characteristic}`
      return [script.values, script.notifications, script.writes].some((part) => part !== undefined && key in part)
    },
    read: async (service, characteristic) => {
      const value = script.values?.[`${service} ${characteristic}`]
      log.push(`read ${characteristic}`)
      if (typeof value === 'string') return bytesOf(value)
      throw value ?? new PreCareError('device-refused', 'not readable')
    },
    write: async (service, characteristic, bytes) => {
      log.push(`write ${characteristic} ${Buffer.from(bytes).toString('hex')}`)
      const answer = script.writes?.[`${service} ${characteristic}`]
      if (answer !== true) throw answer ?? new PreCareError('device-refused', 'not writable')
    },
    subscribe: async (service, characteristic) => {
      log.push(`subscribe ${characteristic}`)
      const values = script.notifications?.[`${service} ${characteristic}`] ?? []
      return (async function* () {
        for (const hex of values) yield bytesOf(hex)
      })()
    },
  }
  return { link, log }
}

/** A serial line that says its chunks, each once however often somebody listens, and closes. */
export function scriptedSerial(chunks: readonly Uint8Array[]): { readonly link: SerialLink; readonly log: string[] } {
  const log: string[] = []
  const left = [...chunks]
  return {
    log,
    link: {
      write: async (bytes) => {
        log.push(Buffer.from(bytes).toString('hex'))
      },
      async *chunks() {
        for (let next = left.shift(); next !== undefined; next = left.shift()) yield next
      },
    },
  }
}

export const VISIT: Visit = {
  localTime: () => ({ year: 2026, month: 3, day: 1, hour: 8, minute: 30, second: 0, weekday: 7 }),
  memory: {},
  options: {},
}

export const VISIT_WITHOUT_TIME: Visit = { ...VISIT, localTime: () => undefined }

export async function eventsOf(session: AsyncIterable<SessionEvent>): Promise<SessionEvent[]> {
  const events: SessionEvent[] = []
  for await (const event of session) events.push(event)
  return events
}

export const recordsOf = (events: readonly SessionEvent[]): RawRecord[] =>
  events.flatMap((event) => (event.type === 'record' ? [event.record] : []))
