import { spawnSync } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import { BROKER_MAIN } from '../support/mains.ts'
import { tempDir } from '../support/temp-dir.ts'
import { startWatchedBroker } from '../support/watched-broker.ts'

/** The engine proves itself to a process of its own: with real processes and shortened times. */

/** One heartbeat is 5 s, and everything here takes several of them; on a busy machine a process takes 5 s to start. */
const TIMEOUT = { timeout: 120_000 }

async function start(pace: { everyS: number; silentS: number }) {
  const stage = await startWatchedBroker(tempDir(), pace)
  onTestFinished(() => stage.close())
  await stage.next('beat', 0)
  return stage
}

test(
  'a frozen broker is told of in time, then that it works again; and a heartbeat alone is no proof',
  TIMEOUT,
  async () => {
    const silentS = 8
    const stage = await start({ everyS: 1, silentS })
    expect(stage.heard.map(({ what }) => what)).toEqual(['beat'])

    stage.broker.process.kill('SIGSTOP')
    const frozenAt = performance.now()
    const late = await stage.next('late')
    expect(late.at - frozenAt).toBeLessThan(2 * silentS * 1000)
    expect(late.text).toMatch(/^PreCare: alerts may not be working: /)
    stage.broker.process.kill('SIGCONT')
    const well = await stage.next('well')
    expect(well.text).toBe('PreCare: alerts work again after 1 min')
    expect(stage.heard.filter(({ what }) => what !== 'beat').map(({ what }) => what)).toEqual(['late', 'well'])

    // The limit that the synthetic citizen lives by is moved; the process turns and its heart beats as before.
    const from = '2021-01-01T00:00:00Z'
    const limit = { citizen: 'self-test-citizen', quantity: 'oxygenSaturation', warningLow: 10, from }
    await stage.provision({ limits: [{ ...limit, author: 'somebody', reason: 'a mistake' }] })
    const blind = await stage.next('late')
    expect(blind.text).toMatch(/the test alert did not (come|clear)/)
    expect(blind.text).not.toContain('no sign of life')
    expect(blind.key).not.toBe(late.key)
  },
)

test('a start is no alarm and a restart of the broker is none: the round goes on after it', TIMEOUT, async () => {
  const stage = await start({ everyS: 1, silentS: 60 })
  await stage.restart()
  await stage.next('beat')
  expect(stage.heard.filter(({ what }) => what !== 'beat')).toEqual([])
  expect(stage.watcher.said()).toContain('"event":"watching"')
  expect(stage.watcher.said()).not.toContain('thirty-two characters')
})

test('a configuration that is none ends with 78 and names the field', () => {
  const run = spawnSync(process.execPath, [BROKER_MAIN, 'watch', '--config', 'broker/watch/self-test.json'], {
    encoding: 'utf8',
  })
  expect(run.status).toBe(78)
  expect(JSON.parse(run.stderr)).toMatchObject({ code: 'config-invalid', reason: expect.stringContaining('broker') })
})
