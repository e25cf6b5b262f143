import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { optional } from '../support/optional.ts'
import { tempDir } from '../support/temp-dir.ts'
import { becomes, startStage } from './stage.ts'

/** A service manager of the test's own: it starts the hub anew when a ping stays out, as systemd does. */

const has = (command: string, flag: string) => spawnSync(command, [flag]).status === 0
const WATCHDOG_MS = 3_000

optional('systemd-notify and socat', has('systemd-notify', '--version') && has('socat', '-V'))(
  'a hub that stands still',
  () => {
    it('fault 22: is frozen, sends no ping, is killed and started anew, and has the same readings', async () => {
      const socket = join(tempDir(), 'notify')
      let pingedAt = Number.POSITIVE_INFINITY
      let pings = 0
      const listener = spawn('socat', ['-u', `UNIX-RECV:${socket}`, 'STDOUT'], { stdio: ['ignore', 'pipe', 'inherit'] })
      listener.stdout.on('data', (bytes) => {
        // As systemd counts: from READY on.
        if (!/READY=1|WATCHDOG=1/.test(String(bytes))) return
        pings += 1
        pingedAt = performance.now()
      })
      onTestFinished(() => void listener.kill())
      await becomes(() => spawnSync('test', ['-S', socket]).status === 0)
      const home = await startStage({
        hubEnv: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: String(WATCHDOG_MS * 1_000) },
      })
      home.measure(100)
      await becomes(() => pings >= 2 && home.stored() > 20)
      const starts = home.heard('hub', 'started')
      home.measure(100)
      home.hub.freeze()
      const since = performance.now()
      await becomes(() => performance.now() - pingedAt > WATCHDOG_MS)
      home.hub.kill()
      pingedAt = Number.POSITIVE_INFINITY
      await becomes(() => home.heard('hub', 'started') > starts && pingedAt < Number.POSITIVE_INFINITY)
      // Of the unit: 30 s until the kill, and here a tenth of it.
      expect(performance.now() - since).toBeLessThan(1.5 * WATCHDOG_MS + Math.max(5_000, 3 * home.startMs()))
      await home.allIsWell()
    }, 120_000)
  },
)
