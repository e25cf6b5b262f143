import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { QUARANTINE_PER_DAY } from '../../../broker/store/quarantine.ts'
import { type Core, count, message, openCore, reading, temporaryDirectory } from '../core-fixture.ts'

const HUB = 'hub-0001'
const OTHER = 'hub-0002'
const DAY = 24 * 3600_000
const bad = (n: number) => ({ ...reading(`bad ${n}`), kind: 'horoscope' })

const open = (entries: number, bytes: number): Core =>
  openCore(join(temporaryDirectory(), 'journal.db'), undefined, { quarantinePerDay: { entries, bytes } })
const countsOf = (core: Core, hub = HUB) => core.ingest.counts().hubs.get(hub)
const linesOf = (core: Core, event: string) => core.lines.filter((line) => line.event === event)
const keptBytes = (core: Core): number =>
  Number(core.journal.database.prepare('SELECT sum(length(payload)) AS n FROM quarantine').get()?.['n'] ?? 0)

describe('the quarantine of a hub that sends nothing but rubbish', () => {
  it('keeps so many a day and counts the rest: every number is receipted, and the sums agree', async () => {
    const core = open(10, 1e6)
    for (let n = 0; n < 25; n++)
      await core.send(
        HUB,
        message(
          n * 4 + 1,
          [0, 1, 2, 3].map((i) => bad(n * 4 + i)),
        ),
      )
    expect(count(core.journal, 'quarantine')).toBe(10)
    expect(countsOf(core)).toMatchObject({ received: 100, stored: 0, duplicate: 0, quarantined: 100, unkept: 90 })
    expect(core.receipts.map(({ receipt }) => receipt.last)).toEqual(Array.from({ length: 25 }, (_, n) => n * 4 + 4))
    expect(core.ingest.counts().epochs).toMatchObject([{ contiguous: 100, missing: 0 }])
  })

  it('keeps so many bytes a day, also of messages that name no number', async () => {
    const core = open(1_000, 64 * 1024)
    for (let n = 0; n < 20; n++) await core.send(HUB, Buffer.alloc(10_000, 0x61 + n))
    expect(keptBytes(core)).toBe(60_000)
    expect(countsOf(core)).toMatchObject({ received: 0, unreadable: 20, unkept: 14 })
  })

  it('says so in one line, and is silent about what follows that day', async () => {
    const core = open(3, 1e6)
    for (let n = 0; n < 50; n++) await core.send(HUB, message(n + 1, [bad(n)]))
    expect(linesOf(core, 'quarantine-full')).toHaveLength(1)
    expect(linesOf(core, 'readings-quarantined')).toHaveLength(3)
  })

  it('begins anew the next day, and takes nothing from another hub', async () => {
    const core = open(3, 1e6)
    for (let n = 0; n < 9; n++) await core.send(HUB, message(n + 1, [bad(n)]))
    await core.send(OTHER, message(1, [bad(1)]))
    expect(countsOf(core, OTHER)).toMatchObject({ quarantined: 1, unkept: 0 })
    core.clock.time += DAY
    for (let n = 9; n < 18; n++) await core.send(HUB, message(n + 1, [bad(n)]))
    expect(countsOf(core)).toMatchObject({ received: 18, quarantined: 18, unkept: 12 })
    expect(count(core.journal, 'quarantine')).toBe(7)
    expect(linesOf(core, 'quarantine-full')).toHaveLength(2)
  })

  it('counts once what is repeated, kept or not', async () => {
    const core = open(1, 1e6)
    for (let n = 0; n < 5; n++) await core.send(HUB, message(1, [bad(1), bad(2)]))
    expect(countsOf(core)).toMatchObject({ received: 2, quarantined: 2, unkept: 1, resent: 8 })
  })

  it('can prove afterwards what was left out: its digests, folded into one in their order', async () => {
    const core = open(0, 0)
    const left = [Buffer.from('first'), Buffer.from('second')]
    for (const payload of left) await core.send(HUB, payload)
    const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')
    const digests = left.map((payload) => sha256(`::${payload}`))
    const chain = digests.reduce((before, digest) => sha256(before + digest), '')
    expect(core.journal.database.prepare('SELECT left_out, chain FROM quarantine_days').all()).toEqual([
      { left_out: 2, chain },
    ])
  })

  it('grows by no row and no byte once it is full', async () => {
    const core = open(2, 1e6)
    for (let n = 0; n < 5; n++) await core.send(HUB, Buffer.from(`rubbish ${n}`))
    const rows = () => ['quarantine', 'quarantine_days', 'hub_counts'].map((table) => count(core.journal, table))
    const before = rows()
    for (let n = 5; n < 300; n++) await core.send(HUB, Buffer.from(`rubbish ${n}`))
    expect(rows()).toEqual(before)
  })
})

it('holds the worst honest day of a hub in which every reading is malformed', () => {
  const worst = 96 + 3_600
  expect(QUARANTINE_PER_DAY.entries).toBeGreaterThan(worst)
  expect(QUARANTINE_PER_DAY.bytes).toBeGreaterThan(worst * 1_000)
})
