import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { HUB_MAIN } from '../support/mains.ts'
import { optional } from '../support/optional.ts'
import { receiptBroker } from '../support/receipt-broker.ts'
import { spotCheckOximeter } from '../support/spot-check-oximeter.ts'
import { canSupervise, type Supervision, supervise } from '../support/systemd.ts'
import { tempDir, until } from '../support/temp-dir.ts'

const HUB = 'hub-0001'
const RECORDS = 30
const STUCK_AT = 10
/** The unit has 30 s; the hub asks for its ping three times in whatever it is. */
const WATCHDOG_MS = 4_000
/** From the moment it is stuck to the start of the next process, beyond the watchdog's period. */
const GRACE_MS = 5_000

const restartMs =
  Number(/^RestartSec=(\d+)$/m.exec(readFileSync('gateway/service/precare-hub.service', 'utf8'))?.[1]) * 1000

/** Runs until all records are at the broker. @param stick makes the hub stand still after some; resolves when it does */
async function transfer(stick: ((hub: Supervision) => Promise<void>) | undefined) {
  const broker = await receiptBroker(HUB)
  const reached = Promise.withResolvers<void>()
  const { target } = await spotCheckOximeter((count) => {
    if (count === STUCK_AT) reached.resolve()
  }, RECORDS)
  const file = join(tempDir(), 'hub.json')
  const credentials = { url: broker.url, username: HUB, password: 'secret' }
  const serial = [{ id: 'oxi-0001', driver: 'nonin-spot-check', target }]
  const bluetooth = { enabled: false }
  writeFileSync(file, JSON.stringify({ hub: HUB, dataDir: 'data', broker: credentials, bluetooth, serial }))
  const args = ['--inspect=127.0.0.1:0', HUB_MAIN, 'run', '--config', file]
  const hub = await supervise({ args, watchdogMs: WATCHDOG_MS, restartMs })
  await Promise.all([hub.ready(1), reached.promise])
  let stuckForMs = 0
  if (stick !== undefined) {
    await stick(hub)
    const since = performance.now()
    await hub.ready(2)
    stuckForMs = (hub.starts[1] ?? Number.NaN) - since
  }
  await until(() => new Set(broker.ids()).size >= RECORDS)
  hub.stop()
  return { ids: [...new Set(broker.ids())].sort(), stuckForMs, starts: hub.starts.length }
}

async function freeze(hub: Supervision): Promise<void> {
  hub.child().kill('SIGSTOP')
}

/** A program that never gives the event loop back, put into the running hub through Node's inspector. */
async function block(hub: Supervision): Promise<void> {
  const inspector = new WebSocket(await hub.said(/(ws:\/\/\S+)/))
  await new Promise((resolve) => inspector.addEventListener('open', resolve, { once: true }))
  inspector.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: 'for (;;);' } }))
}

optional('systemd-notify and socat', canSupervise)('a hub that stands still', () => {
  it('fault 22: is killed and started anew by the watchdog in time, and no reading is missing or made twice', async () => {
    const [undisturbed, ...stuck] = await Promise.all([transfer(undefined), transfer(freeze), transfer(block)])
    expect(undisturbed).toMatchObject({ starts: 1 })
    expect(undisturbed.ids).toHaveLength(RECORDS)
    for (const { starts, stuckForMs, ids } of stuck) {
      expect(starts).toBe(2)
      expect(stuckForMs).toBeGreaterThan(restartMs)
      expect(stuckForMs).toBeLessThan(WATCHDOG_MS + GRACE_MS)
      expect(ids).toEqual(undisturbed.ids)
    }
  }, 60_000)
})
