import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { LogFields } from '../../gateway/log.ts'
import { type Outbox, openOutbox } from '../../gateway/outbox.ts'
import { setAside } from '../../gateway/outbox-aside.ts'
import { takeoverRounds } from '../../gateway/takeover-rounds.ts'
import { closedAfter } from '../support/closed-after.ts'
import { type ManualClock, manualClock, NOON } from '../support/manual-clock.ts'
import { takenOver } from '../support/taken-over.ts'
import { tempDir } from '../support/temp-dir.ts'
import { draft } from '../support/test-driver.ts'

function open(dir: string, clock: ManualClock = manualClock(), maxPages?: number): Outbox {
  const { outbox } = openOutbox(join(dir, 'outbox.db'), {
    time: () => {
      const now = clock.wall()
      return now === undefined ? undefined : { zone: 'Europe/Copenhagen', now, wallAt: clock.wallAt }
    },
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    ...(maxPages === undefined ? {} : { maxPages }),
  })
  closedAfter(outbox)
  return outbox
}

const arrival = (from: number, count: number) => ({
  device: 'scale-0001',
  drafts: Array.from({ length: count }, (_, i) => draft(from + i)),
})
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1)
const pending = (dir: string) => readdirSync(dir).filter((name) => name.endsWith('.pending'))
/** An outbox that was left as a power cut leaves it: its rows are in the log. */
async function leftBehind(count: number, clock = manualClock()): Promise<string> {
  const [running, dir] = [tempDir(), tempDir()]
  const outbox = open(running, clock)
  for (let n = 1; n <= count; n += 500) await outbox.append(arrival(n, Math.min(500, count - n + 1)))
  for (const name of ['outbox.db', 'outbox.db-wal', 'outbox.db.stamp']) {
    copyFileSync(join(running, name), join(dir, name))
  }
  return dir
}

describe('an outbox that was set aside', () => {
  it('is not forgotten when the power fails between setting it aside and making a new one', async () => {
    const dir = await leftBehind(20)
    setAside(join(dir, 'outbox.db'), 'damaged', 'ab12')
    const outbox = open(dir)
    expect(outbox.takeover.pending).toBe(true)
    expect(await takenOver(outbox)).toEqual(numbers(20))
    expect(pending(dir)).toEqual([])
    outbox.close()
    expect(open(dir).takeover.pending).toBe(false)
  })

  it('keeps its log, which holds its last commits, when the power fails before the log has followed it', async () => {
    const dir = await leftBehind(20)
    rmSync(join(dir, 'outbox.db.stamp'))
    renameSync(join(dir, 'outbox.db'), join(dir, 'outbox.db.restored-ab12.pending'))
    expect(await takenOver(open(dir))).toEqual(numbers(20))
  })

  it('is gone on with by the next process when one was killed in the middle: each reading once, each counted once', async () => {
    const dir = await leftBehind(350)
    setAside(join(dir, 'outbox.db'), 'restored', 'ab12')
    const child = join(import.meta.dirname, 'outbox-takeover.child.ts')
    const { signal, stdout } = spawnSync(process.execPath, [child, join(dir, 'outbox.db')], { encoding: 'utf8' })
    expect([signal, stdout]).toEqual(['SIGKILL', 'taken: 200\n'])
    const outbox = open(dir)
    expect(outbox.counts()).toMatchObject({ decoded: 200, unsent: 200 })
    // What the broker has and the hub has forgotten since does not come again either.
    await outbox.receipt({ epoch: outbox.epoch, first: 1, last: 200 })
    await outbox.prune(0)
    expect(await takenOver(outbox)).toEqual(numbers(350).slice(200))
    expect(outbox.counts()).toMatchObject({ decoded: 350, receipted: 350, unsent: 0, lastSequence: 350 })
  })

  it('hands on what is known of devices and hub at once: the latest time and the address of the broker too', async () => {
    const dir = tempDir()
    const before = open(dir)
    await before.append({ ...arrival(1, 1), remember: { lastSequence: 1, user: 'a' } })
    await before.notes.set('broker-address', '192.0.2.1')
    const session = await before.notes.nextSession()
    before.close()
    setAside(join(dir, 'outbox.db'), 'damaged', 'ab12')
    const first = open(dir, manualClock({ wall: 0 }))
    expect(first.notes.get('wall')).toBe(String(NOON))
    expect(first.notes.get('broker-address')).toBe('192.0.2.1')
    expect(first.epoch).not.toBe(before.epoch)
    expect(await first.notes.nextSession()).toBe(session + 1)
    await first.append({ ...arrival(2, 1), remember: { lastSequence: 2 } })
    first.close()
    // What is learnt since is not overwritten by what was known then.
    const second = open(dir)
    expect(second.takeover.pending).toBe(true)
    expect(second.memory('scale-0001')).toEqual({ lastSequence: 2, user: 'a' })
    expect(await second.notes.nextSession()).toBeGreaterThan(session + 1)
  })

  it('is taken over a little at a time: new readings do not wait for it, and the hub claims nothing about the past', async () => {
    const dir = await leftBehind(1_500)
    setAside(join(dir, 'outbox.db'), 'damaged', 'ab12')
    const outbox = open(dir)
    await outbox.takeover.some()
    expect((await outbox.takeover.some()).taken).toBe(0)
    expect(outbox.counts().unsent).toBe(200)
    await outbox.append(arrival(5_000, 1))
    expect(outbox.lastSequence()).toBe(201)
    await outbox.receipt({ epoch: outbox.epoch, first: 1, last: 201 })
    expect(outbox.earliestUnsent()).toBe('unknown')
    expect(await takenOver(outbox)).toEqual(numbers(1_500).slice(200))
    expect(outbox.earliestUnsent()).toBe('none')
  })

  it('stores a reading once that its device has offered again meanwhile', async () => {
    const dir = await leftBehind(20)
    setAside(join(dir, 'outbox.db'), 'damaged', 'ab12')
    const outbox = open(dir)
    await outbox.append(arrival(11, 10))
    expect(await outbox.takeover.some()).toMatchObject({ taken: 10 })
    expect(outbox.counts()).toMatchObject({ decoded: 20, duplicate: 0, unsent: 20 })
  })

  it('gives readings that were held their times', async () => {
    const dir = await leftBehind(20, manualClock({ wall: 0 }))
    setAside(join(dir, 'outbox.db'), 'damaged', 'ab12')
    const outbox = open(dir)
    await outbox.takeover.some()
    expect(outbox.counts().held).toBe(20)
    expect(await outbox.completeHeld()).toBe(20)
    const [body = ''] = outbox.run(1, 1, { rows: 1, bytes: 1e6 })?.bodies ?? []
    expect(JSON.parse(body).clock.quality).toBe('hub-unsynced')
  })

  it('waits for room where there is none, which the log says once, and goes on when there is some', async () => {
    const dir = await leftBehind(200)
    setAside(join(dir, 'outbox.db'), 'damaged', 'ab12')
    open(dir).close()
    const clock = manualClock()
    const small = open(dir, clock, 16)
    const lines: (LogFields & { event: string })[] = []
    const note = (event: string, fields?: LogFields) => void lines.push({ event, ...fields })
    const round = takeoverRounds(small.takeover, clock, { info: note, warn: note, error: note }, () => undefined)
    for (let minute = 0; minute < 5; minute += 1) {
      await round()
      await clock.advance(60_000)
    }
    expect(lines).toMatchObject([{ event: 'outbox-not-taken-over', code: 'store-failed' }])
    expect(pending(dir)).toHaveLength(1)
    small.close()
    expect((await takenOver(open(dir))).toSorted((a, b) => a - b)).toEqual(numbers(200))
    expect(existsSync(join(dir, 'outbox.db.damaged-ab12'))).toBe(true)
  })
})
