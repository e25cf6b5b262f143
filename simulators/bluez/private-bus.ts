import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PreCareError } from '../../device-drivers/errors.ts'

/**
 * As the machine's own system bus, with its limits (512 match rules for each connection), but everybody may own any name
 * and talk to anybody, and see the daemon's counters.
 */
const CONFIGURATION = (socket: string): string => `<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
`

export interface PrivateBus {
  /** What a client connects to. */
  readonly address: string
  /** Ends the daemon, as a crash of it would; resolves when it is gone. It can be started again in the same folder. */
  stop(): Promise<void>
}

/**
 * Starts Debian's dbus-daemon for one test or one home.
 * @param folder an existing one, for its socket; not longer than a unix socket's path allows
 * @throws PreCareError('listen-failed') when it does not come up
 */
export async function startPrivateBus(folder: string): Promise<PrivateBus> {
  const configuration = join(folder, 'bus.conf')
  const socket = join(folder, 'bus')
  rmSync(socket, { force: true })
  writeFileSync(configuration, CONFIGURATION(socket))
  const daemon = spawn(
    'dbus-daemon',
    ['--nofork', '--nopidfile', '--print-address=1', `--config-file=${configuration}`],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const ended = once(daemon, 'exit')
  const up = await Promise.race([
    once(daemon.stdout, 'data').then(() => true),
    ended.then(() => false),
    once(daemon, 'error').then(() => false),
  ])
  if (!up) throw new PreCareError('listen-failed', 'dbus-daemon did not start')
  return {
    address: `unix:path=${socket}`,
    stop: async () => {
      daemon.kill('SIGKILL')
      await ended
    },
  }
}
