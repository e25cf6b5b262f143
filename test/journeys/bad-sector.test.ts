import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { openOutbox } from '../../gateway/outbox.ts'
import { unreadable } from '../support/failing-calls.ts'
import { HUB_MAIN } from '../support/mains.ts'
import { NOON } from '../support/manual-clock.ts'
import { optional } from '../support/optional.ts'
import { receiptBroker } from '../support/receipt-broker.ts'
import { tempDir, until } from '../support/temp-dir.ts'
import { draft } from '../support/test-driver.ts'

/** A hub whose card no longer gives back a sector of the outbox: EIO for whoever reads it, from the kernel's own mouth. */

const HUB = 'hub-0001'
const READINGS = 20
const hasStrace = spawnSync('strace', ['-V']).status === 0

async function home() {
  const broker = await receiptBroker(HUB)
  const dir = tempDir()
  const runtimeDir = join(dir, 'run')
  mkdirSync(runtimeDir)
  const config = join(dir, 'hub.json')
  const login = { url: broker.url, username: HUB, password: 'secret' }
  writeFileSync(config, JSON.stringify({ hub: HUB, dataDir: 'data', broker: login, bluetooth: { enabled: false } }))
  const outboxFile = join(dir, 'data/outbox.db')
  const { outbox } = openOutbox(outboxFile, {
    time: () => ({ zone: 'Europe/Copenhagen', now: NOON, wallAt: () => NOON }),
    randomHex: (bytes) => '5a'.repeat(bytes),
  })
  const drafts = Array.from({ length: READINGS }, (_, i) => draft(i + 1))
  await outbox.append({ device: 'scale-0001', drafts })
  outbox.close()
  /** @param failedStarts before this one, in a row */
  const start = (failedStarts: number, files: readonly string[], how: Parameters<typeof unreadable>[2] = {}) => {
    writeFileSync(join(runtimeDir, 'store-failures'), String(failedStarts))
    const args = [...unreadable(files, join(dir, 'trace'), how), process.execPath, HUB_MAIN, 'run']
    const child = spawn('strace', [...args, '--config', config], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, RUNTIME_DIRECTORY: runtimeDir },
      detached: true,
    })
    const events: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => events.push(String(JSON.parse(line).event)))
    const ended = once(child, 'close')
    const end = async (): Promise<void> => {
      // Both: strace keeps a signal to itself.
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        process.kill(-child.pid, 'SIGKILL')
      }
      await ended
    }
    onTestFinished(end)
    return { heard: (event: string) => until(() => events.includes(event)), end }
  }
  const asides = () => readdirSync(join(dir, 'data')).filter((name) => name.includes('.damaged-'))
  return { broker, outboxFile, start, asides, ids: drafts.map(({ reading }) => reading.id) }
}

optional('strace', hasStrace)('a hub that can not read its outbox', () => {
  it('fault 20: stands by for three starts, then sets it aside and sends what can be read', async () => {
    const { broker, outboxFile, start, asides, ids } = await home()
    const third = start(2, [outboxFile], { nth: 1 })
    await third.heard('not-receiving')
    await third.end()
    expect(asides()).toEqual([])
    const fourth = start(3, [outboxFile], { nth: 1 })
    await fourth.heard('outbox-set-aside')
    await until(() => new Set(broker.ids()).size === READINGS)
    expect(new Set(broker.ids())).toEqual(new Set(ids))
    await fourth.end()
  })

  it('does the same when it can not read the stamp beside it', async () => {
    const { broker, outboxFile, start, asides } = await home()
    const { heard, end } = start(3, [`${outboxFile}.stamp`], { call: 'read', nth: 1 })
    await heard('outbox-set-aside')
    await until(() => new Set(broker.ids()).size === READINGS)
    expect(asides().some((name) => name.endsWith('.stamp'))).toBe(true)
    await end()
  })

  it('goes on standing by where the disk gives nothing back at all: the outbox stays in its place', async () => {
    const { outboxFile, start, asides } = await home()
    const { heard, end } = start(3, [outboxFile, `${outboxFile}.trial`])
    await heard('not-receiving')
    await end()
    expect(asides()).toEqual([])
  })
})
