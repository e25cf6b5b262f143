import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { TimeSet } from './believed-time.ts'

/**
 * A computer without a battery-backed clock goes on from the time it last saved, which after three days without power is
 * three days wrong and looks right. systemd-timesyncd tells when it has set the time since the boot: each time it touches
 * the file `synchronized` in its folder (systemd-timesyncd.service(8), Files). Without the folder nobody can tell.
 *
 * @param folder `/run/systemd/timesync`; empty again after a boot
 */
export const timeSetBySystemd = (folder: string): TimeSet => {
  const file = join(folder, 'synchronized')
  return () => {
    if (!existsSync(file)) return existsSync(folder) ? 'not-yet' : 'nobody'
    return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 'not-yet'
  }
}
