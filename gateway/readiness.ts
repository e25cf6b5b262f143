import { execFile } from 'node:child_process'
import { errorFields, type Log } from './log.ts'

/**
 * Tells systemd how the service is. Its socket takes datagrams, which Node can't send; the program that comes with
 * systemd does (the unit says NotifyAccess=all for it).
 */
export type Notify = (...state: readonly string[]) => void

/** It speaks to a local socket; past this it hangs. */
const NOTIFY_WITHIN_MS = 5_000

/** Undefined where nobody listens: started by hand, or by another service manager. */
export function systemdNotify(env: Readonly<Record<string, string | undefined>>, log: Log): Notify | undefined {
  if (env['NOTIFY_SOCKET'] === undefined) return undefined
  let failing = false
  return (...state) => {
    execFile('systemd-notify', [...state], { timeout: NOTIFY_WITHIN_MS }, (error) => {
      // Once per change: a ping is due every few seconds.
      if (error !== null && !failing) log.warn('notify-failed', errorFields(error))
      failing = error !== null
    })
  }
}
