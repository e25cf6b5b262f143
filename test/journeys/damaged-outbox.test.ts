import { randomBytes } from 'node:crypto'
import { closeSync, copyFileSync, openSync, readdirSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseConfig } from '../../gateway/config.ts'
import { startHub } from '../../gateway/hub.ts'
import { createHubClock } from '../../gateway/hub-clock.ts'
import type { LogFields } from '../../gateway/log.ts'
import { openOutbox } from '../../gateway/outbox.ts'
import { receiptBroker } from '../support/receipt-broker.ts'
import { tempDir, until } from '../support/temp-dir.ts'
import { draft } from '../support/test-driver.ts'

/** A hub that starts on an outbox which its card has not kept as it was written. */

const HUB = 'hub-0001'
const READINGS = 60
/** Less than a log in which SQLite begins at its start again, so that its end is the newest commit. */
const FEW = 20
const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex')
const clock = createHubClock()

/** An outbox with unsent readings, as a hub without a broker leaves it when its power fails. */
async function leftBehind(count: number): Promise<{ dataDir: string; epoch: string; ids: string[] }> {
  const [running, dataDir] = [tempDir(), tempDir()]
  const { outbox } = openOutbox(join(running, 'outbox.db'), {
    time: () => ({
      zone: 'Europe/Copenhagen',
      now: Date.UTC(2026, 10, 20, 12),
      wallAt: () => Date.UTC(2026, 10, 20, 12),
    }),
    randomHex,
  })
  const drafts = Array.from({ length: count }, (_, i) => draft(i + 1))
  for (const one of drafts) await outbox.append({ device: 'scale-0001', drafts: [one] })
  for (const name of readdirSync(running)) {
    if (!name.endsWith('-shm')) copyFileSync(join(running, name), join(dataDir, name))
  }
  const { epoch } = outbox
  outbox.close()
  return { dataDir, epoch, ids: drafts.map(({ reading }) => reading.id) }
}

/** Carries the log into the database, so that the damage is in the database alone. */
function settled(dataDir: string): DatabaseSync {
  const db = new DatabaseSync(join(dataDir, 'outbox.db'))
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  return db
}

async function startOn(dataDir: string) {
  const broker = await receiptBroker(HUB)
  const lines: (LogFields & { event: string })[] = []
  const note = (event: string, fields?: LogFields) => void lines.push({ event, ...fields })
  const hub = startHub({
    config: parseConfig(
      { hub: HUB, dataDir, broker: { url: broker.url, username: HUB, password: 'secret' } },
      { drivers: [] },
      () => '',
    ),
    drivers: [],
    clock,
    random: () => 0.5,
    randomHex,
    log: { info: note, warn: note, error: note },
    version: '0.0.0',
    memory: () => 1,
  })
  onTestFinished(() => hub.stop())
  return { broker, lines }
}

const soundness = (dataDir: string): unknown => {
  const db = new DatabaseSync(join(dataDir, 'outbox.db'), { readOnly: true })
  onTestFinished(() => db.close())
  return db.prepare('PRAGMA integrity_check').get()
}

describe('a hub whose card has damaged its outbox', () => {
  it('fault 20: sets the file aside, says so, and sends every reading that can be read once, under a new epoch', async () => {
    const { dataDir, epoch, ids } = await leftBehind(READINGS)
    const db = settled(dataDir)
    const root = Number(
      db.prepare(`SELECT rootpage FROM sqlite_master WHERE name LIKE 'sqlite_autoindex_rows%'`).get()?.['rootpage'],
    )
    const pageSize = Number(db.prepare('PRAGMA page_size').get()?.['page_size'])
    db.close()
    expect(root).toBeGreaterThan(0)
    const file = openSync(join(dataDir, 'outbox.db'), 'r+')
    writeSync(file, Buffer.alloc(64, 0xa5), 0, 64, (root - 1) * pageSize)
    closeSync(file)
    const { broker, lines } = await startOn(dataDir)
    await until(() => new Set(broker.ids()).size >= READINGS)
    expect(new Set(broker.ids())).toEqual(new Set(ids))
    expect(broker.batches().every((batch) => batch.epoch !== epoch)).toBe(true)
    expect(lines.find(({ event }) => event === 'outbox-set-aside')).toMatchObject({ code: 'store-corrupt' })
    await until(() => lines.some(({ event }) => event === 'outbox-taken-over'))
    expect(lines.find(({ event }) => event === 'outbox-taken-over')).toMatchObject({ saved: READINGS })
    expect(readdirSync(dataDir).some((name) => name.includes('.damaged-'))).toBe(true)
    expect(soundness(dataDir)).toEqual({ integrity_check: 'ok' })
  })

  it('fault 20: with a log that was cut off, loses only what lies behind the cut, and goes on', async () => {
    const { dataDir, epoch, ids } = await leftBehind(FEW)
    const log = join(dataDir, 'outbox.db-wal')
    expect(statSync(log).size).toBeGreaterThan(10_000)
    truncateSync(log, statSync(log).size - 1_000)
    const { broker } = await startOn(dataDir)
    // The last commit held one reading.
    await until(() => new Set(broker.ids()).size >= FEW - 1)
    expect(new Set(broker.ids())).toEqual(new Set(ids.slice(0, -1)))
    expect(broker.batches().every((batch) => batch.epoch === epoch)).toBe(true)
    expect(soundness(dataDir)).toEqual({ integrity_check: 'ok' })
  })
})
