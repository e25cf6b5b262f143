import type { SerialDriver, SerialSettings } from '../device-drivers/driver.ts'
import { isPreCareError } from '../device-drivers/errors.ts'
import { backOff } from './back-off.ts'
import { type HubClock, pause } from './hub-clock.ts'
import { errorFields, type Log } from './log.ts'
import type { Conversation } from './session.ts'
import type { OpenSerialLink, SerialTransport } from './transport/transport.ts'
import type { Visits } from './visits.ts'

/** A cable that is plugged in again is found within half a minute. */
const RETRY_CAP_MS = 30_000
/** Between a session that ended by itself and the next on the same port. */
const SETTLE_MS = 500

export interface SerialDevice {
  readonly id: string
  readonly target: string
  readonly driver: SerialDriver
  readonly options: Conversation['options']
}

export interface SerialLinesOptions {
  readonly serial: SerialTransport
  readonly visits: Pick<Visits, 'make' | 'unreachable'>
  readonly clock: HubClock
  readonly random: () => number
  readonly log: Log
}

/** Keeps one serial line in use until `signal` aborts: opens, talks, and opens again, with back-off after failures. */
export async function tendLine(device: SerialDevice, options: SerialLinesOptions, signal: AbortSignal): Promise<void> {
  const { clock, random } = options
  let failures = 0
  while (!signal.aborted) {
    const failed = !(await talkOnce(device, options, signal, failures === 0))
    failures = failed ? failures + 1 : 0
    await pause(clock, failed ? SETTLE_MS + backOff(failures, random, RETRY_CAP_MS) : SETTLE_MS, signal)
  }
}

/** The driver's settings, with what the configuration says otherwise: clones differ in baud rate and parity. */
function settingsOf({ settings }: SerialDriver, { baudRate, parity }: Conversation['options']): SerialSettings {
  return {
    ...settings,
    ...(typeof baudRate === 'number' && { baudRate }),
    ...((parity === 'none' || parity === 'even' || parity === 'odd') && { parity }),
  }
}

/** False when the line could not be opened or the session failed. @param say a line that stays dead is logged once */
async function talkOnce(
  { id, target, driver, options }: SerialDevice,
  { serial, visits, log }: SerialLinesOptions,
  signal: AbortSignal,
  say: boolean,
): Promise<boolean> {
  let link: OpenSerialLink | undefined
  try {
    const open = await serial.open(target, settingsOf(driver, options), signal)
    link = open
    const talk: Conversation = {
      device: id,
      about: driver.about,
      options,
      decode: (record) => driver.decode(record),
      events: (visit) => driver.session(open, visit),
      ...(driver.commit === undefined ? {} : { commit: async (record) => driver.commit?.(open, record) }),
    }
    const report = await visits.make(talk, undefined, signal)
    return report.failure === undefined
  } catch (error) {
    if (link === undefined && say && !signal.aborted) log.warn('line-not-open', { device: id, ...errorFields(error) })
    if (link === undefined && isPreCareError(error)) await visits.unreachable(id, error.code)
    return false
  } finally {
    await link?.close().catch((error: unknown) => log.warn('close-failed', { device: id, ...errorFields(error) }))
  }
}
