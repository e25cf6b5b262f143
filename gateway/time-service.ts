import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A computer without a battery-backed clock goes on from the time it last saved, which after three days without power is
 * three days wrong and looks right. systemd-timesyncd tells when it has set the time since the boot: it leaves the file
 * `synchronized` in its folder (systemd-timesyncd.service(8), Files). Without the folder nobody can tell, and the time is
 * believed.
 *
 * @param folder `/run/systemd/timesync`; empty again after a boot
 */
export const timeSetBySystemd = (folder: string) => (): boolean =>
  !existsSync(folder) || existsSync(join(folder, 'synchronized'))
