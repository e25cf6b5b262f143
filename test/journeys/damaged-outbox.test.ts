import { randomBytes } from 'node:crypto'
import { closeSync, copyFileSync, openSync, readdirSync, readSync, statSync, truncateSync, writeSync } from 'node:fs'
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
/** Past this the readings come in one commit. */
const FEW_COMMITS = 100
/** More than the 2 MB that SQLite keeps of a file in memory. */
const MANY = 6_000
const PAGE_BYTES = 4_096
const TABLE_LEAF = 0x0d
/** A reading has some 500 bytes. */
const ROWS_ON_A_PAGE = 12
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
  if (count > FEW_COMMITS) await outbox.append({ device: 'scale-0001', drafts })
  else for (const one of drafts) await outbox.append({ device: 'scale-0001', drafts: [one] })
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

/** Rounds of housekeeping come ten times as often. */
const hurried = createHubClock({
  bootId: clock.bootId,
  monoMs: clock.now,
  unixMs: Date.now,
  setTimeout: (callback, ms) => clock.setTimeout(callback, ms / 10),
})

async function startOn(dataDir: string, answers = true, time = clock) {
  const broker = await receiptBroker(HUB)
  if (!answers) broker.answer = () => undefined
  const lines: (LogFields & { event: string })[] = []
  const note = (event: string, fields?: LogFields) => void lines.push({ event, ...fields })
  const hub = startHub({
    config: parseConfig(
      { hub: HUB, dataDir, broker: { url: broker.url, username: HUB, password: 'secret' } },
      { drivers: [] },
      () => '',
    ),
    drivers: [],
    clock: time,
    random: () => 0.5,
    randomHex,
    log: { info: note, warn: note, error: note },
    version: '0.0.0',
    memory: () => 1,
  })
  onTestFinished(() => hub.stop())
  return { hub, broker, lines }
}

/** Turns over leaf pages with rows, from the first quarter on. @returns with how many rows at most */
function spoilLeaves(path: string, count: number): number {
  const db = new DatabaseSync(path, { readOnly: true })
  const pages = db.prepare('PRAGMA page_count').get()?.['page_count']
  db.close()
  const file = openSync(path, 'r+')
  const page = Buffer.alloc(PAGE_BYTES)
  let spoilt = 0
  for (let n = Math.floor(Number(pages) / 4); spoilt < count; n += 1) {
    readSync(file, page, 0, PAGE_BYTES, n * PAGE_BYTES)
    // The header of a leaf of a table (SQLite, Database File Format, 1.6).
    if (page[0] !== TABLE_LEAF || !page.includes('"receivedAt"')) continue
    writeSync(file, Buffer.alloc(64, 0xa5), 0, 64, n * PAGE_BYTES)
    spoilt += 1
  }
  closeSync(file)
  return count * ROWS_ON_A_PAGE
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

  it('fault 20: with pages that go bad under a running hub, ends it once, and the next start saves what can be read', async () => {
    const { dataDir, ids } = await leftBehind(MANY)
    const { hub, broker, lines } = await startOn(dataDir, false)
    await hub.ready
    // Beyond what SQLite holds in memory, and not yet asked for.
    const file = join(dataDir, 'outbox.db')
    const spoilt = spoilLeaves(file, 3)
    broker.answer = ({ epoch, first, readings }) => ({ epoch, first, last: first + readings.length - 1 })
    broker.cut()
    expect(await hub.broken).toMatchObject({ code: 'store-failed' })
    await hub.stop()
    expect(lines.filter(({ event }) => event === 'outbox-unreadable').length).toBeLessThanOrEqual(1)
    const sent = lines.filter(({ event }) => event === 'receipt').reduce((sum, { count = 0 }) => sum + count, 0)
    const next = await startOn(dataDir, true, hurried)
    const takenOver = () => next.lines.find(({ event }) => event === 'outbox-taken-over')
    await until(() => takenOver() !== undefined)
    const { saved = 0 } = takenOver() ?? {}
    expect(saved).toBeGreaterThanOrEqual(MANY - sent - spoilt)
    await until(() => next.broker.ids().length > 0)
    expect(next.broker.ids().every((id) => ids.includes(id))).toBe(true)
  })

  it('sends what is whole when a row can not be read for the report on its health', async () => {
    const { dataDir, ids } = await leftBehind(FEW)
    const db = settled(dataDir)
    db.exec(`UPDATE rows SET body = '{"measuredAt' WHERE seq = 7`)
    db.close()
    const { hub, broker, lines } = await startOn(dataDir)
    await until(() => new Set(broker.ids()).size >= FEW - 1)
    expect(new Set(broker.ids())).toEqual(new Set(ids.filter((_, i) => i !== 6)))
    expect(lines.filter(({ event }) => event === 'uplink-online')).toHaveLength(1)
    await hub.stop()
  })
})
