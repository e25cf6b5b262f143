import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { feedReadingSchema } from '../../broker/contract/messages.ts'
import { type Grant, organisationsFor } from '../../broker/grants.ts'
import {
  at,
  count,
  DOCUMENT,
  feedOf,
  idOf,
  message,
  openCore,
  pull,
  reading,
  temporaryDirectory,
} from './core-fixture.ts'

const HUB = 'hub-0001'

describe('grants', () => {
  const grant: Grant = { organisation: 'clinic', citizen: 'citizen-1', from: at(0), to: at(10), purpose: 'treatment' }
  const decide = (change: Partial<Grant>, when: string) =>
    organisationsFor([{ ...grant, ...change }], 'citizen-1', 'weight', when)

  it('hold from their first moment to just before their last', () => {
    expect(decide({}, at(-0.001))).toEqual([])
    expect(decide({}, at(0))).toEqual(['clinic'])
    expect(decide({}, at(9.999))).toEqual(['clinic'])
    expect(decide({}, at(10))).toEqual([])
  })

  it('hold for one citizen and the kinds they name', () => {
    expect(decide({ citizen: 'citizen-2' }, at(1))).toEqual([])
    expect(decide({ kinds: ['weight'] }, at(1))).toEqual(['clinic'])
    expect(decide({ kinds: ['glucose'] }, at(1))).toEqual([])
  })

  it('give an organisation with two of them one copy', () => {
    expect(organisationsFor([grant, { ...grant, purpose: 'research' }], 'citizen-1', 'weight', at(1))).toEqual([
      'clinic',
    ])
  })
})

describe('a feed', () => {
  it('carries a stored reading as published, without its raw bytes', async () => {
    const core = openCore()
    await core.send(HUB, message(1, [reading('a')]))
    const [out] = pull(core.ingest.feeds)
    expect(out).toMatchObject({
      topic: 'v1/orgs/clinic/readings/citizen-1/blood-pressure',
      qos: 1,
      retain: false,
      lane: 'live',
    })
    const entry = feedReadingSchema.parse(JSON.parse(String(out?.payload)))
    const { raw: _, ...expected } = reading('a')
    expect(entry).toEqual({ cursor: 1, citizen: 'citizen-1', hub: HUB, storedAt: at(0), reading: expected })
  })

  it('counts up by one in each organisation, without a gap, over commits, duplicates and restarts', async () => {
    const path = join(temporaryDirectory(), 'journal.db')
    const document = {
      ...DOCUMENT,
      organisations: [...DOCUMENT.organisations, { id: 'gp-north', title: 'GP' }],
      grants: [
        ...DOCUMENT.grants,
        { organisation: 'gp-north', citizen: 'citizen-1', kinds: ['weight'], from: at(-9000), purpose: 'care' },
      ],
      assignments: [...DOCUMENT.assignments, { device: 'scale-0001', citizen: 'citizen-1', from: at(-9000) }],
    }
    for (let round = 0; round < 3; round++) {
      const core = openCore(path, document)
      for (let i = 0; i < 20; i++) {
        const n = round * 20 + i
        const device = n % 3 === 0 ? { device: 'scale-0001', kind: 'weight' as const } : {}
        // Each message repeats the reading before.
        await core.send(HUB, message(n + 1, [reading(`r${n}`, device), reading(`r${Math.max(0, n - 1)}`, device)]))
      }
      core.ingest.close()
      core.journal.close()
    }
    const core = openCore(path, document)
    const cursors = (organisation: string) =>
      core.replay.readings(organisation, 0, 1000).items.map((item) => item.cursor)
    expect(cursors('clinic')).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
    expect(cursors('gp-north')).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  })

  it('puts what was measured long before into backfill, in the same order of cursors', async () => {
    const core = openCore()
    const old = reading('old', { measuredAt: at(-10.001) })
    await core.send(HUB, message(1, [reading('now'), old, reading('edge', { measuredAt: at(-10) })]))
    const out = pull(core.ingest.feeds)
    expect(out.map(({ topic }) => topic.split('/')[3])).toEqual(['readings', 'backfill', 'readings'])
    expect(out.map(({ lane }) => lane)).toEqual(['live', 'backfill', 'live'])
    expect(feedOf(out).map(({ cursor }) => cursor)).toEqual([1, 2, 3])
  })

  it('shows nothing of a citizen without grant', async () => {
    const core = openCore()
    core.apply({ assignments: [{ device: 'scale-0001', citizen: 'citizen-2', from: at(-9000) }] })
    await core.send(HUB, message(1, [reading('a', { device: 'scale-0001', kind: 'weight' })]))
    expect(count(core.journal, 'readings', `state = 'clinical'`)).toBe(1)
    expect(pull(core.ingest.feeds)).toEqual([])
    expect(core.replay.readings('clinic', 0, 10)).toEqual({ items: [], next: 0, withheld: 0, newest: 0 })
  })

  it('stops with the end of the grant, in the topic and in what is read again', async () => {
    const core = openCore()
    await core.send(HUB, message(1, [reading('a'), reading('b')]))
    core.apply({ grants: [{ ...DOCUMENT.grants[0], to: at(5) }] })
    expect(core.replay.readings('clinic', 0, 10).items).toHaveLength(2)
    core.clock.time += 5 * 60_000
    await core.send(HUB, message(3, [reading('c')]))
    expect(count(core.journal, 'feeds')).toBe(2)
    // Not yet published, and withheld now.
    expect(pull(core.ingest.feeds)).toEqual([])
    expect(core.ingest.counts().unpublished).toBe(0)
    expect(core.replay.readings('clinic', 0, 10)).toEqual({ items: [], next: 2, withheld: 2, newest: 2 })
  })

  it('is read on from a cursor, page by page', async () => {
    const core = openCore()
    await core.send(
      HUB,
      message(
        1,
        Array.from({ length: 25 }, (_, i) => reading(`r${i}`)),
      ),
    )
    const read: string[] = []
    let cursor = 0
    for (;;) {
      const { items, next } = core.replay.readings('clinic', cursor, 10)
      if (items.length === 0) break
      read.push(...items.map((item) => item.reading.id))
      cursor = next
    }
    expect(read).toEqual(Array.from({ length: 25 }, (_, i) => idOf(`r${i}`)))
  })
})

describe('publishing', () => {
  it('hands each entry out once, and again after a crash before it was marked as published', async () => {
    const path = join(temporaryDirectory(), 'journal.db')
    const core = openCore(path)
    await core.send(
      HUB,
      message(
        1,
        Array.from({ length: 15 }, (_, i) => reading(`r${i}`)),
      ),
    )
    const first = core.ingest.feeds.next(10)
    expect(feedOf(first).map(({ cursor }) => cursor)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    core.ingest.feeds.published(first)
    expect(feedOf(core.ingest.feeds.next(10)).map(({ cursor }) => cursor)).toEqual([11, 12, 13, 14, 15])
    expect(core.ingest.feeds.next(10)).toEqual([])
    expect(core.ingest.counts().unpublished).toBe(5)
    core.ingest.close()
    core.journal.close()
    const again = openCore(path)
    expect(feedOf(pull(again.ingest.feeds)).map(({ cursor }) => cursor)).toEqual([11, 12, 13, 14, 15])
  })

  it('takes organisations in turn, so that the backlog of one does not hold up another', async () => {
    const core = openCore()
    core.apply({
      organisations: [{ id: 'other', title: 'Other' }],
      grants: [{ organisation: 'other', citizen: 'citizen-1', from: at(-9000), purpose: 'care' }],
    })
    await core.send(
      HUB,
      message(
        1,
        Array.from({ length: 30 }, (_, i) => reading(`r${i}`)),
      ),
    )
    const organisations = [core.ingest.feeds.next(10), core.ingest.feeds.next(10)].map(
      (out) => out[0]?.topic.split('/')[2],
    )
    expect(organisations.sort()).toEqual(['clinic', 'other'])
  })

  it('asks to be pulled after each commit', async () => {
    const core = openCore()
    const before = core.woken.times
    await core.send(HUB, message(1, [reading('a')]))
    expect(core.woken.times).toBeGreaterThan(before)
  })
})
