import { execFile } from 'node:child_process'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'

/** systemd answers at once or never will. */
const COMMAND_MS = 30_000

/**
 * Asks the service manager to boot the machine; the SIGTERM comes by the usual way.
 * @throws PreCareError 'adapter-unavailable' (the reason for it) when this user may not, or there is no systemd
 */
export function reboot(command = 'systemctl'): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(command, ['reboot'], { timeout: COMMAND_MS, killSignal: 'SIGKILL' }, (error) => {
      if (error === null) resolve()
      else reject(new PreCareError('adapter-unavailable', `no reboot: ${messageOf(error)}`, { cause: error }))
    })
  })
}
