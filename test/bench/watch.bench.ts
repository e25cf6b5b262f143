import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BAR_S } from '../../broker/watch/config.ts'
import { startWatchedBroker } from '../support/watched-broker.ts'
import type { Bench } from './bench.ts'

/**
 * The alert about the alerting, at the pace of production: a test alert rises and clears every 60 s; then the broker is
 * stopped with SIGSTOP, and somebody outside must have been told within 120 s.
 */

const PACE = { everyS: 60, silentS: 100 }

export const bench: Bench = async ({ onProgress }) => {
  const dir = mkdtempSync(join(tmpdir(), 'precare-'))
  const stage = await startWatchedBroker(dir, PACE)
  try {
    onProgress('one round of the test alert')
    await stage.next('beat', 0)
    // The oldest signal is up to half a round old at any moment: told 70 to 100 s after its last proof (verdict.test.ts
    // goes through every second of a round).
    onProgress('the broker is stopped')
    stage.broker.process.kill('SIGSTOP')
    const stoppedAt = performance.now()
    const late = await stage.next('late')
    const falseAlarms = stage.heard.filter(({ what, at }) => what === 'late' && at < stoppedAt).length
    onProgress('the broker goes on')
    stage.broker.process.kill('SIGCONT')
    const continuedAt = performance.now()
    const well = await stage.next('well')
    return {
      figures: {
        toldAfterS: (late.at - stoppedAt) / 1000,
        takenBackAfterS: (well.at - continuedAt) / 1000,
        falseAlarms,
      },
      limits: [
        { figure: 'toldAfterS', atMost: BAR_S },
        { figure: 'takenBackAfterS', atMost: 2 * PACE.everyS },
        { figure: 'falseAlarms', atMost: 0 },
      ],
      conditions: { ...PACE, rounds: 1, told: 'signed webhook on loopback' },
    }
  } finally {
    await stage.close()
    rmSync(dir, { recursive: true, force: true })
  }
}
