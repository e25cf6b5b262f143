import { describe, expect, test } from 'vitest'
import type { Lane, Outgoing, OutgoingSource } from '../../broker/outgoing.ts'
import { Publisher } from '../../broker/publisher.ts'

const message = (topic: string, lane: Lane): Outgoing => ({ topic, payload: topic, qos: 1, retain: false, lane })

/** A publisher whose subscribers take a turn of the event loop per message. */
function record(more: { crowded?: () => boolean; onSend?: (topic: string) => void } = {}) {
  const sent: string[] = []
  const errors: string[] = []
  let inHand = 0
  let most = 0
  const publisher = new Publisher({
    send: async ({ topic }) => {
      inHand += 1
      most = Math.max(most, inHand)
      await new Promise((resolve) => setImmediate(resolve))
      inHand -= 1
      if (topic === 'bad') throw new Error('not sendable')
      sent.push(topic)
      more.onSend?.(topic)
    },
    crowded: more.crowded ?? (() => false),
    clock: { now: () => 0, monotonic: () => 0, sleep: () => new Promise((resolve) => setImmediate(resolve)) },
    onError: (_error, lane) => errors.push(lane),
  })
  return { publisher, sent, errors, most: () => most }
}

/** Messages that wait on disk. */
function source(lane: Lane, topics: readonly string[]) {
  const waiting = topics.map((topic) => message(topic, lane))
  const marked: string[] = []
  const asked: number[] = []
  const made: OutgoingSource = {
    lane,
    next(limit) {
      asked.push(limit)
      return waiting.splice(0, limit)
    },
    published: (messages) => marked.push(...messages.map(({ topic }) => topic)),
  }
  return { ...made, waiting, marked, asked }
}

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}${i}`)

describe('the publisher', () => {
  test('has one message in hand at a time, the most urgent first', async () => {
    const { publisher, sent, most } = record()
    publisher.enqueue([
      message('first', 'live'),
      message('backfill', 'backfill'),
      message('live', 'live'),
      message('beat', 'other'),
      message('alert', 'alert'),
      message('receipt', 'receipt'),
    ])
    await publisher.idle()
    expect(sent).toEqual(['receipt', 'alert', 'beat', 'first', 'live', 'backfill'])
    expect(most()).toBe(1)
    expect(publisher.counts).toEqual({ queued: 0, published: 6 })
  })

  test('pulls from a source in bounded batches and says what was published, in order', async () => {
    const { publisher, sent } = record()
    const feed = source('live', numbered('r', 500))
    publisher.follow(feed)
    await publisher.idle()
    expect(sent).toEqual(numbered('r', 500))
    expect(feed.marked).toEqual(numbered('r', 500))
    expect(Math.max(...feed.asked)).toBeLessThanOrEqual(64)
  })

  test('lets a receipt and an alert pass in the middle of a batch', async () => {
    const alerts = source('alert', [])
    const { publisher, sent } = record({
      onSend: (topic) => {
        if (topic !== 'r3') return
        publisher.enqueue([message('receipt', 'receipt')])
        alerts.waiting.push(message('alert', 'alert'))
        publisher.wake()
      },
    })
    publisher.follow(alerts)
    publisher.follow(source('live', numbered('r', 20)))
    await publisher.idle()
    expect(sent.slice(0, 7)).toEqual(['r0', 'r1', 'r2', 'r3', 'receipt', 'alert', 'r4'])
    expect(alerts.marked).toEqual(['alert'])
  })

  test('forgets no wake that comes while it works', async () => {
    const feed = source('backfill', numbered('r', 3))
    let more = 50
    const { publisher, sent } = record({
      onSend: () => {
        if (more-- > 0) feed.waiting.push(message(`m${more}`, 'backfill'))
        publisher.wake()
      },
    })
    publisher.follow(feed)
    await publisher.idle()
    expect(sent).toHaveLength(53)
  })

  test('goes on after a message that cannot be sent and a source that fails', async () => {
    const { publisher, sent, errors } = record()
    publisher.follow({
      lane: 'alert',
      next: () => {
        throw new Error('disk')
      },
      published: () => undefined,
    })
    publisher.enqueue([message('bad', 'live'), message('good', 'live')])
    await publisher.idle()
    expect(sent).toEqual(['good'])
    expect(new Set(errors)).toEqual(new Set(['alert', 'live']))
  })

  test('feeds wait for a crowded subscriber, receipts and alerts do not', async () => {
    let crowded = true
    const { publisher, sent } = record({
      crowded: () => crowded,
      onSend: (topic) => {
        if (topic === 'a9') crowded = false
      },
    })
    publisher.enqueue([message('live', 'live')])
    for (const alert of numbered('a', 10)) {
      await new Promise((resolve) => setImmediate(resolve))
      publisher.enqueue([message(alert, 'alert')])
    }
    await publisher.idle()
    expect(sent).toEqual([...numbered('a', 10), 'live'])
  })

  test('makes those wait who add faster than it publishes', async () => {
    const { publisher, sent } = record()
    publisher.enqueue(numbered('r', 100).map((topic) => message(topic, 'receipt')))
    await publisher.below(10)
    expect(sent.length).toBeGreaterThanOrEqual(91)
    await publisher.below(10)
    await publisher.idle()
  })

  test('stops after the message in hand; what was not published is not marked', async () => {
    const feed = source('live', numbered('r', 10))
    let closing: Promise<void> | undefined
    const { publisher, sent } = record({
      onSend: (topic) => {
        if (topic === 'r2') closing = publisher.close()
      },
    })
    publisher.follow(feed)
    await publisher.idle()
    await closing
    publisher.enqueue([message('late', 'receipt')])
    await publisher.idle()
    expect(sent).toEqual(['r0', 'r1', 'r2'])
    expect(feed.marked).toEqual([])
  })
})
