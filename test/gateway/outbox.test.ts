import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { HubClock } from '../../gateway/hub-clock.ts'
import { type OpenedOutbox, type Outbox, openOutbox } from '../../gateway/outbox.ts'
import { closedAfter } from '../support/closed-after.ts'
import { manualClock, NOON } from '../support/manual-clock.ts'
import { takenOver } from '../support/taken-over.ts'
import { tempDir, until } from '../support/temp-dir.ts'
import { draft } from '../support/test-driver.ts'

const PAGE = { rows: 25, bytes: 64_000 }
const ALL = Number.MAX_SAFE_INTEGER

function open(dir: string, clock: HubClock = manualClock()): OpenedOutbox {
  const opened = openOutbox(join(dir, 'outbox.db'), {
    time: () => {
      const now = clock.wall()
      return now === undefined ? undefined : { zone: 'Europe/Copenhagen', now, wallAt: clock.wallAt }
    },
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  })
  closedAfter(opened.outbox)
  return opened
}

const arrival = (...numbers: number[]) => ({ device: 'scale-0001', drafts: numbers.map((n) => draft(n)) })
/** Commit frames in the write-ahead log: those that carry the size of the database (sqlite.org/fileformat2, 4.2). */
function commits(dir: string): number {
  const log = readFileSync(join(dir, 'outbox.db-wal'))
  let count = 0
  for (let at = 32; at + 24 <= log.length; at += 24 + 4096) if (log.readUInt32BE(at + 4) > 0) count += 1
  return count
}
const conserved = (outbox: Outbox) => {
  const { decoded, receipted, unsent, duplicate } = outbox.counts()
  expect(decoded).toBe(receipted + unsent + duplicate)
}

describe('the outbox', () => {
  it('keeps readings over a restart, readable by the owner only', async () => {
    const dir = tempDir()
    const first = open(dir).outbox
    await first.append(arrival(1, 2))
    const { epoch } = first
    first.close()
    expect(statSync(join(dir, 'outbox.db')).mode & 0o777).toBe(0o600)
    const second = open(dir).outbox
    expect(second.epoch).toBe(epoch)
    expect(second.run(1, ALL, PAGE)?.bodies.map((body) => JSON.parse(body).sequence)).toEqual([1, 2])
  })

  it('stores a record that comes again once, counts it, and uses up no sequence number for it', async () => {
    const { outbox } = open(tempDir())
    await outbox.append(arrival(1))
    expect(await outbox.append(arrival(1, 2))).toEqual({ stored: 1, duplicate: 1 })
    await outbox.append(arrival(1, 1))
    await outbox.append(arrival(3))
    expect(outbox.counts()).toMatchObject({ decoded: 6, duplicate: 3, unsent: 3, lastSequence: 3 })
    conserved(outbox)
  })

  it('makes one transaction of what arrives in one turn', async () => {
    const dir = tempDir()
    const { outbox } = open(dir)
    const before = commits(dir)
    await Promise.all([1, 2, 3, 4].map((n) => outbox.append(arrival(n))))
    expect(commits(dir) - before).toBe(1)
    expect(outbox.counts().unsent).toBe(4)
  })

  it('marks by receipt what the receipt names, and nothing else', async () => {
    const { outbox } = open(tempDir())
    await outbox.append(arrival(1, 2, 3, 4, 5))
    expect(await outbox.receipt({ epoch: outbox.epoch, first: 2, last: 3 })).toBe(2)
    expect(await outbox.receipt({ epoch: outbox.epoch, first: 2, last: 3 })).toBe(0)
    expect(outbox.run(1, ALL, PAGE)).toMatchObject({ first: 1, bodies: { length: 1 } })
    expect(outbox.run(2, ALL, PAGE)).toMatchObject({ first: 4, bodies: { length: 2 } })
    expect(outbox.counts()).toMatchObject({ receipted: 2, unsent: 3 })
    conserved(outbox)
  })

  it('ignores the receipt of another epoch', async () => {
    const { outbox } = open(tempDir())
    await outbox.append(arrival(1))
    expect(await outbox.receipt({ epoch: '0123456789abcdef', first: 1, last: 1 })).toBe(0)
    expect(outbox.counts().unsent).toBe(1)
  })

  it('keeps a run within its limits, but hands out at least one reading', async () => {
    const { outbox } = open(tempDir())
    await outbox.append(arrival(...Array.from({ length: 30 }, (_, i) => i + 1)))
    expect(outbox.run(1, ALL, PAGE)?.bodies).toHaveLength(25)
    expect(outbox.run(1, ALL, { rows: 25, bytes: 1 })?.bodies).toHaveLength(1)
    expect(outbox.run(4, 6, PAGE)).toMatchObject({ first: 4, bodies: { length: 3 } })
    expect(outbox.run(31, ALL, PAGE)).toBeUndefined()
  })

  it('holds readings while the time is not known, and stamps none 1970', async () => {
    const clock = manualClock({ wall: 1_000 })
    const { outbox } = open(tempDir(), clock)
    await outbox.append({ device: 'scale-0001', drafts: [draft(1, { heardAt: clock.now() })] })
    await clock.advance(60_000)
    expect(await outbox.completeHeld()).toBe(0)
    expect(outbox.run(1, ALL, PAGE)).toBeUndefined()
    expect(outbox.counts()).toMatchObject({ unsent: 1, held: 1 })
    clock.setWall(NOON)
    expect(await outbox.completeHeld()).toBe(1)
    const [body = ''] = outbox.run(1, ALL, PAGE)?.bodies ?? []
    expect(JSON.parse(body)).toMatchObject({
      measuredAt: '2026-11-20T11:59:00.000Z',
      receivedAt: '2026-11-20T11:59:00.000Z',
      clock: { quality: 'hub-unsynced' },
    })
    conserved(outbox)
  })

  it('completes held rows before it queues newer ones, so that numbers leave in order', async () => {
    const clock = manualClock({ wall: 0 })
    const { outbox } = open(tempDir(), clock)
    await outbox.append(arrival(1))
    clock.setWall(NOON)
    await outbox.append(arrival(2))
    expect(outbox.run(1, ALL, PAGE)).toMatchObject({ first: 1, bodies: { length: 2 } })
  })

  it('gives many held rows their times page by page, in order, lets others in between, and goes on after a cut', async () => {
    const dir = tempDir()
    const before = open(dir, manualClock({ wall: 0 })).outbox
    const numbers = Array.from({ length: 2_500 }, (_, i) => i + 1)
    await before.append(arrival(...numbers))
    before.close()
    const cut = open(dir).outbox
    const first = cut.completeHeld()
    await until(() => cut.counts().held < 2_500)
    const { held } = cut.counts()
    expect(held).toBeGreaterThan(2_000)
    // Of what is new, no more is asked for than a page.
    await cut.append(arrival(3_000))
    expect(cut.counts().held).toBeGreaterThan(held - 500)
    await first
    expect(cut.counts().held).toBeGreaterThan(0)
    conserved(cut)
    cut.close()
    const { outbox } = open(dir)
    while ((await outbox.completeHeld()) > 0);
    const sent = outbox.run(1, ALL, { rows: 10_000, bytes: 1e9 })
    expect(sent?.first).toBe(1)
    expect(sent?.bodies.map((body) => JSON.parse(body).sequence)).toEqual([...numbers, 3_000])
    conserved(outbox)
  })

  it('sends what was held over a restart of the process within the same boot with its true time', async () => {
    const dir = tempDir()
    const before = open(dir, manualClock({ wall: 0, mono: 5_000 })).outbox
    await before.append({ device: 'scale-0001', drafts: [draft(1, { heardAt: 5_000 })] })
    before.close()
    const { outbox } = open(dir, manualClock({ wall: NOON, mono: 65_000 }))
    await outbox.completeHeld()
    const [body = ''] = outbox.run(1, ALL, PAGE)?.bodies ?? []
    expect(JSON.parse(body).measuredAt).toBe('2026-11-20T11:59:00.000Z')
  })

  it('remembers for a device in the same transaction as its record', async () => {
    const dir = tempDir()
    const { outbox } = open(dir)
    await outbox.append({ ...arrival(1), remember: { lastSequence: 17, user: 'a' } })
    await outbox.append({ ...arrival(2), remember: { lastSequence: 18 } })
    expect(outbox.memory('scale-0001')).toEqual({ lastSequence: 18, user: 'a' })
    expect(outbox.memory('scale-0002')).toEqual({})
  })

  it('says store-failed when the disk refuses, and then nothing of the transaction has happened', async () => {
    const dir = tempDir()
    const { outbox } = open(dir)
    const other = new DatabaseSync(join(dir, 'outbox.db'))
    other.exec(`CREATE TRIGGER full BEFORE INSERT ON rows WHEN NEW.seq IS NOT NULL AND NEW.body LIKE '%"sequence":2%'
      BEGIN SELECT RAISE(FAIL, 'disk full'); END`)
    await expect(outbox.append({ ...arrival(1, 2), remember: { x: 1 } })).rejects.toMatchObject({
      code: 'store-failed',
    })
    expect(outbox.counts()).toMatchObject({ decoded: 0, unsent: 0, lastSequence: 0 })
    expect(outbox.memory('scale-0001')).toEqual({})
    other.exec('DROP TRIGGER full')
    other.close()
    expect(await outbox.append(arrival(1, 2))).toEqual({ stored: 2, duplicate: 0 })
  })

  it('forgets receipted readings after their days and never an unsent one', async () => {
    const clock = manualClock()
    const { outbox } = open(tempDir(), clock)
    await outbox.append(arrival(1, 2))
    await outbox.receipt({ epoch: outbox.epoch, first: 1, last: 1 })
    await clock.advance(29 * 86_400_000)
    expect(await outbox.prune(30)).toBe(0)
    await clock.advance(2 * 86_400_000)
    expect(await outbox.prune(30)).toBe(1)
    expect(outbox.counts()).toMatchObject({ receipted: 1, unsent: 1 })
    conserved(outbox)
  })

  it('counts sessions up over restarts, and begins above those of a lost card', async () => {
    const dir = tempDir()
    const first = open(dir).outbox
    const session = await first.notes.nextSession()
    expect(session).toBe(NOON / 1000)
    expect(await first.notes.nextSession()).toBe(session + 1)
    first.close()
    expect(await open(dir).outbox.notes.nextSession()).toBe(session + 2)
  })

  it('bounds what it keeps of bytes that could not be read', async () => {
    const dir = tempDir()
    const { outbox } = open(dir)
    const rejected = { source: '2A35', reason: 'x', bytes: new Uint8Array(100_000), bootId: 'boot-1', heardAt: 0 }
    await outbox.append({ device: 'scale-0001', drafts: [], rejected: Array.from({ length: 2_010 }, () => rejected) })
    const reader = new DatabaseSync(join(dir, 'outbox.db'), { readOnly: true })
    expect(reader.prepare('SELECT COUNT(*) AS n, MAX(length(hex)) AS l FROM rejected').get()).toMatchObject({
      n: 2_000,
      l: 8_192,
    })
    reader.close()
    expect(outbox.counts().rejected).toBe(2_010)
  })

  it('sets a damaged file aside, saves the rows that can be read, and begins a new epoch', async () => {
    const dir = tempDir()
    const path = join(dir, 'outbox.db')
    const before = open(dir).outbox
    for (let n = 1; n <= 2_000; n += 50) {
      await before.append(arrival(...Array.from({ length: 50 }, (_, i) => n + i)))
    }
    await before.append({ ...arrival(), remember: { lastSequence: 2_000 } })
    await before.receipt({ epoch: before.epoch, first: 1, last: 100 })
    const session = await before.notes.nextSession()
    const { epoch } = before
    before.close()
    const middle = Math.floor(statSync(path).size / 8192) * 4096
    const file = openSync(path, 'r+')
    writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, middle)
    closeSync(file)

    const { outbox, damaged } = open(dir)
    expect(outbox.epoch).not.toBe(epoch)
    expect(damaged?.why).toBe('damaged')
    const taken = await takenOver(outbox)
    // 1,900 were unsent; the page that was overwritten held a few of them.
    expect(taken.length).toBeGreaterThan(1_880)
    expect(taken.length).toBeLessThan(1_900)
    expect(taken).toEqual(taken.toSorted((a, b) => a - b))
    expect(readdirSync(dir).filter((name) => /\.damaged-\w+$/.test(name))).toHaveLength(1)
    expect(outbox.memory('scale-0001')).toEqual({ lastSequence: 2_000 })
    expect(await outbox.notes.nextSession()).toBe(session + 1)
    conserved(outbox)
  })

  it('begins anew when the file is no database at all, and keeps that file', async () => {
    const dir = tempDir()
    const file = openSync(join(dir, 'outbox.db'), 'w')
    writeSync(file, 'x'.repeat(10_000))
    closeSync(file)
    const { outbox } = open(dir)
    const { taken, done } = await outbox.takeover.some()
    expect([taken, done?.saved]).toEqual([0, 0])
    expect(statSync(done?.file ?? '').size).toBe(10_000)
  })
})
