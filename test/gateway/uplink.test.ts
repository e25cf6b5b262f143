import { describe, expect, it } from 'vitest'
import { hubStateSchema, readingsMessageSchema } from '../../broker/contract/messages.ts'
import { RECEIPT_TIMEOUT_MS } from '../../gateway/send-window.ts'
import { type ManualClock, manualClock } from '../support/manual-clock.ts'
import { type ReceiptBroker, receiptBroker } from '../support/receipt-broker.ts'
import { until } from '../support/temp-dir.ts'
import { draft } from '../support/test-driver.ts'
import { HUB, uplinkHub } from '../support/uplink-hub.ts'

const arrival = (...numbers: number[]) => ({ device: 'scale-0001', drafts: numbers.map((n) => draft(n)) })

const setUp = (url: string, clock: ManualClock = manualClock()) => ({ ...uplinkHub(url, clock), clock })

const states = (broker: ReceiptBroker) =>
  broker.heard.filter(({ topic }) => topic.endsWith('/state')).map(({ text }) => hubStateSchema.parse(JSON.parse(text)))

describe('the uplink', () => {
  it('sends by the schema, marks what is receipted, and says who is there in a retained birth', async () => {
    const broker = await receiptBroker(HUB)
    const { uplink, outbox } = setUp(broker.url)
    await outbox.append(arrival(1, 2, 3))
    uplink.start()
    await until(() => outbox.counts().receipted === 3)
    expect(broker.batches().map((batch) => readingsMessageSchema.parse(batch).first)).toEqual([1])
    expect(outbox.counts().unsent).toBe(0)
    expect(states(broker)).toEqual([
      { state: 'online', session: expect.any(Number), since: '2026-11-20T12:00:00.000Z' },
    ])
    expect(broker.heard.find(({ topic }) => topic.endsWith('/state'))?.retain).toBe(true)
  })

  it('keeps everything although the broker acknowledged it, until the receipt', async () => {
    const broker = await receiptBroker(HUB)
    broker.answer = () => undefined
    const { uplink, outbox, clock } = setUp(broker.url)
    await outbox.append(arrival(1))
    uplink.start()
    await until(() => broker.ids().length === 1)
    await broker.send(`v1/hubs/${HUB}/receipts`, { epoch: '0123456789abcdef', first: 1, last: 1 })
    await broker.send(`v1/hubs/${HUB}/receipts`, { nonsense: true })
    await clock.advance(1_000)
    expect(outbox.counts()).toMatchObject({ unsent: 1, receipted: 0 })
  })

  it('sends again when the receipt was lost, with the same id and number', async () => {
    const broker = await receiptBroker(HUB)
    const { answer } = broker
    broker.answer = () => undefined
    const { uplink, outbox, clock } = setUp(broker.url)
    await outbox.append(arrival(1))
    uplink.start()
    await until(() => broker.ids().length === 1)
    broker.answer = answer
    while (broker.ids().length < 2) await clock.advance(RECEIPT_TIMEOUT_MS / 5)
    await until(() => outbox.counts().receipted === 1)
    expect(new Set(broker.ids()).size).toBe(1)
    expect(broker.batches().map(({ first }) => first)).toEqual([1, 1])
    expect(outbox.counts()).toMatchObject({ decoded: 1, receipted: 1, unsent: 0 })
  })

  it('comes back by itself after a cut with a session one higher, and the will speaks of the old one', async () => {
    const broker = await receiptBroker(HUB)
    const { uplink, outbox, clock } = setUp(broker.url)
    uplink.start()
    await until(() => uplink.connected)
    broker.cut()
    await broker.heardMatching(({ text }) => text.includes('"offline"'))
    await outbox.append(arrival(1))
    while (broker.connects < 2) await clock.advance(100)
    await until(() => outbox.counts().receipted === 1)
    const [birth, will, next] = states(broker)
    expect([birth?.state, will?.state, next?.state]).toEqual(['online', 'offline', 'online'])
    expect(will?.session).toBe(birth?.session)
    expect(next?.session).toBe((birth?.session ?? 0) + 1)
  })

  it('says good-bye itself when it stops, so that no will is needed', async () => {
    const broker = await receiptBroker(HUB)
    const { uplink } = setUp(broker.url)
    uplink.start()
    await until(() => uplink.connected)
    await uplink.stop(1_000)
    expect(states(broker).map(({ state, since }) => [state, since !== undefined])).toEqual([
      ['online', true],
      ['offline', true],
    ])
  })

  it('sends live readings before a backlog of weeks', async () => {
    const broker = await receiptBroker(HUB)
    const { uplink, outbox } = setUp(broker.url)
    await outbox.append(arrival(...Array.from({ length: 500 }, (_, i) => i + 1)))
    uplink.start()
    await until(() => outbox.counts().receipted === 500)
    const firsts = broker.batches().map(({ first }) => first)
    expect(firsts[0]).toBe(476)
    expect(firsts.slice(1)).toEqual(Array.from({ length: 19 }, (_, i) => 1 + 25 * i))
    await outbox.append(arrival(501))
    uplink.wake()
    await until(() => outbox.counts().receipted === 501)
    expect(new Set(broker.ids()).size).toBe(501)
  })

  it('logs refused credentials once, waits about a minute, and comes in when they are accepted', async () => {
    const broker = await receiptBroker(HUB)
    broker.accept = () => false
    const { uplink, outbox, clock, events } = setUp(broker.url)
    uplink.start()
    await until(() => broker.connects === 1)
    await until(() => events.includes('uplink-refused'))
    const session = outbox.notes.get('session')
    await clock.advance(20_000)
    expect(outbox.notes.get('session'), 'no attempt was begun').toBe(session)
    while (broker.connects < 3) await clock.advance(10_000)
    await until(() => broker.connects === 3)
    broker.accept = () => true
    while (!uplink.connected) await clock.advance(10_000)
    expect(events.filter((event) => event === 'uplink-refused')).toHaveLength(1)
  })

  it('waits for a broker that is not there, with one line in the log, and finds it when it comes', async () => {
    const first = await receiptBroker(HUB)
    const { port } = first
    await first.close()
    const { uplink, outbox, clock, events } = setUp(`mqtt://127.0.0.1:${port}`)
    await outbox.append(arrival(1))
    uplink.start()
    await until(() => events.includes('uplink-lost'))
    for (let i = 0; i < 20; i += 1) await clock.advance(5_000)
    const broker = await receiptBroker(HUB, port)
    while (broker.batches().length === 0) await clock.advance(1_000)
    await until(() => outbox.counts().receipted === 1)
    expect(events.filter((event) => event === 'uplink-lost')).toHaveLength(1)
  })
})
