import type { Readable } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openTrail } from '../../../broker/audit/trail.ts'
import { isQuiet, MAX_STREAMS_EACH, openChanges } from '../../../broker/clinic/changes.ts'
import { type Change, changeSchema } from '../../../broker/clinic/shapes.ts'
import { openShown } from '../../../broker/clinic/shown.ts'
import type { AlertMessage } from '../../../broker/contract/alert.ts'
import { revokeToken } from '../../../broker/rights/tokens.ts'
import { type Core, message, NOW, openCore, pressure, reading, until } from '../core-fixture.ts'
import { type House, openHouse } from '../http/house.ts'

/** Server-sent events as a browser reads them: over a real socket, or from the stream itself. */

interface Event {
  readonly id: number
  readonly event: string
  readonly data: Change
}

const eventsIn = (text: string): Event[] =>
  text.split('\n\n').flatMap((block) => {
    const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)))
    return fields['event'] === undefined
      ? []
      : [{ id: Number(fields['id']), event: fields['event'], data: JSON.parse(fields['data']) }]
  })

interface Listening {
  readonly status: number
  readonly answer: Response
  text(): string
  events(): Event[]
  /** Resolves when the broker has ended it. */
  readonly over: Promise<void>
  stop(): void
}

async function listen(house: House, headers: Record<string, string>, query = ''): Promise<Listening> {
  const stopping = new AbortController()
  const answer = await fetch(`${house.server.url}/v1/changes${query}`, { headers, signal: stopping.signal })
  let text = ''
  const read = async () => {
    const decoder = new TextDecoder()
    for await (const part of answer.body ?? []) text += decoder.decode(part as Uint8Array, { stream: true })
  }
  const over = read().catch(() => undefined)
  onTestFinished(() => stopping.abort())
  return {
    status: answer.status,
    answer,
    text: () => text,
    events: () => eventsIn(text),
    over,
    stop: () => stopping.abort(),
  }
}

const bearer = async (house: House, organisation = 'clinic') => ({
  authorization: `Bearer ${await house.token(organisation, 'nurse')}`,
})

let seq = 0
async function measure(core: Core, systolic: number): Promise<void> {
  seq += 1
  core.clock.time += 1_000
  const measuredAt = new Date(core.clock.time).toISOString()
  await core.send(
    'hub-0001',
    message(seq, [reading(`r${seq}`, { values: pressure(systolic), measuredAt, receivedAt: measuredAt })]),
  )
}

describe('the changes over HTTP', () => {
  test('tell a new alert and its end while the page is open, in the shape that the table says', async () => {
    const house = await openHouse()
    const listening = await listen(house, await bearer(house))
    expect(listening.answer.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(listening.answer.headers.get('cache-control')).toBe('no-store')
    await until(() => listening.text().includes('retry: 1000'))
    await measure(house.core, 171)
    house.clinic.changes.wake()
    await until(() => listening.events().length === 1)
    const [told] = listening.events()
    expect(told).toMatchObject({
      id: 1,
      event: 'alert',
      data: { citizen: 'citizen-1', level: 'red', state: 'open', quiet: false },
    })
    expect(changeSchema.parse(told?.data)).toEqual(told?.data)
    expect(listening.text()).not.toMatch(/171|systolic/)
    await measure(house.core, 120)
    house.clinic.changes.wake()
    await until(() => listening.events().length === 2)
    expect(listening.events()[1]).toMatchObject({ id: 2, data: { quiet: true, revision: 2 } })
  })

  test('go on from the last event that the page had, or from the cursor of its list', async () => {
    const house = await openHouse()
    for (const systolic of [171, 120, 172, 120]) await measure(house.core, systolic)
    const headers = await bearer(house)
    const listening = await listen(house, { ...headers, 'last-event-id': '1' }, '?since=0')
    const since = await listen(house, headers, '?since=2')
    const newest = Number(
      house.core.journal.database.prepare('SELECT max(cursor) AS n FROM alert_transitions').get()?.['n'],
    )
    await until(() => listening.events().length === newest - 1 && since.events().length === newest - 2)
    expect(listening.events()[0]?.id).toBe(2)
    expect(since.events().map(({ id }) => id)).toEqual(
      listening
        .events()
        .slice(1)
        .map(({ id }) => id),
    )
  })

  test('are told to nobody else: another clinic, research, a role without the right', async () => {
    const house = await openHouse()
    const other = await listen(house, await bearer(house, 'other'))
    const study = await listen(house, await bearer(house, 'study'))
    expect(study.status).toBe(403)
    const own = await listen(house, await bearer(house))
    await measure(house.core, 171)
    house.clinic.changes.wake()
    await until(() => own.events().length === 1)
    expect(other.status).toBe(200)
    expect(other.events()).toEqual([])
  })

  test('are in the audit: who listened, and whom he was told of, before it leaves', async () => {
    const house = await openHouse()
    const listening = await listen(house, await bearer(house))
    await measure(house.core, 171)
    house.clinic.changes.wake()
    await until(() => listening.events().length === 1)
    expect(house.auditRows().filter(({ action }) => action === 'work-list.read')).toMatchObject([
      { actor: 'nurse-clinic', subject: 'changes', citizen: null },
      { actor: 'nurse-clinic', citizen: 'citizen-1', kinds: 'blood-pressure', purpose: 'treatment' },
    ])
    house.core.journal.database.exec(
      `CREATE TEMP TRIGGER full BEFORE INSERT ON audit WHEN NEW.action = 'work-list.read'
       BEGIN SELECT RAISE(ABORT, 'no room'); END`,
    )
    house.core.clock.time += 3600_000
    await measure(house.core, 120)
    house.clinic.changes.wake()
    await listening.over
    expect(listening.events()).toHaveLength(1)
  })

  test('end with the session: signed out, unused, and with a token that was taken back', async () => {
    const house = await openHouse()
    const { database } = house.core.journal
    const cookie = await house.cookie()
    const signedIn = await listen(house, { cookie })
    const withToken = await listen(house, await bearer(house))
    expect([signedIn.status, withToken.status]).toEqual([200, 200])
    house.signIn.sessions.end(cookie.split('=')[1] ?? '')
    await measure(house.core, 171)
    house.clinic.changes.wake()
    await signedIn.over
    expect(signedIn.events()).toEqual([])
    await until(() => withToken.events().length === 1)
    revokeToken(database, String(database.prepare('SELECT id FROM tokens').get()?.['id']), house.core.clock.time)
    await measure(house.core, 120)
    house.clinic.changes.wake()
    await withToken.over
    expect(withToken.events()).toHaveLength(1)
    const unused = await listen(house, { cookie: await house.cookie() })
    house.core.clock.time += 16 * 60_000
    await measure(house.core, 172)
    house.clinic.changes.wake()
    await unused.over
    expect(unused.events()).toEqual([])
    expect(house.clinic.changes.count).toBe(0)
  })

  test('are bounded for each person, and a page that was closed makes room', async () => {
    const house = await openHouse()
    const headers = await bearer(house)
    const open = await Promise.all(Array.from({ length: MAX_STREAMS_EACH }, () => listen(house, headers)))
    expect(open.map(({ status }) => status)).toEqual(open.map(() => 200))
    const refused = await listen(house, headers)
    await refused.over
    expect(refused.status).toBe(429)
    expect(JSON.parse(refused.text())).toMatchObject({ error: { code: 'too-many-streams' } })
    open[0]?.stop()
    await until(() => house.clinic.changes.count === MAX_STREAMS_EACH - 1)
    expect((await listen(house, headers)).status).toBe(200)
  })
})

describe('a stream', () => {
  function openStreams(core: Core) {
    const time = { monotonic: 0 }
    const { journal, registry } = core
    const clock = { now: core.clock.now, monotonic: () => time.monotonic }
    const shown = openShown(journal, openTrail(journal, core.clock), core.clock)
    const silent = () => undefined
    const log = { debug: silent, info: silent, warn: silent, error: silent }
    const changes = openChanges({ journal, registry, clock, shown, log })
    onTestFinished(() => changes.close())
    const caller = { role: 'nurse', id: 'nurse-1', organisation: 'clinic' } as const
    const open = (after?: number): Readable => {
      const stream = changes.open({ caller, holds: () => true }, after)
      if (stream === undefined) throw new Error('too many')
      return stream
    }
    return { changes, open, time }
  }

  async function transitions(core: Core, count: number): Promise<void> {
    await measure(core, 171)
    const insert = core.journal.database.prepare(
      `INSERT INTO alert_transitions (alert, revision, at, message)
       SELECT alert, ?, at, message FROM alert_transitions WHERE cursor = 1`,
    )
    for (let revision = 2; revision <= count; revision++) insert.run(revision)
  }

  /** What a reader that takes everything has got. */
  function taken(stream: Readable): () => string {
    let text = ''
    stream.on('data', (part: Buffer) => {
      text += part.toString()
    })
    return () => text
  }

  test('says every 15 seconds that it is there', async () => {
    const { changes, open, time } = openStreams(openCore())
    const text = taken(open())
    await until(() => text().includes('retry'))
    time.monotonic = 14_999
    changes.wake()
    await new Promise(setImmediate)
    expect(text()).not.toContain(': 2026')
    time.monotonic = 15_000
    changes.wake()
    await until(() => text().includes(`: ${new Date(NOW).toISOString()}`))
  })

  test('holds nothing in memory for a reader that takes nothing, and is cut after 30 seconds', async () => {
    const core = openCore()
    const { changes, open, time } = openStreams(core)
    await transitions(core, 900)
    const stream = open(0)
    stream.read(0)
    for (let i = 0; i < 50; i++) {
      changes.wake()
      await new Promise(setImmediate)
    }
    // One page of fifty changes at most above what a stream of Node takes.
    expect(stream.readableLength).toBeLessThan(stream.readableHighWaterMark + 50 * 400)
    expect(changes.count).toBe(1)
    time.monotonic = 30_000
    changes.wake()
    expect(stream.destroyed).toBe(true)
    expect(changes.count).toBe(0)
  })

  test('that was never read is cut too', () => {
    const { changes, open, time } = openStreams(openCore())
    const stream = open()
    time.monotonic = 30_000
    changes.wake()
    expect(stream.destroyed).toBe(true)
  })

  test('that is far behind is told to ask for the whole list, as is one from before a restore', async () => {
    const core = openCore()
    const { open } = openStreams(core)
    const restored = taken(open(99))
    await until(() => restored().includes('event: reload'))
    expect(restored()).toContain('id: 0')
    await transitions(core, 1_002)
    const behind = taken(open(0))
    await until(() => behind().includes('event: reload'))
    expect(behind()).toContain('id: 1002')
    expect(eventsIn(behind())).toHaveLength(1)
  })

  test('is woken by the commit: told in the same turn of the event loop', async () => {
    const core = openCore()
    const { changes, open } = openStreams(core)
    const text = taken(open())
    await until(() => text().includes('retry'))
    await measure(core, 171)
    changes.wake()
    expect(eventsIn(text())).toHaveLength(1)
  })
})

test('somebody is called by what is new or worse, and by nothing else', () => {
  const alert = (change: Partial<AlertMessage>) =>
    ({ level: 'yellow', state: 'open', revision: 1, ...change }) as AlertMessage
  expect(isQuiet(alert({}), undefined)).toBe(false)
  expect(isQuiet(alert({ pausedBy: 'pause-1' }), undefined)).toBe(true)
  expect(isQuiet(alert({ state: 'closed' }), alert({}))).toBe(true)
  expect(isQuiet(alert({ state: 'acknowledged' }), alert({}))).toBe(true)
  expect(isQuiet(alert({}), alert({}))).toBe(true)
  expect(isQuiet(alert({ level: 'red' }), alert({}))).toBe(false)
  expect(isQuiet(alert({ level: 'yellow' }), alert({ level: 'red' }))).toBe(true)
  // Worse again after somebody has seen it, and no longer paused.
  expect(isQuiet(alert({}), alert({ state: 'acknowledged' }))).toBe(false)
  expect(isQuiet(alert({}), alert({ pausedBy: 'pause-1' }))).toBe(false)
})
