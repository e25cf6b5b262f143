import { randomBytes } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openBallast } from '../../gateway/ballast.ts'
import { spaceOf } from '../../gateway/disk-space.ts'
import { type Outbox, openOutbox } from '../../gateway/outbox.ts'
import { setAside } from '../../gateway/outbox-aside.ts'
import { closedAfter } from '../support/closed-after.ts'
import { manualClock, NOON } from '../support/manual-clock.ts'
import { optional } from '../support/optional.ts'
import { mayMount, smallDisk } from '../support/small-disk.ts'
import { takenOver } from '../support/taken-over.ts'
import { tempDir } from '../support/temp-dir.ts'
import { draft } from '../support/test-driver.ts'

const randomHex = (bytes: number) => randomBytes(bytes).toString('hex')
const space = (dir: string) => () => spaceOf(dir)

function open(dir: string, options: { ballast?: boolean; maxPages?: number } = {}): Outbox {
  const clock = manualClock()
  const ballast = options.ballast === true ? openBallast(join(dir, 'ballast'), randomHex, space(dir)) : undefined
  const { outbox } = openOutbox(join(dir, 'outbox.db'), {
    time: () => ({ zone: 'Europe/Copenhagen', now: clock.wall() ?? NOON, wallAt: clock.wallAt }),
    randomHex,
    ...(ballast && { ballast }),
    ...(options.maxPages === undefined ? {} : { maxPages: options.maxPages }),
  })
  outbox.room.recover(space(dir)().freeBytes)
  closedAfter(outbox)
  return outbox
}

/** Stores readings in visits of 20 until the hub refuses one; resolves with how many are on the disk. */
async function fillWithReadings(outbox: Outbox): Promise<number> {
  for (let n = 0; ; n += 20) {
    const drafts = Array.from({ length: 20 }, (_, i) => draft(n + i + 1))
    try {
      await outbox.append({ device: 'scale-0001', drafts, remember: { lastSequence: n + 20 } })
    } catch (error) {
      expect(error).toMatchObject({ code: 'store-failed', retry: 'transient' })
      expect(outbox.memory('scale-0001')).toEqual({ lastSequence: n })
      return n
    }
  }
}
/** As the broker does it: a receipt for each message. */
async function receiptAll(outbox: Outbox): Promise<void> {
  const { epoch } = outbox
  for (let first = 1; first <= outbox.lastSequence(); first += 20)
    await outbox.receipt({ epoch, first, last: first + 19 })
}
const sequences = (outbox: Outbox) =>
  outbox.run(1, Number.MAX_SAFE_INTEGER, { rows: 100_000, bytes: 1e9 })?.bodies.map((body) => JSON.parse(body).sequence)

it('refuses a new reading at the limit of its file and keeps every old one; then room comes back by receipts', async () => {
  const outbox = open(tempDir(), { maxPages: 100 })
  const stored = await fillWithReadings(outbox)
  expect(stored).toBeGreaterThan(100)
  expect(outbox.room.full).toBe(true)
  expect(sequences(outbox)).toEqual(Array.from({ length: stored }, (_, i) => i + 1))
  await receiptAll(outbox)
  expect(await outbox.prune(0)).toBe(stored)
  await outbox.append({ device: 'scale-0001', drafts: [draft(stored + 1)] })
  expect(outbox.room.full).toBe(false)
  expect(sequences(outbox)).toEqual([stored + 1])
})

optional('root', mayMount)('an outbox on a full disk', () => {
  it('can mark and delete what the broker has, by giving up its ballast, and takes readings again after that', async () => {
    const disk = smallDisk(8)
    const outbox = open(disk.dir, { ballast: true })
    expect(existsSync(join(disk.dir, 'ballast'))).toBe(true)
    const stored = await fillWithReadings(outbox)
    disk.fill()
    expect(sequences(outbox)).toHaveLength(stored)
    expect(existsSync(join(disk.dir, 'ballast'))).toBe(true)
    expect(await outbox.notes.nextSession()).toBeGreaterThan(0)
    await receiptAll(outbox)
    expect(outbox.counts()).toMatchObject({ unsent: 0, receipted: stored })
    expect(existsSync(join(disk.dir, 'ballast'))).toBe(false)
    expect(outbox.room.full).toBe(true)
    await expect(outbox.append({ device: 'scale-0001', drafts: [draft(stored + 1)] })).rejects.toMatchObject({
      code: 'store-failed',
    })
    expect((await outbox.prune(0)) + (await outbox.prune(0))).toBe(stored)
    await outbox.append({ device: 'scale-0001', drafts: [draft(stored + 1)] })
    expect(outbox.room.full).toBe(false)
    expect(sequences(outbox)).toEqual([stored + 1])
  })

  it('takes its ballast back when there is room again', async () => {
    const disk = smallDisk(8)
    const outbox = open(disk.dir, { ballast: true })
    await outbox.append({ device: 'scale-0001', drafts: Array.from({ length: 500 }, (_, i) => draft(i + 1)) })
    const free = disk.fill()
    await receiptAll(outbox)
    expect(existsSync(join(disk.dir, 'ballast'))).toBe(false)
    await outbox.prune(0)
    free()
    outbox.room.recover(space(disk.dir)().freeBytes)
    expect(existsSync(join(disk.dir, 'ballast'))).toBe(true)
  })

  it('keeps what was set aside for later while there is no room, and comes up without it', async () => {
    const disk = smallDisk(8)
    const before = open(disk.dir, { ballast: true })
    await before.append({ device: 'scale-0001', drafts: Array.from({ length: 300 }, (_, i) => draft(i + 1)) })
    before.close()
    setAside(join(disk.dir, 'outbox.db'), 'damaged', 'ab12')
    const free = disk.fill()
    const outbox = open(disk.dir, { ballast: true })
    await expect(outbox.takeover.some()).rejects.toMatchObject({ code: 'store-failed' })
    expect(outbox.takeover.pending).toBe(true)
    free()
    outbox.room.recover(space(disk.dir)().freeBytes)
    expect(await takenOver(outbox)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
  })

  it('opens on a disk without a byte to spare, under the same epoch', async () => {
    const disk = smallDisk(8)
    const before = open(disk.dir, { ballast: true })
    await before.append({ device: 'scale-0001', drafts: [draft(1)] })
    const { epoch } = before
    before.close()
    const free = disk.fill()
    const outbox = open(disk.dir, { ballast: true })
    expect(outbox.epoch).toBe(epoch)
    expect(await outbox.receipt({ epoch, first: 1, last: 1 })).toBe(1)
    free()
    outbox.close()
    rmSync(join(disk.dir, 'outbox.db-shm'), { force: true })
    expect(open(disk.dir, { ballast: true }).epoch).toBe(epoch)
  })
})
