import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startTrial } from '../../gateway/snapshots.ts'
import { beginTrials } from '../../gateway/trials.ts'
import { type ReleaseTrial, releaseTrial } from '../../gateway/update/release-trial.ts'
import { writeState } from '../../gateway/update/releases.ts'
import { manualClock } from '../support/manual-clock.ts'
import { receiptBroker } from '../support/receipt-broker.ts'
import { tempDir, until } from '../support/temp-dir.ts'

const MINUTE = 60_000

/** A start with `given`, in a hub that shows that it works when the test says so. */
function started(folder: string, given: string, release?: ReleaseTrial) {
  const clock = manualClock()
  const events: string[] = []
  const note = (event: string) => void events.push(event)
  const log = { info: note, warn: note, error: note }
  const trials = beginTrials({ configuration: startTrial(folder, given, 'boot-1'), release, clock, log })
  const healthy = Promise.withResolvers<void>()
  const left: string[] = []
  trials.follow(healthy.promise, 10 * MINUTE, (why) => left.push(why))
  return { clock, events, left, healthy: healthy.resolve }
}

describe('what is on trial', () => {
  it('makes way after ten minutes without a sign of health; what is not on trial stays for years', async () => {
    const folder = tempDir()
    const first = started(folder, 'old')
    first.healthy()
    await first.clock.advance(20 * MINUTE)
    expect(first.left).toEqual([])
    const unplugged = started(folder, 'old')
    await unplugged.clock.advance(366 * 24 * 60 * MINUTE)
    expect(unplugged.left).toEqual([])
    const next = started(folder, 'new')
    await next.clock.advance(10 * MINUTE - 1)
    expect(next.left).toEqual([])
    await next.clock.advance(1)
    expect(next.left).toEqual(['trial'])
  })

  it('is told of, and noted an hour later, by a disk that takes no notes; the hub goes on', async () => {
    const dir = tempDir()
    const folder = join(dir, 'snapshots')
    writeFileSync(folder, 'no folder can be made here')
    const { clock, events, left, healthy } = started(folder, 'new')
    healthy()
    await clock.advance(MINUTE)
    expect(events).toEqual(['healthy', 'trial-not-noted'])
    rmSync(folder)
    await clock.advance(60 * MINUTE)
    expect(left).toEqual([])
    expect(existsSync(join(folder, 'good.json'))).toBe(true)
    await clock.advance(600 * MINUTE)
    expect(events).toHaveLength(2)
  })

  it('is not left for a comparison that the disk could not remember', async () => {
    const folder = tempDir()
    const first = started(folder, 'old')
    first.healthy()
    await first.clock.advance(MINUTE)
    rmSync(join(folder, 'trial.json'))
    const next = started(folder, 'new')
    rmSync(folder, { recursive: true })
    writeFileSync(folder, 'no folder can be made here')
    await next.clock.advance(20 * MINUTE)
    expect(next.events).toContain('trial-not-noted')
    expect(next.left).toEqual([])
  })

  it('is a release too: put back also where the disk takes no note of it', async () => {
    const [root, dir] = [tempDir(), tempDir()]
    writeState(root, { good: '1.0.0', trial: { hash: '1.1.0', starts: 1, boot: 'boot-1', phase: 'trying' } })
    writeFileSync(join(dir, 'no-folder'), '')
    const { clock, events, left } = started(tempDir(), 'old', releaseTrial(root, join(dir, 'no-folder/note'), '1.1.0'))
    await clock.advance(10 * MINUTE)
    expect(events).toContain('trial-not-noted')
    expect(left).toEqual(['release-trial'])
  })
})

describe('a configuration that names an adapter which is not there', () => {
  it('reaches the broker and is not good for that: the one before is used, and stays', async () => {
    const broker = await receiptBroker('hub-0001')
    const dir = tempDir()
    const file = join(dir, 'hub.json')
    const login = { url: broker.url, username: 'hub-0001', password: 'secret' }
    const configure = (adapter: number): void =>
      writeFileSync(file, JSON.stringify({ hub: 'hub-0001', dataDir: 'data', broker: login, bluetooth: { adapter } }))
    /** @param end the event at which it is told to end; without one it ends by itself */
    const life = async (end?: string): Promise<string[]> => {
      const args = ['test/gateway/adapter-trial.child.ts', file, join(dir, 'snapshots')]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      onTestFinished(() => void child.kill('SIGKILL'))
      const events: string[] = []
      createInterface({ input: child.stdout }).on('line', (line) => events.push(String(JSON.parse(line).event)))
      const ended = once(child, 'close')
      if (end !== undefined) {
        await until(() => events.includes(end))
        child.kill('SIGTERM')
      }
      const [code] = await ended
      expect(code).toBe(0)
      return events
    }
    configure(0)
    await life('healthy')
    configure(9)
    const tried = await life()
    expect(tried).toContain('ready')
    expect(tried).not.toContain('healthy')
    expect(await life('healthy')).toContain('config-rolled-back')
    expect(await life('healthy')).toContain('config-rolled-back')
  })
})
