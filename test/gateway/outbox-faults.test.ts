import { randomBytes } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { type OpenedOutbox, openOutbox } from '../../gateway/outbox.ts'
import { closedAfter } from '../support/closed-after.ts'
import { manualClock, NOON } from '../support/manual-clock.ts'
import { seeded } from '../support/random.ts'
import { takenOver } from '../support/taken-over.ts'
import { tempDir } from '../support/temp-dir.ts'
import { draft } from '../support/test-driver.ts'

function open(dir: string, machine = 'board-1'): OpenedOutbox {
  const clock = manualClock()
  const opened = openOutbox(join(dir, 'outbox.db'), {
    time: () => ({ zone: 'Europe/Copenhagen', now: clock.wall() ?? NOON, wallAt: clock.wallAt }),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    machine,
  })
  closedAfter(opened.outbox)
  return opened
}

const arrival = (from: number, count: number) => ({
  device: 'scale-0001',
  drafts: Array.from({ length: count }, (_, i) => draft(from + i)),
})
const sequences = ({ outbox }: OpenedOutbox): number[] =>
  (outbox.run(1, Number.MAX_SAFE_INTEGER, { rows: 100_000, bytes: 1e9 })?.bodies ?? []).map(
    (body): number => JSON.parse(body).sequence,
  )
/** The files of a running outbox as they are now: what a power cut or an image keeps of them. */
function copyTo(from: string, to: string, suffixes: readonly string[]): void {
  for (const suffix of suffixes) {
    const name = `outbox.db${suffix}`
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name))
    else rmSync(join(to, name), { force: true })
  }
}
const ALL_FILES = ['', '-wal', '.stamp']
const DATABASE = ['', '-wal']

describe('an outbox that was put back', () => {
  it('is told from one that went on: the earlier copy is set aside, and its unsent rows go under a new epoch', async () => {
    const home = tempDir()
    const image = tempDir()
    const first = open(home)
    await first.outbox.append({ ...arrival(1, 3), remember: { lastSequence: 3 } })
    await first.outbox.receipt({ epoch: first.outbox.epoch, first: 1, last: 1 })
    copyTo(home, image, DATABASE)
    first.outbox.close()
    const second = open(home)
    expect(second.damaged).toBeUndefined()
    expect(second.outbox.epoch).toBe(first.outbox.epoch)
    await second.outbox.append(arrival(4, 3))
    const session = await second.outbox.notes.nextSession()
    second.outbox.close()

    copyTo(image, home, DATABASE)
    const third = open(home)
    expect(third.damaged).toMatchObject({ why: 'restored' })
    expect((await third.outbox.takeover.some()).taken).toBe(2)
    expect(third.outbox.epoch).not.toBe(first.outbox.epoch)
    expect(sequences(third)).toEqual([2, 3])
    expect(third.outbox.memory('scale-0001')).toEqual({ lastSequence: 3 })
    expect(third.outbox.counts()).toMatchObject({ lastSequence: 2, unsent: 2 })
    expect(await third.outbox.notes.nextSession()).toBeGreaterThanOrEqual(session)
    expect(readdirSync(home).some((name) => name.includes('.restored-'))).toBe(true)
    const { epoch } = third.outbox
    third.outbox.close()
    expect(open(home)).toMatchObject({ outbox: { epoch } })
  })

  it('is noticed also while the hub never restarted in between, once the stamp was renewed', async () => {
    const home = tempDir()
    const image = tempDir()
    const first = open(home)
    await first.outbox.append(arrival(1, 1))
    copyTo(home, image, DATABASE)
    await first.outbox.append(arrival(2, 1))
    first.outbox.renewStamp()
    first.outbox.renewStamp()
    first.outbox.close()
    copyTo(image, home, DATABASE)
    expect(open(home).damaged?.why).toBe('restored')
  })

  it('is noticed when it was carried off without its stamp, and when the whole card went to another machine', async () => {
    const home = tempDir()
    const other = tempDir()
    const first = open(home)
    await first.outbox.append(arrival(1, 1))
    copyTo(home, other, DATABASE)
    const carriedOff = open(other)
    expect(carriedOff.damaged?.why).toBe('restored')
    expect((await carriedOff.outbox.takeover.some()).taken).toBe(1)
    const card = tempDir()
    copyTo(home, card, ALL_FILES)
    const elsewhere = open(card, 'board-2')
    expect(elsewhere.damaged?.why).toBe('restored')
    expect((await elsewhere.outbox.takeover.some()).taken).toBe(1)
  })

  it('is not suspected after a cut at any point of the renewal', async () => {
    const home = tempDir()
    const first = open(home)
    await first.outbox.append(arrival(1, 1))
    const { epoch } = first.outbox
    first.outbox.close()
    // Database renewed, file not yet: the one before.
    const cut = tempDir()
    copyTo(home, cut, ['.stamp'])
    open(home).outbox.close()
    copyTo(home, cut, DATABASE)
    expect(open(cut)).toMatchObject({ outbox: { epoch } })
    // The very first opening: the database has its next stamp, and there is no file yet.
    const born = tempDir()
    open(born).outbox.close()
    const db = new DatabaseSync(join(born, 'outbox.db'))
    db.exec(`DELETE FROM notes WHERE name = 'stamp'`)
    db.close()
    rmSync(join(born, 'outbox.db.stamp'))
    expect(open(born).damaged).toBeUndefined()
  })
})

describe('an outbox on a bad card', () => {
  it('loses of a log that was cut off only commits behind the cut, and stays sound', async () => {
    for (const cut of [0, 1, 1_000, 30_000]) {
      const home = tempDir()
      const after = tempDir()
      const first = open(home)
      for (let n = 1; n <= 20; n += 1) await first.outbox.append(arrival(n, 1))
      copyTo(home, after, ALL_FILES)
      const log = join(after, 'outbox.db-wal')
      truncateSync(log, statSync(log).size - cut)
      const opened = open(after)
      const left = sequences(opened)
      expect(left).toEqual(Array.from({ length: left.length }, (_, i) => i + 1))
      expect(left.length).toBeGreaterThanOrEqual(cut === 0 ? 20 : cut < 30_000 ? 18 : 10)
      await opened.outbox.append(arrival(100, 1))
      expect(sequences(opened).at(-1)).toBe(100)
    }
  })

  it('sets a row apart whose bytes turned over, keeps its bytes, and sends the ones around it', async () => {
    const home = tempDir()
    const first = open(home)
    await first.outbox.append(arrival(1, 5))
    first.outbox.close()
    const path = join(home, 'outbox.db')
    const bytes = readFileSync(path)
    const at = bytes.indexOf('"sequence":3')
    expect(at).toBeGreaterThan(0)
    const file = openSync(path, 'r+')
    writeSync(file, Buffer.from([0x00, 0xff]), 0, 2, at)
    closeSync(file)
    const opened = open(home)
    expect(opened.damaged).toBeUndefined()
    const all = { rows: 25, bytes: 64_000 }
    const runs = [opened.outbox.run(1, 99, all), opened.outbox.run(3, 99, all)]
    const sent = runs.flatMap((run) => run?.bodies.map((body): number => JSON.parse(body).sequence) ?? [])
    expect(sent).toEqual([1, 2, 4, 5])
    await opened.outbox.prove()
    expect(opened.outbox.counts()).toMatchObject({ decoded: 4, unsent: 4, rejected: 1 })
    expect(await opened.outbox.receipt({ epoch: opened.outbox.epoch, first: 1, last: 99 })).toBe(4)
    expect(opened.outbox.counts()).toMatchObject({ decoded: 4, receipted: 4, unsent: 0, rejected: 1 })
  })

  it('never opens a file with flipped bytes as if nothing had happened: each row is whole, set aside or known lost', async () => {
    const random = seeded(20)
    const home = tempDir()
    const first = open(home)
    await first.outbox.append(arrival(1, 400))
    const { epoch } = first.outbox
    first.outbox.close()
    const size = statSync(join(home, 'outbox.db')).size
    let setAside = 0
    for (let round = 0; round < 25; round += 1) {
      const after = tempDir()
      copyTo(home, after, ALL_FILES)
      const file = openSync(join(after, 'outbox.db'), 'r+')
      writeSync(file, randomBytes(512), 0, 512, Math.floor((random() * size) / 512) * 512)
      closeSync(file)
      const opened = open(after)
      if (opened.damaged !== undefined) {
        setAside += 1
        expect(opened.damaged.why).toBe('damaged')
        expect(opened.outbox.epoch).not.toBe(epoch)
        const taken = await takenOver(opened.outbox)
        expect(taken).toEqual([...new Set(taken)])
        expect(opened.outbox.counts()).toMatchObject({ decoded: taken.length, unsent: 0 })
        expect(readdirSync(after).some((name) => name.includes('.damaged-'))).toBe(true)
      }
      // Whatever state it is in: readings can be stored again.
      await opened.outbox.append(arrival(1_000, 1))
    }
    expect(setAside).toBeGreaterThan(5)
  })
})
