import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { optional } from '../support/optional.ts'
import { mayMount, smallDisk } from '../support/small-disk.ts'
import { becomes, type FaultStage, startStage } from './stage.ts'

/** The disk of the broker: full, or answering an fsync with an error. */

const mayTrace = spawnSync('strace', ['-V']).status === 0 && process.getuid?.() === 0

/** Of the plan: more than it takes to meet the fault. */
const ALL = 600

/** From now on the n-th fsync of the journal or its log by the broker of the moment fails, once. */
async function failSync(home: FaultStage, nth: number): Promise<void> {
  const journal = home.stage.journalPath
  const files = [journal, `${journal}-wal`].flatMap((file) => ['-P', file])
  const calls = ['-e', 'trace=fsync,fdatasync', '-e', `inject=fsync,fdatasync:error=EIO:when=${nth}`]
  const strace = spawn('strace', ['-f', '-p', String(home.broker.pid), ...calls, ...files], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => void strace.kill())
  const lines = createInterface({ input: strace.stderr })
  for await (const [line] of on(lines)) if (String(line).includes('attached')) return
}

async function* on(lines: ReturnType<typeof createInterface>): AsyncGenerator<unknown[]> {
  for (;;) yield await once(lines, 'line')
}

optional('strace as root', mayTrace)('a disk that answers an fsync of the broker with EIO', () => {
  it.each([
    ['first', 1],
    ['third', 3],
  ])(
    'fault 19: the %s: what was in that commit is refused, the broker begins anew, and gets it again',
    async (_, nth) => {
      const home = await startStage()
      await becomes(() => home.heard('hub', 'uplink-online') > 0)
      await failSync(home, nth)
      const allStored = () => home.stored() === ALL
      await becomes(() => {
        home.measure(5)
        return home.heard('broker', 'journal-broken') === 1 || allStored()
      })
      await becomes(() => home.heard('broker', 'ready') === 2 || allStored())
      expect(home.broker.exitCodes).toEqual([74])
      await home.allIsWell()
    },
    120_000,
  )
})

optional('root', mayMount)('a disk of the broker without a byte to spare', () => {
  it('fault 18: stores nothing and acknowledges nothing, hubs hold, heartbeats stay out, and all comes when there is room', async () => {
    const disk = smallDisk(24)
    const home = await startStage({ where: { brokerDir: join(disk.dir, 'data') } })
    home.measure(100)
    await becomes(() => home.stored() === 100)
    const free = disk.fill()
    home.measure(200)
    await becomes(() => home.heard('broker', 'commit-failed') > 0)
    // A heartbeat that stays out is how a clinic learns that nobody watches; what is stored meanwhile is at most what
    // fitted into pages that were open.
    await becomes(() => home.heard('broker', 'heartbeat-failed') > 0)
    expect(await home.status('/readyz')).toBe(503)
    expect(home.stored()).toBeLessThan(300)
    free()
    await becomes(async () => (await home.status('/readyz')) === 200)
    await home.allIsWell()
  }, 120_000)
})
