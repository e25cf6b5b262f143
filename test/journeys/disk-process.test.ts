import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { optional } from '../support/optional.ts'
import { type ReceiptBroker, receiptBroker } from '../support/receipt-broker.ts'
import { breakableDisk, mayMount, smallDisk } from '../support/small-disk.ts'
import { spotCheckOximeter } from '../support/spot-check-oximeter.ts'
import { tempDir, until } from '../support/temp-dir.ts'
import { unitCommand } from '../support/unit-command.ts'

/** The hub's process as its unit starts it, with everything that it writes on a disk that takes nothing more. */

const HUB = 'hub-0001'

/** A hub whose state folder is on `state`, and an oximeter that sends the next record when it is told "received". */
async function installed(state: string, records: number) {
  const broker = await receiptBroker(HUB)
  const oximeter = await spotCheckOximeter(() => undefined, records)
  const elsewhere = tempDir()
  const config = join(elsewhere, 'hub.json')
  const runtimeDir = join(elsewhere, 'run')
  mkdirSync(runtimeDir)
  const configure = (more: object = {}): void =>
    writeFileSync(
      config,
      JSON.stringify({
        hub: HUB,
        dataDir: join(state, 'data'),
        broker: { url: broker.url, username: HUB, password: 'secret' },
        bluetooth: { enabled: false },
        serial: [{ id: 'oxi-0001', driver: 'nonin-spot-check', target: oximeter.target }],
        healthEveryS: 1,
        ...more,
      }),
    )
  configure()
  const args = unitCommand({ config, state, root: elsewhere })
  const start = () => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, RUNTIME_DIRECTORY: runtimeDir },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const events: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => events.push(String(JSON.parse(line).event)))
    const ended = once(child, 'close').then(([code]): number | null => code)
    return {
      events,
      ended,
      heard: (event: string) => until(() => events.includes(event)),
      end: async () => {
        child.kill('SIGTERM')
        return ended
      },
    }
  }
  return { broker, oximeter, configure, start, failures: join(runtimeDir, 'store-failures') }
}

const lastState = (broker: ReceiptBroker): { problem?: string } =>
  JSON.parse(broker.heard.filter(({ topic }) => topic.endsWith('/state')).at(-1)?.text ?? '{}')

optional('root', mayMount)('the process of a hub', () => {
  it('fault 17: starts on a full disk, with a new configuration too; stands by where its reserve is gone, until there is room', async () => {
    const disk = smallDisk(16)
    const { broker, oximeter, configure, start } = await installed(disk.dir, Number.POSITIVE_INFINITY)
    const before = start()
    await before.heard('healthy')
    await until(() => broker.ids().length > 0)
    expect(await before.end()).toBe(0)
    expect(existsSync(join(disk.dir, 'snapshots/good.json'))).toBe(true)
    disk.fill()
    configure({ healthEveryS: 2 })
    const full = start()
    await full.heard('healthy')
    expect(full.events).toContain('trial-not-noted')
    expect(await full.end()).toBe(0)
    const again = start()
    await again.heard('healthy')
    expect(await again.end()).toBe(0)
    // Something else has taken what the hub gave up of its reserve.
    const free = disk.fill()
    const confirmed = oximeter.confirmed()
    const without = start()
    await without.heard('not-receiving')
    expect(await without.end()).toBe(0)
    expect(oximeter.confirmed()).toBe(confirmed)
    free()
    const roomy = start()
    await until(() => oximeter.confirmed() > confirmed)
    expect(await roomy.end()).toBe(0)
  }, 30_000)

  it('fault 21: goes read-only: it leaves with 74, says that it receives nothing, and the device keeps its record', async () => {
    const disk = breakableDisk(16)
    const { broker, oximeter, start, failures } = await installed(disk.dir, Number.POSITIVE_INFINITY)
    const before = start()
    await before.heard('healthy')
    await until(() => oximeter.confirmed() > 3)
    disk.breakNow()
    expect(await before.ended).toBe(74)
    const confirmed = oximeter.confirmed()
    for (const starts of ['1', '2']) {
      const told = broker.heard.length
      const next = start()
      await next.heard('not-receiving')
      // Nothing is new with the configuration, so nothing is written about it.
      expect(next.events).not.toContain('trial-not-noted')
      await until(() => broker.heard.slice(told).some(({ text }) => text.includes('store-failed')))
      expect(lastState(broker)).toMatchObject({ state: 'offline', problem: 'store-failed' })
      expect(readFileSync(failures, 'utf8')).toBe(starts)
      // It would end with 74 after a minute; what it does meanwhile is what counts here.
      expect(await next.end()).toBe(0)
    }
    expect(oximeter.confirmed()).toBe(confirmed)
  }, 30_000)
})
