import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { HUB_MAIN } from '../support/mains.ts'
import { spotCheckOximeter } from '../support/spot-check-oximeter.ts'
import { tempDir } from '../support/temp-dir.ts'

const HUB = 'hub-0001'
const timeOf = (n: number): string =>
  `2026-11-20T08:${String(Math.floor(n / 60)).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}`

it.each([
  ['SIGTERM', 0],
  ['SIGINT', 0],
  ['SIGKILL', null],
] as const)(
  '%s in the middle of a transfer leaves every confirmed record on the disk, and nothing invented',
  async (signal, code) => {
    const dir = tempDir()
    const file = join(dir, 'hub.json')
    const stop: { now: () => void } = { now: () => undefined }
    const oximeter = await spotCheckOximeter((count) => {
      if (count === 40) stop.now()
    })
    writeFileSync(
      file,
      JSON.stringify({
        hub: HUB,
        dataDir: 'data',
        broker: { url: 'mqtt://127.0.0.1:1', username: HUB, password: 'secret' },
        bluetooth: { enabled: false },
        serial: [{ id: 'oxi-0001', driver: 'nonin-spot-check', target: oximeter.target }],
      }),
    )
    const child = spawn(process.execPath, [HUB_MAIN, '--config', file], { stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
    stop.now = () => child.kill(signal)
    const [exitCode] = await once(child, 'close')
    expect(exitCode).toBe(code)
    const db = new DatabaseSync(join(dir, 'data', 'outbox.db'))
    const stored = db.prepare(`SELECT body ->> 'deviceTime' AS at FROM rows ORDER BY seq`).all()
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    db.close()
    const times = stored.map(({ at }) => String(at))
    expect(oximeter.confirmed()).toBeGreaterThanOrEqual(40)
    expect(times.slice(0, oximeter.confirmed())).toEqual(
      Array.from({ length: oximeter.confirmed() }, (_, n) => timeOf(n)),
    )
    // Stored and not yet confirmed when the end came: the device will send it again, under the same id.
    expect(times.length - oximeter.confirmed()).toBeLessThanOrEqual(1)
  },
  60_000,
)

it.each([
  ['SIGTERM', 0, 2],
  // What shares a commit that is yet to come is the price of the card's life; its device was told nothing.
  ['SIGKILL', null, 1],
  ['deaf', 75, 2],
] as const)('the end of a hub by %s, with code %s, leaves %i of two readings of a live stream', async (end, code, left) => {
  const dir = tempDir()
  const file = join(dir, 'hub.json')
  writeFileSync(
    file,
    JSON.stringify({
      hub: HUB,
      dataDir: 'data',
      broker: { url: 'mqtt://127.0.0.1:1', username: HUB, password: 'secret' },
      serial: [{ id: 'oxi-0001', driver: 'nonin-stream', target: '/dev/ttyS0' }],
    }),
  )
  const child = spawn(process.execPath, ['test/journeys/live-hub.child.ts', file, end], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const said: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line)
    if (line === 'waits' && end !== 'deaf') child.kill(end)
  })
  const [exitCode] = await once(child, 'close')
  expect(exitCode).toBe(code)
  expect(said.at(-1)?.includes('"event":"stopped"')).toBe(code !== null)
  const db = new DatabaseSync(join(dir, 'data', 'outbox.db'))
  const { count } = db.prepare('SELECT count(*) AS count FROM rows').get() ?? {}
  db.close()
  expect(count).toBe(left)
})
