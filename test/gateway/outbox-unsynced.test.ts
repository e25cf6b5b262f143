import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, cpSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Outbox, openOutbox } from '../../gateway/outbox.ts'
import { type Call, callsOf, runTraced, wasInjected } from '../support/failing-calls.ts'
import { NOON } from '../support/manual-clock.ts'
import { optional } from '../support/optional.ts'
import { mayMount, smallDisk } from '../support/small-disk.ts'
import { tempDir } from '../support/temp-dir.ts'
import { draft } from '../support/test-driver.ts'

/** What a process that ended in a commit leaves behind: frames that can be read and may be on no disk. */

const mayTrace = spawnSync('strace', ['-V']).status === 0

const openIn = (dir: string): Outbox =>
  openOutbox(join(dir, 'outbox.db'), {
    time: () => ({ zone: 'Europe/Copenhagen', now: NOON, wallAt: () => NOON }),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  }).outbox

function open(dir: string): Outbox {
  const outbox = openIn(dir)
  onTestFinished(() => outbox.close())
  return outbox
}

const arrival = (from: number, count: number) => ({
  device: 'scale-0001',
  drafts: Array.from({ length: count }, (_, i) => draft(from + i)),
})

/** What is left when nothing of the log has reached the disk. */
function rowsWithoutLog(dir: string): number {
  const alone = join(tempDir(), 'alone.db')
  copyFileSync(join(dir, 'outbox.db'), alone)
  const db = new DatabaseSync(alone)
  try {
    return Number(db.prepare('SELECT COUNT(*) AS count FROM rows').get()?.['count'])
  } finally {
    db.close()
  }
}

/** The outbox of a hub whose power failed: its rows are in the log, the database knows none of them. */
async function killed(dir: string, rows: number): Promise<void> {
  const running = tempDir()
  openIn(running).close()
  await open(running).append(arrival(1, rows))
  for (const name of ['outbox.db', 'outbox.db-wal', 'outbox.db.stamp']) {
    copyFileSync(join(running, name), join(dir, name))
  }
  expect(rowsWithoutLog(dir)).toBe(0)
}

describe('an outbox whose last process was killed', () => {
  it('has carried what the log held into the database before anything is promised on it', async () => {
    const dir = tempDir()
    await killed(dir, 3)
    const outbox = open(dir)
    expect(rowsWithoutLog(dir)).toBe(3)
    expect(await outbox.append(arrival(1, 3))).toEqual({ stored: 0, duplicate: 3 })
  })

  it('promises nothing while a reader holds the log, sends all the same, and goes on when the reader is gone', async () => {
    const dir = tempDir()
    await killed(dir, 3)
    const reader = new DatabaseSync(join(dir, 'outbox.db'))
    reader.exec('BEGIN; SELECT * FROM rows')
    const outbox = open(dir)
    await expect(outbox.append(arrival(1, 3))).rejects.toMatchObject({ code: 'store-failed' })
    expect(await outbox.receipt({ epoch: outbox.epoch, first: 1, last: 1 })).toBe(1)
    reader.close()
    expect(await outbox.append(arrival(1, 3))).toEqual({ stored: 0, duplicate: 3 })
    expect(rowsWithoutLog(dir)).toBe(3)
  })

  it('comes up while somebody has the file alone for a moment, and promises when it is its own again', async () => {
    const dir = tempDir()
    await killed(dir, 3)
    // The lock that making the log's index takes, held for longer than that takes.
    const holder = spawn(process.execPath, ['-e', ALONE_FOR_A_MOMENT, join(dir, 'outbox.db')])
    onTestFinished(() => void holder.kill('SIGKILL'))
    await once(holder.stdout, 'data')
    const outbox = open(dir)
    expect(await outbox.append(arrival(1, 3))).toEqual({ stored: 0, duplicate: 3 })
  })
})

/** Ends by itself: who opens the file in this process waits without a turn of the event loop. */
const ALONE_FOR_A_MOMENT = `
  const db = new (require('node:sqlite').DatabaseSync)(process.argv[1])
  db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE')
  console.log('held')
  setTimeout(() => db.close(), 700)
`

optional('root', mayMount)('an outbox whose last process was killed on a disk that is full', () => {
  it('comes up and sends what it has, but promises nothing until the log is in the database', async () => {
    const disk = smallDisk(8)
    await killed(disk.dir, 200)
    // The index of the log needs room of its own.
    const reader = new DatabaseSync(join(disk.dir, 'outbox.db'))
    reader.prepare('SELECT COUNT(*) FROM rows').get()
    const free = disk.fill()
    const outbox = open(disk.dir)
    reader.close()
    expect(outbox.run(1, 200, { rows: 200, bytes: 1e9 })?.bodies).toHaveLength(200)
    await expect(outbox.append(arrival(1, 1))).rejects.toMatchObject({ code: 'store-failed' })
    expect(statSync(join(disk.dir, 'outbox.db-wal')).size).toBeGreaterThan(0)
    free()
    expect(await outbox.append(arrival(1, 1))).toEqual({ stored: 0, duplicate: 1 })
    expect(rowsWithoutLog(disk.dir)).toBe(200)
  })
})

optional('strace', mayTrace)('a record whose commit failed with EIO and lies in the cache', () => {
  const args = (dir: string) => ['test/gateway/outbox-unsynced.child.ts', join(dir, 'outbox.db')]
  const offer = async (dir: string, file: string, inject?: Call) => {
    const traceFile = join(tempDir(), 'trace')
    const { lines } = await runTraced({
      args: args(dir),
      files: [join(dir, file)],
      traceFile,
      ...(inject && { inject: { call: inject, error: 'EIO' as const } }),
    })
    return { said: lines, syncs: callsOf(traceFile).filter(({ name }) => name.endsWith('sync')), traceFile }
  }

  it('is promised after the restart only when the database itself is synced', async () => {
    const [trial, home] = [tempDir(), tempDir()]
    spawnSync(process.execPath, args(trial))
    const db = new DatabaseSync(join(trial, 'outbox.db'))
    db.exec('DELETE FROM rows')
    db.close()
    cpSync(trial, home, { recursive: true })
    // The last sync of the log is that of the record's commit.
    const good = await offer(trial, 'outbox.db-wal')
    expect(good.said).toEqual(['told: received'])
    const first = await offer(home, 'outbox.db-wal', good.syncs.at(-1))
    expect(wasInjected(first.traceFile)).toBe(true)
    expect(first.said).toEqual(['told nothing'])
    expect(rowsWithoutLog(home)).toBe(0)

    const worse = tempDir()
    cpSync(home, worse, { recursive: true })
    const [sync] = (await offer(home, 'outbox.db')).syncs
    const refused = await offer(worse, 'outbox.db', sync ?? { name: 'fdatasync', nth: 1 })
    expect(refused.said).toEqual(['told nothing'])
    expect(rowsWithoutLog(home)).toBe(1)
    expect((await offer(home, 'outbox.db')).said).toEqual(['told: I had it'])
  })
})
