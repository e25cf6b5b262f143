import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { percentile } from '../bench/bench.ts'
import { optional } from '../support/optional.ts'
import { tempDir } from '../support/temp-dir.ts'

const CHILD = fileURLToPath(new URL('./lossy-line.child.ts', import.meta.url))
const PERCENT_LOST = 30
const ALERT_WITHIN_MS = 10_000

/** A network of one's own, and rules in it. */
const mayMakeNetworks = spawnSync('unshare', ['-n', 'nft', 'list', 'tables']).status === 0

interface Run {
  /** The slowest of a hundred, ms. */
  readonly p99: number
}

async function aRun(): Promise<Run> {
  const child = spawn('unshare', ['-n', process.execPath, CHILD, tempDir(), String(PERCENT_LOST)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  // With the broker that it started: all of its group.
  onTestFinished(() => {
    if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL')
  })
  let [said, failed] = ['', '']
  child.stdout.on('data', (bytes) => (said += String(bytes)))
  child.stderr.on('data', (bytes) => (failed += String(bytes)))
  const [code] = await once(child, 'close')
  expect(code, failed).toBe(0)
  const { alertMs, losses, ...counts } = JSON.parse(said) as Record<string, number> & { alertMs: number[] }
  expect(counts).toEqual({ decoded: 61, receipted: 61, duplicate: 0, stored: 61, fed: 61 })
  expect(alertMs.length).toBeGreaterThan(20)
  // TCP repairs it; a connection may end, but they don't end one after the other.
  expect(losses).toBeLessThan(5)
  return { p99: percentile(alertMs, 0.99) }
}

optional('unshare and nft as root', mayMakeNetworks)('a line that loses packets', () => {
  it('fault 08: 30 % of those to the broker: everything is stored once, and alerts are there within ten seconds', async () => {
    const { p99 } = await aRun()
    if (p99 < ALERT_WITHIN_MS) return
    // TCP doubles its patience from 0.2 s: six losses of one packet in a row (0.3^6, once in some twenty runs of 61) are
    // 12.6 s. Bad luck does not come three times; a line that is too slow does.
    for (const again of [await aRun(), await aRun()]) expect(again.p99, 'ms, 99 of 100').toBeLessThan(ALERT_WITHIN_MS)
  }, 240_000)
})
