import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startTrial } from '../../gateway/snapshots.ts'
import { HUB_MAIN } from '../support/mains.ts'
import { receiptBroker } from '../support/receipt-broker.ts'
import { tempDir } from '../support/temp-dir.ts'

const BOOT = 'boot-1'
const start = (folder: string, given: string | undefined, boot = BOOT) => {
  const trial = startTrial(folder, given, boot)
  if (trial === undefined) throw new Error('nothing to run with')
  trial.begin()
  return trial
}
/** A folder in which 'old' was healthy. */
function proven(): string {
  const folder = tempDir()
  start(folder, 'old').healthy()
  return folder
}

describe('a configuration', () => {
  it('is good once the hub was healthy with it, and is kept for the owner only', () => {
    const folder = proven()
    expect(start(folder, undefined)).toMatchObject({ text: 'old', used: 'good' })
    expect(statSync(join(folder, 'good.json')).mode & 0o777).toBe(0o600)
    expect(startTrial(tempDir(), undefined, BOOT)).toBeUndefined()
  })

  it('that was changed is tried, and replaces the good one when the hub is healthy', () => {
    const folder = proven()
    const trial = start(folder, 'new')
    expect(trial).toMatchObject({ text: 'new', used: 'given' })
    trial.healthy()
    expect(start(folder, undefined).text).toBe('new')
  })

  it('that kills the hub three times in a row gives way to the good one, until it is changed again', () => {
    const folder = proven()
    expect(['new', 'new', 'new', 'new'].map((text) => start(folder, text).used)).toEqual([
      'given',
      'given',
      'good',
      'good',
    ])
    start(folder, 'new').healthy()
    expect(start(folder, 'new').text).toBe('old')
    expect(start(folder, 'newer').text).toBe('newer')
  })

  it('is not blamed for power cuts', () => {
    const folder = proven()
    for (let cut = 0; cut < 10; cut += 1) expect(start(folder, 'new', `boot-${cut}`).used).toBe('given')
  })

  it('with which the hub is not healthy is refused if it is with the good one', () => {
    const folder = proven()
    expect(start(folder, 'new').notHealthy()).toBe(true)
    const comparison = start(folder, 'new')
    expect(comparison.text).toBe('old')
    comparison.healthy()
    expect(comparison.notHealthy()).toBe(false)
    expect(start(folder, 'new').text).toBe('old')
  })

  it('stays when the good one fares no better: no internet, two restarts, and then peace', () => {
    const folder = proven()
    expect(start(folder, 'new').notHealthy()).toBe(true)
    expect(start(folder, 'new').notHealthy()).toBe(true)
    const again = start(folder, 'new')
    expect(again).toMatchObject({ text: 'new', used: 'given' })
    expect(again.notHealthy()).toBe(false)
    again.healthy()
    expect(start(folder, undefined).text).toBe('new')
  })

  it('is tried from the beginning when the state of the trial is damaged', () => {
    const folder = proven()
    start(folder, 'new').notHealthy()
    writeFileSync(join(folder, 'trial.json'), '{"tri')
    expect(start(folder, 'new').text).toBe('new')
    expect(start(folder, undefined).text).toBe('old')
  })
})

describe('the hub process with a configuration that went wrong', { timeout: 60_000 }, () => {
  it('runs with the one with which it was last healthy, and says so', async () => {
    const broker = await receiptBroker('hub-0001')
    const dir = tempDir()
    const file = join(dir, 'hub.json')
    writeFileSync(join(dir, 'password'), 'secret')
    const config = {
      hub: 'hub-0001',
      dataDir: 'data',
      broker: { url: broker.url, username: 'hub-0001', passwordFile: 'password' },
      bluetooth: { enabled: false },
    }
    const untilHealthy = async (): Promise<string[]> => {
      const args = [HUB_MAIN, 'run', '--config', file, '--snapshots', join(dir, 'snapshots')]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
      onTestFinished(() => void child.kill('SIGKILL'))
      const events: string[] = []
      createInterface({ input: child.stdout }).on('line', (line) => {
        events.push(String(JSON.parse(line).event))
        if (events.at(-1) === 'healthy') child.kill('SIGTERM')
      })
      await once(child, 'close')
      return events
    }
    writeFileSync(file, JSON.stringify(config))
    expect(await untilHealthy()).not.toContain('config-rolled-back')
    writeFileSync(file, '{ "hub": "hub-0001", ')
    expect(await untilHealthy()).toContain('config-rolled-back')
  })
})
