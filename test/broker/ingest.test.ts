import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REST_MS } from '../../broker/ingest.ts'
import {
  at,
  type Core,
  count,
  EPOCH,
  idOf,
  message,
  openCore,
  pressure,
  pull,
  reading,
  temporaryDirectory,
  until,
} from './core-fixture.ts'

const HUB = 'hub-0001'
const turn = () => new Promise((resolve) => setImmediate(resolve))
const stored = ({ journal }: Core) => count(journal, 'readings')
const countsOf = ({ ingest }: Core, hub = HUB) => ingest.counts().hubs.get(hub)

describe('receipts', () => {
  it('names the range that is on disk, and comes only when it is there', async () => {
    const core = openCore()
    const accepted = core.send(HUB, message(7, [reading('a'), reading('b')]))
    expect(core.receipts).toEqual([])
    await accepted
    expect(stored(core)).toBe(2)
    expect(core.receipts).toEqual([
      { topic: 'v1/hubs/hub-0001/receipts', receipt: { epoch: EPOCH, first: 7, last: 8 } },
    ])
  })

  it('is one for neighbouring messages of a hub, and never spans another epoch or a hole', async () => {
    const core = openCore()
    const other = 'fedcba9876543210'
    await Promise.all([
      core.send(HUB, message(1, [reading('a'), reading('b')])),
      core.send('hub-0002', message(3, [reading('x')])),
      core.send(HUB, message(3, [reading('c')])),
      core.send(HUB, message(5, [reading('e')])),
      core.send(HUB, message(6, [reading('f')], other)),
    ])
    expect(core.receipts.map(({ topic, receipt }) => [topic.split('/')[2], receipt])).toEqual([
      ['hub-0001', { epoch: EPOCH, first: 1, last: 3 }],
      ['hub-0002', { epoch: EPOCH, first: 3, last: 3 }],
      ['hub-0001', { epoch: EPOCH, first: 5, last: 5 }],
      ['hub-0001', { epoch: other, first: 6, last: 6 }],
    ])
  })

  it('has time to go out before the next commit, and what comes in that time is one commit', async () => {
    const core = openCore(undefined, undefined, { restMs: REST_MS * 50 })
    await core.send(HUB, message(1, [reading('first')]))
    const began = performance.now()
    const sent = [2, 3, 4].map((n) => core.send(HUB, message(n, [reading(`rested-${n}`)])))
    await turn()
    sent.push(core.send(HUB, message(5, [reading('rested-5')])))
    await Promise.all(sent)
    // Timers count whole milliseconds.
    expect(performance.now() - began).toBeGreaterThan(REST_MS * 50 - 2)
    expect(core.receipts.map(({ receipt: { first, last } }) => [first, last])).toEqual([
      [1, 1],
      [2, 5],
    ])
  })

  it('is not sent when the disk refused, and the message is rejected so that the hub keeps it', async () => {
    const core = openCore()
    core.journal.database.exec('PRAGMA max_page_count = 1')
    const big = Array.from({ length: 300 }, (_, i) => reading(`r${i}`))
    await expect(core.send(HUB, message(1, big))).rejects.toMatchObject({ code: 'store-failed' })
    expect(core.receipts).toEqual([])
    core.journal.database.exec('PRAGMA max_page_count = 100000')
    await core.send(HUB, message(1, big))
    expect(stored(core)).toBe(300)
    expect(countsOf(core)).toMatchObject({ received: 300, stored: 300, resent: 0 })
  })

  it('is given again for a message that comes again', async () => {
    const core = openCore()
    await core.send(HUB, message(1, [reading('a')]))
    await core.send(HUB, message(1, [reading('a')]))
    expect(core.receipts).toHaveLength(2)
    expect(countsOf(core)).toMatchObject({ received: 1, stored: 1, resent: 1, duplicate: 0 })
  })
})

describe('exactly once', () => {
  it('stores each reading once and conserves the count, whatever is repeated, cut and shuffled', async () => {
    const run = fc.asyncProperty(
      fc.array(fc.record({ first: fc.integer({ min: 1, max: 30 }), length: fc.integer({ min: 1, max: 8 }) }), {
        minLength: 1,
        maxLength: 25,
      }),
      fc.array(fc.boolean(), { maxLength: 25 }),
      async (messages, waits) => {
        const core = openCore()
        for (const [index, { first, length }] of messages.entries()) {
          const readings = Array.from({ length }, (_, i) => reading(`r${first + i}`))
          const accepted = core.send(HUB, message(first, readings))
          if (waits[index] === true) await accepted
        }
        await until(() => core.ingest.counts().waiting === 0)
        const sent = new Set(messages.flatMap(({ first, length }) => Array.from({ length }, (_, i) => first + i)))
        expect(stored(core)).toBe(sent.size)
        const total = messages.reduce((sum, { length }) => sum + length, 0)
        expect(countsOf(core)).toMatchObject({ received: sent.size, stored: sent.size, resent: total - sent.size })
        const highest = Math.max(...sent)
        expect(core.ingest.counts().epochs).toMatchObject([{ highest, missing: highest - sent.size }])
        core.ingest.close()
        core.journal.close()
      },
    )
    await fc.assert(run, { numRuns: 40 })
  })

  it('counts a reading that comes under another number, or from another hub, as a duplicate', async () => {
    const core = openCore()
    await core.send(HUB, message(1, [reading('a')]))
    await core.send(HUB, message(2, [reading('a'), reading('b')]))
    await core.send('hub-0002', message(1, [reading('a')]))
    expect(stored(core)).toBe(2)
    expect(countsOf(core)).toMatchObject({ received: 3, stored: 2, duplicate: 1 })
    expect(countsOf(core, 'hub-0002')).toMatchObject({ received: 1, stored: 0, duplicate: 1 })
  })

  it('stores another reading under a number that was used before, and shows that it happened', async () => {
    const core = openCore()
    await core.send(HUB, message(1, [reading('a')]))
    await core.send(HUB, message(1, [reading('b')]))
    expect(stored(core)).toBe(2)
    expect(countsOf(core)).toMatchObject({ received: 2, stored: 2, reused: 1 })
  })

  it('keeps the bytes of a reading beside it and out of its payload', async () => {
    const core = openCore()
    await core.send(HUB, message(1, [reading('a')]))
    const raw = core.journal.database.prepare('SELECT packets FROM raw_packets').get()
    expect(raw).toEqual({ packets: '[{"source":"2A35","hex":"0678005000"}]' })
    const { payload } = core.journal.database.prepare('SELECT payload FROM readings').get() ?? {}
    expect(String(payload)).not.toContain('0678005000')
  })
})

describe('a reading that another hub brought first', () => {
  it('is held for that one, and becomes clinical in the words of the hub that the device belongs to', async () => {
    const core = openCore()
    await core.send('hub-0002', message(1, [reading('a', { values: pressure(99) })]))
    expect(core.ingest.counts().held).toBe(1)
    await core.send(HUB, message(1, [reading('a', { values: pressure(170) })]))
    expect(core.ingest.counts().held).toBe(0)
    expect(pull(core.ingest.feeds).map(({ payload }) => JSON.parse(String(payload)))).toMatchObject([
      { hub: HUB, reading: { id: idOf('a'), values: { systolic: { value: 170 } } } },
    ])
    expect(core.ingest.counts().openAlerts).toBe(1)
    // Once it is clinical, nobody takes it over any more.
    await core.send('hub-0002', message(2, [reading('a', { values: pressure(99) })]))
    await core.send(HUB, message(2, [reading('a')]))
    expect(pull(core.ingest.feeds)).toEqual([])
    expect([stored(core), countsOf(core)?.duplicate, countsOf(core, 'hub-0002')?.stored]).toEqual([1, 2, 1])
  })
})

describe('bad input', () => {
  it('keeps one malformed reading among a hundred good ones in quarantine and stores the others', async () => {
    const core = openCore()
    const readings: unknown[] = Array.from({ length: 100 }, (_, i) => reading(`r${i}`))
    readings[41] = { ...reading('bad'), kind: 'horoscope' }
    await core.send(HUB, message(1, readings))
    expect(stored(core)).toBe(99)
    expect(countsOf(core)).toMatchObject({ received: 100, stored: 99, quarantined: 1 })
    expect(core.receipts.map(({ receipt }) => receipt)).toEqual([{ epoch: EPOCH, first: 1, last: 100 }])
    const row = core.journal.database.prepare('SELECT hub, first, reason, payload FROM quarantine').get()
    expect(row).toMatchObject({ hub: HUB, first: 42, reason: 'reading-breaks-schema' })
    expect(Buffer.from(row?.['payload'] as Uint8Array).toString()).toContain('horoscope')
  })

  it('keeps what is repeated in quarantine once', async () => {
    const core = openCore()
    for (let i = 0; i < 3; i++) await core.send(HUB, message(1, [{ nothing: true }]))
    for (let i = 0; i < 3; i++) await core.send(HUB, Buffer.from('not JSON'))
    expect(count(core.journal, 'quarantine')).toBe(2)
    expect(countsOf(core)).toMatchObject({ received: 1, quarantined: 1, resent: 2, unreadable: 3 })
  })

  it.each([
    ['a slash', 'cuff/0001'],
    ['a plus', 'cuff+0001'],
    ['a hash', 'cuff#0001'],
    ['NUL', 'cuff\u00000001'],
    ['a newline', 'cuff\n0001'],
    ['a newline at the end', 'cuff-0001\n'],
  ])('refuses an id with %s', async (_, device) => {
    const core = openCore()
    await core.send(HUB, message(1, [reading('a', { device }), reading('b')]))
    expect(stored(core)).toBe(1)
    expect(countsOf(core)).toMatchObject({ stored: 1, quarantined: 1 })
  })

  it.each([
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00]), 'payload-not-utf8'],
    ['nothing', Buffer.alloc(0), 'payload-not-json'],
    ['half a message', message(1, [reading('a')]).subarray(0, 60), 'payload-not-json'],
    ['a number', Buffer.from('42'), 'message-breaks-schema'],
    ['100,000 brackets', Buffer.from('['.repeat(100_000)), 'payload-too-deep'],
    ['300 kB', Buffer.alloc(300 * 1024, 0x20), 'payload-too-large'],
  ])('accepts %s, so that the hub does not send it for ever, and keeps it', async (_, payload, reason) => {
    const core = openCore()
    await core.send(HUB, payload)
    await core.send(HUB, message(1, [reading('a')]))
    expect(core.journal.database.prepare('SELECT reason FROM quarantine').all()).toEqual([{ reason }])
    expect(stored(core)).toBe(1)
    expect(core.receipts).toHaveLength(1)
  })

  it('receipts the numbers that a message with a broken envelope claims', async () => {
    const core = openCore()
    const surplus = { epoch: EPOCH, first: 4, readings: [reading('a'), reading('b')], greeting: 'hello' }
    await core.send(HUB, Buffer.from(JSON.stringify(surplus)))
    expect(core.receipts.map(({ receipt }) => receipt)).toEqual([{ epoch: EPOCH, first: 4, last: 5 }])
    expect(countsOf(core)).toMatchObject({ received: 2, quarantined: 2, stored: 0 })
  })

  it('never logs what was in a message', async () => {
    const core = openCore()
    await core.send(HUB, message(1, [{ ...reading('a'), secret: 'value-4711' }, { values: 'value-4712' }]))
    await core.send(HUB, Buffer.from('value-4713'))
    expect(core.lines.length).toBeGreaterThan(0)
    expect(JSON.stringify(core.lines)).not.toContain('value-47')
  })

  it('lets one message that can not be stored take no other with it', async () => {
    const core = openCore()
    // A row that breaks the schema of the database, as a fault in the broker itself would.
    core.journal.database.exec(
      `CREATE TRIGGER poison BEFORE INSERT ON readings WHEN new.id = '${idOf('poison')}' BEGIN SELECT raise(ABORT, 'no'); END`,
    )
    const others = Array.from({ length: 20 }, (_, i) => core.send(HUB, message(i + 2, [reading(`r${i}`)])))
    await Promise.all([core.send(HUB, message(1, [reading('poison')])), ...others])
    expect(stored(core)).toBe(20)
    expect(countsOf(core)).toMatchObject({ received: 21, stored: 20, quarantined: 1 })
    expect(core.journal.database.prepare('SELECT reason FROM quarantine').get()).toEqual({
      reason: 'reading-not-storable',
    })
    expect(core.ingest.counts().epochs).toMatchObject([{ contiguous: 21, missing: 0 }])
  })
})

describe('held readings', () => {
  const scale = (name: string, change = {}) =>
    reading(name, { device: 'scale-0001', kind: 'weight', measuredAt: at(-2000), ...change })

  it('holds a reading nobody is assigned to and releases it with its own times', async () => {
    const core = openCore()
    await core.send(HUB, message(1, [scale('a'), scale('b', { measuredAt: at(-1) })]))
    expect(core.ingest.counts().held).toBe(2)
    expect(pull(core.ingest.feeds)).toEqual([])
    core.apply({ assignments: [{ device: 'scale-0001', citizen: 'citizen-1', from: at(-3000), to: at(-1000) }] })
    await until(() => core.ingest.counts().held === 1)
    const [released] = pull(core.ingest.feeds)
    expect(released?.topic).toBe('v1/orgs/clinic/backfill/citizen-1/weight')
    expect(JSON.parse(String(released?.payload))).toMatchObject({ reading: { id: idOf('a'), measuredAt: at(-2000) } })
  })

  it('releases after a restart, when the assignment came while the broker was down', async () => {
    const path = join(temporaryDirectory(), 'journal.db')
    const before = openCore(path)
    await before.send(HUB, message(1, [scale('a')]))
    before.ingest.close()
    before.journal.close()
    const assigned = { assignments: [{ device: 'scale-0001', citizen: 'citizen-1', from: at(-3000) }] }
    const after = openCore(path, assigned)
    await until(() => after.ingest.counts().held === 0)
    expect(pull(after.ingest.feeds)).toHaveLength(1)
  })

  it.each([
    ['an unknown device', HUB, { device: 'stranger-1' }, 'device-unknown'],
    ['a device registered at another hub', 'hub-0002', {}, 'device-at-other-hub'],
    ['a time before the assignment', HUB, { measuredAt: '2025-12-31T23:59:59.999Z' }, 'unassigned'],
  ])('holds a reading of %s', async (_, hub, change, reason) => {
    const core = openCore()
    await core.send(hub, message(1, [reading('a', change)]))
    expect(core.journal.database.prepare('SELECT state, held_reason, citizen FROM readings').all()).toEqual([
      { state: 'held', held_reason: reason, citizen: null },
    ])
    expect(core.receipts).toHaveLength(1)
  })

  it('never guesses between the slots of a shared device', async () => {
    const core = openCore()
    core.apply({
      assignments: [
        { device: 'scale-0001', slot: 1, citizen: 'citizen-1', from: at(-3000) },
        { device: 'scale-0001', slot: 2, citizen: 'citizen-2', from: at(-3000) },
      ],
    })
    await core.send(
      HUB,
      message(1, [scale('a', { slot: 1 }), scale('b', { slot: 2 }), scale('c', { slot: 3 }), scale('d')]),
    )
    const rows = core.journal.database.prepare('SELECT citizen FROM readings ORDER BY seq').all()
    expect(rows.map(({ citizen }) => citizen)).toEqual(['citizen-1', 'citizen-2', null, null])
  })

  it('notices a registry that another process changed, with the next message', async () => {
    const core = openCore()
    const { applyRegistry } = await import('../../broker/registry.ts')
    const { openJournal } = await import('../../broker/store/journal.ts')
    const provisioning = openJournal(core.journal.path)
    applyRegistry(provisioning, { assignments: [{ device: 'scale-0001', citizen: 'citizen-2', from: at(-3000) }] })
    provisioning.close()
    await core.send(HUB, message(1, [scale('a')]))
    expect(count(core.journal, 'readings', `citizen = 'citizen-2'`)).toBe(1)
  })

  it('keeps a test measurement, and makes no clinical reading of it', async () => {
    const core = openCore()
    await core.send(HUB, message(1, [reading('a', { test: true, values: pressure(250) })]))
    expect(core.journal.database.prepare('SELECT state, citizen FROM readings').all()).toEqual([
      { state: 'test', citizen: null },
    ])
    expect(pull(core.ingest.feeds)).toEqual([])
    expect(pull(core.ingest.alerts)).toEqual([])
    expect(countsOf(core)).toMatchObject({ stored: 1, evaluated: 0 })
  })
})

it('commits what waits when it is closed, and accepts nothing more', async () => {
  const core = openCore()
  const accepted = core.send(HUB, message(1, [reading('a')]))
  core.ingest.close()
  await accepted
  expect(stored(core)).toBe(1)
  await expect(core.send(HUB, message(2, [reading('b')]))).rejects.toMatchObject({ code: 'store-failed' })
})
