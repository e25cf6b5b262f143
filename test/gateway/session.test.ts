import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RawRecord, SessionEvent } from '../../device-drivers/driver.ts'
import { PreCareError } from '../../device-drivers/errors.ts'
import { type Arrival, type Outbox, openOutbox } from '../../gateway/outbox.ts'
import { type Conversation, visitDevice } from '../../gateway/session.ts'
import { type ManualClock, manualClock } from '../support/manual-clock.ts'
import { tempDir, until } from '../support/temp-dir.ts'
import { about, decode, draft, record } from '../support/test-driver.ts'

const zone = 'Europe/Copenhagen'

function setUp(clock: ManualClock = manualClock()) {
  const path = join(tempDir(), 'outbox.db')
  const { outbox } = openOutbox(path, {
    time: () => ({ zone, now: clock.wall() ?? 0, wallAt: clock.wallAt }),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    clock,
  })
  onTestFinished(() => outbox.close())
  const disk = new DatabaseSync(path, { readOnly: true })
  onTestFinished(() => disk.close())
  const onDisk = () => Number(disk.prepare('SELECT COUNT(*) AS n FROM rows').get()?.['n'])
  return { clock, outbox, disk, onDisk }
}

function visit(
  events: Conversation['events'],
  { outbox, clock }: { outbox: Pick<Outbox, 'append' | 'memory' | 'commitNow'>; clock: ManualClock },
  more: { commit?: (record: RawRecord) => Promise<void>; signal?: AbortSignal; occasion?: string } = {},
) {
  const { commit, signal = new AbortController().signal, occasion = 'visit-1' } = more
  const talk = { device: 'scale-0001', about, options: {}, decode, events, ...(commit === undefined ? {} : { commit }) }
  return visitDevice(talk, { outbox, clock, zone, occasion, signal })
}

async function* play(...events: SessionEvent[]): AsyncIterable<SessionEvent> {
  yield* events
}
const heard = (weight: number, sequence: number): SessionEvent => ({ type: 'record', record: record(weight, sequence) })

describe('a visit to a device', () => {
  it('has each record on disk before the device is told, and tells it before asking for the next', async () => {
    const parts = setUp()
    const order: string[] = []
    async function* events(): AsyncIterable<SessionEvent> {
      for (const n of [1, 2]) {
        order.push(`asked ${n}`)
        yield heard(80, n)
      }
    }
    const commit = async ([{ bytes }]: RawRecord) => {
      order.push(`told ${bytes[1]} with ${parts.onDisk()} on disk`)
    }
    expect(await visit(events, parts, { commit })).toMatchObject({ records: 2, stored: 2 })
    expect(order).toEqual(['asked 1', 'told 1 with 1 on disk', 'asked 2', 'told 2 with 2 on disk'])
  })

  it('tells the device nothing when the disk refuses', async () => {
    const { clock } = setUp()
    const told: RawRecord[] = []
    const full = {
      memory: () => ({}),
      commitNow: () => undefined,
      append: () => Promise.reject(new PreCareError('store-failed', 'disk full')),
    }
    const work = visit(() => play(heard(80, 1)), { outbox: full, clock }, { commit: async (r) => void told.push(r) })
    await expect(work).rejects.toMatchObject({ code: 'store-failed' })
    expect(told).toEqual([])
  })

  it('stores the same record once, however often it is read', async () => {
    const parts = setUp()
    await visit(() => play(heard(80, 1), heard(81, 2)), parts)
    const again = await visit(() => play(heard(80, 1), heard(81, 2), heard(82, 3)), parts, { occasion: 'visit-2' })
    expect(again).toMatchObject({ records: 3, stored: 1, duplicate: 2 })
    expect(parts.onDisk()).toBe(3)
  })

  it('keeps the bytes of a record that cannot be read, tells the device, and goes on', async () => {
    const parts = setUp()
    const told: number[] = []
    const commit = async ([{ bytes }]: RawRecord) => void told.push(bytes[1] ?? -1)
    const report = await visit(() => play(heard(80, 1), heard(0xff, 2), heard(82, 3)), parts, { commit })
    expect(report).toMatchObject({ records: 3, stored: 2, rejected: 1 })
    expect(report.failure).toBeUndefined()
    expect(told).toEqual([1, 2, 3])
    expect(parts.disk.prepare('SELECT device, source, reason, hex FROM rejected').get()).toEqual({
      device: 'scale-0001',
      source: 'test',
      reason: 'packet-malformed: weight at offset 0',
      hex: 'ff02',
    })
  })

  it('keeps bytes that could not be framed', async () => {
    const parts = setUp()
    const packet = { source: 'nonin', bytes: Uint8Array.of(1, 2) }
    const report = await visit(() => play({ type: 'rejected', packet, reason: 'checksum' }, heard(80, 1)), parts)
    expect(report).toMatchObject({ stored: 1, rejected: 1 })
    expect(parts.outbox.counts()).toMatchObject({ rejected: 1, decoded: 1 })
  })

  it('counts the bytes of a noisy line, but keeps only so many of them a minute', async () => {
    const parts = setUp()
    async function* noise(): AsyncIterable<SessionEvent> {
      for (let minute = 0; minute < 2; minute += 1) {
        const packet = { source: 'nonin', bytes: Uint8Array.of(minute) }
        for (let i = 0; i < 500; i += 1) yield { type: 'rejected', packet, reason: 'checksum' }
        await parts.clock.advance(60_000)
      }
    }
    expect(await visit(noise, parts)).toMatchObject({ rejected: 1_000 })
    expect(parts.outbox.counts().rejected).toBe(120)
  })

  it('counts a link that breaks after data as success, and before data as failure', async () => {
    const parts = setUp()
    async function* breaking(...before: SessionEvent[]): AsyncIterable<SessionEvent> {
      yield* before
      throw new PreCareError('link-lost', 'hung up')
    }
    const after = await visit(() => breaking(heard(80, 1)), parts)
    expect(after).toMatchObject({ stored: 1 })
    expect(after.failure).toBeUndefined()
    expect((await visit(() => breaking(), parts)).failure?.code).toBe('link-lost')
  })

  it('survives a driver that throws what it should not', async () => {
    const parts = setUp()
    async function* faulty(): AsyncIterable<SessionEvent> {
      yield heard(80, 1)
      throw new RangeError('offset out of range')
    }
    const report = await visit(faulty, parts)
    expect(report).toMatchObject({ stored: 1, failure: { code: 'device-refused' } })
  })

  it('ends at its deadline although the device never answers', async () => {
    const parts = setUp()
    const stop = new AbortController()
    let asked = false
    async function* silent(): AsyncIterable<SessionEvent> {
      asked = true
      await new Promise(() => undefined)
      yield heard(80, 1)
    }
    const report = visit(silent, parts, { signal: stop.signal })
    await until(() => asked)
    stop.abort(new PreCareError('operation-timeout', 'visit exceeded its time'))
    expect((await report).failure?.code).toBe('operation-timeout')
  })

  it('corrects the records of a device that is 16 minutes slow by its clock in the same visit', async () => {
    const parts = setUp()
    const appended: Arrival[] = []
    const outbox = {
      memory: () => ({}),
      commitNow: () => undefined,
      append: (arrival: Arrival) => {
        appended.push(arrival)
        return parts.outbox.append(arrival)
      },
    }
    await visit(() => play({ type: 'clock', deviceNow: '2026-11-20T12:44:00' }, heard(80, 1)), { ...parts, outbox })
    expect(appended[0]?.drafts[0]?.timing).toMatchObject({
      deviceClock: { deviceNow: '2026-11-20T12:44:00', readAt: 5_000 },
      heardAt: 5_000,
      bootId: 'boot-1',
    })
  })

  it('offers the driver what earlier visits remembered, and no local time while the hub knows none', async () => {
    const parts = setUp()
    await visit(() => play({ type: 'record', record: record(80, 7), remember: { last: 7 } }), parts)
    const unsynced = manualClock({ wall: 0 })
    const seen: unknown[] = []
    await visit(
      (lent) => {
        seen.push(lent.memory, lent.localTime())
        return play()
      },
      { outbox: parts.outbox, clock: unsynced },
    )
    expect(seen).toEqual([{ last: 7 }, undefined])
  })

  it('tells equal packets of a device without number or time apart by the occasion', async () => {
    const parts = setUp()
    const plain = (r: RawRecord) => {
      const { measurements, fields } = decode(r)
      return { measurements: measurements.map(({ sequence: _, ...m }) => m), fields }
    }
    const talk = {
      device: 'scale-0001',
      about,
      options: {},
      decode: plain,
      events: () => play(heard(80, 1), heard(80, 1)),
    }
    const signal = new AbortController().signal
    const context = { outbox: parts.outbox, clock: parts.clock, zone, occasion: 'run.1', signal }
    expect(await visitDevice(talk, context)).toMatchObject({ stored: 2 })
    expect(await visitDevice(talk, { ...context, occasion: 'run.2' })).toMatchObject({ stored: 2, duplicate: 0 })
  })
})

describe('a live stream', () => {
  const live = (n: number): SessionEvent => ({ type: 'record', live: true, record: record(80, n) })
  /** A stream that the test feeds. */
  function stream() {
    const events: SessionEvent[] = []
    const over = new AbortController()
    let dealtWith = 0
    async function* heardAll(): AsyncIterable<SessionEvent> {
      while (!over.signal.aborted || events.length > 0) {
        const event = events.shift()
        if (event === undefined) await new Promise((resolve) => setImmediate(resolve))
        else {
          yield event
          dealtWith += 1
        }
      }
    }
    return { events, heardAll, dealtWith: () => dealtWith, end: () => over.abort() }
  }

  it('has its first reading on disk at once, and those of the next two minutes together', async () => {
    const parts = setUp()
    const { events, heardAll, dealtWith, end } = stream()
    const done = visit(heardAll, parts)
    events.push(live(1))
    await until(() => parts.onDisk() === 1)
    for (const n of [2, 3, 4]) {
      events.push(live(n))
      await parts.clock.advance(39_000)
    }
    expect(dealtWith()).toBe(4)
    expect(parts.onDisk()).toBe(1)
    await parts.clock.advance(3_000)
    expect(parts.onDisk()).toBe(4)
    end()
    expect(await done).toMatchObject({ records: 4, stored: 4 })
  })

  it('has everything on disk when it ends, is broken off, or something else is stored', async () => {
    const parts = setUp()
    expect(await visit(() => play(live(1), live(2)), parts)).toMatchObject({ stored: 2 })
    expect(parts.onDisk()).toBe(2)
    const stop = new AbortController()
    const second = stream()
    second.events.push(live(3))
    const broken = visit(second.heardAll, parts, { signal: stop.signal, occasion: 'visit-2' })
    await until(() => second.dealtWith() === 1)
    stop.abort(new PreCareError('link-lost', 'the hub stops'))
    expect(await broken).toMatchObject({ stored: 1 })
    expect(parts.onDisk()).toBe(3)
    const third = stream()
    third.events.push(live(4))
    const open = visit(third.heardAll, parts, { occasion: 'visit-3' })
    await until(() => third.dealtWith() === 1)
    expect(parts.onDisk()).toBe(3)
    await visit(() => play(heard(80, 5)), parts, { occasion: 'visit-4' })
    expect(parts.onDisk()).toBe(5)
    third.end()
    await open
  })

  it('does not make the first reading of another device wait', async () => {
    const parts = setUp()
    const append = (device: string, n: number) =>
      parts.outbox.append({ device, live: true, drafts: [draft(n, { bootId: parts.clock.bootId })] })
    await append('oximeter-0001', 1)
    const second = append('oximeter-0001', 2)
    await parts.clock.advance(1_000)
    expect(parts.onDisk()).toBe(1)
    await append('belt-0001', 3)
    await second
    expect(parts.onDisk()).toBe(3)
  })

  it('goes on sharing commits while receipts come in', async () => {
    const parts = setUp()
    const append = (n: number) =>
      parts.outbox.append({
        device: 'oximeter-0001',
        live: true,
        drafts: [draft(n, { bootId: parts.clock.bootId })],
      })
    await append(1)
    const waiting = [append(2)]
    expect(await parts.outbox.receipt({ epoch: parts.outbox.epoch, first: 1, last: 1 })).toBe(1)
    waiting.push(append(3))
    expect(parts.onDisk()).toBe(1)
    await parts.clock.advance(120_000)
    await Promise.all(waiting)
    expect(parts.onDisk()).toBe(3)
  })

  it('waits for the disk like any other when its device is told "received"', async () => {
    const parts = setUp()
    const order: string[] = []
    const commit = async ([{ bytes }]: RawRecord) => {
      order.push(`told ${bytes[1]} with ${parts.onDisk()} on disk`)
    }
    await visit(() => play(live(1), live(2)), parts, { commit })
    expect(order).toEqual(['told 1 with 1 on disk', 'told 2 with 2 on disk'])
  })

  it('ends with the refusal of a disk that refuses what waited', async () => {
    const { clock } = setUp()
    const full = {
      memory: () => ({}),
      commitNow: () => undefined,
      append: () => Promise.reject(new PreCareError('store-failed', 'disk full')),
    }
    const work = visit(() => play(live(1)), { outbox: full, clock })
    await expect(work).rejects.toMatchObject({ code: 'store-failed' })
  })
})
