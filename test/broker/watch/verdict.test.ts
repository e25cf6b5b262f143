import { describe, expect, test } from 'vitest'
import { parseWatchConfig } from '../../../broker/watch/config.ts'
import { answerOf, nextProbe, type Round, readingOf } from '../../../broker/watch/probe.ts'
import {
  beginWatch,
  judge,
  SIGNALS,
  type Signal,
  see,
  type Verdict,
  type Watch,
} from '../../../broker/watch/verdict.ts'
import { rawReadingSchema } from '../../../device-drivers/reading.ts'

const S = 1_000
const PACE = { silentMs: 100 * S, remindMs: 30 * 60 * S }

/** Judged every second; `seen` says which signals come in a second. */
function run(seconds: number, seen: (second: number) => readonly Signal[], from: Watch = beginWatch(0), start = 0) {
  let watch = from
  const said: { readonly at: number; readonly verdict: Verdict }[] = []
  for (let second = start + 1; second <= start + seconds; second += 1) {
    for (const signal of seen(second)) watch = see(watch, signal, second * S)
    const judged = judge(watch, PACE, second * S)
    watch = judged.watch
    if (judged.verdict.tell !== 'nothing') said.push({ at: second, verdict: judged.verdict })
  }
  return { watch, said }
}

/** As they come from a broker that works. */
const healthy = (second: number): Signal[] => [
  ...(second % 5 === 0 ? (['heartbeat'] as const) : []),
  ...(second % 60 === 1 ? (['rise'] as const) : []),
  ...(second % 60 === 31 ? (['clear'] as const) : []),
]

describe('the verdict on the alerting', () => {
  test('is silent for a day in which all signals come', () => {
    expect(run(86_400, healthy).said).toEqual([])
  })

  test('comes within 120 s of the end of all signals, whenever that is', () => {
    for (let end = 60; end < 130; end += 1) {
      const { said } = run(400, (second) => (second <= end ? healthy(second) : []))
      expect(said).toHaveLength(1)
      expect((said[0]?.at ?? 0) - end).toBeLessThanOrEqual(101)
    }
  })

  test.each(SIGNALS)('comes when only %s is missing, and names it', (missing) => {
    const { said } = run(400, (second) =>
      second > 120 ? healthy(second).filter((s) => s !== missing) : healthy(second),
    )
    expect(said.map(({ verdict }) => verdict)).toEqual([{ tell: 'late', late: [missing] }])
  })

  test('stays away for a restart of 30 s, whenever it comes and though the round begins anew', () => {
    for (let down = 100; down < 165; down += 1) {
      const up = down + 30
      const { said } = run(600, (second) => {
        if (second > down && second <= up) return []
        // The round is made good: rise and clear as soon as the broker answers.
        if (second === up + 8) return ['rise']
        if (second === up + 9) return ['clear', 'heartbeat']
        return healthy(second)
      })
      expect(said).toEqual([])
    }
  })

  test('stays away at the start as long as a signal may take', () => {
    expect(run(100, () => []).said).toEqual([])
    expect(run(101, () => []).said).toHaveLength(1)
  })

  test('is repeated while the alarm stands, and taken back when all three have come again', () => {
    const dead = run(60 * 60, (second) => (second < 60 ? healthy(second) : []))
    expect(dead.said.map(({ verdict }) => verdict.tell)).toEqual(['late', 'still-late'])
    const half = run(50, (second) => healthy(second).filter((s) => s !== 'clear'), dead.watch, 60 * 60)
    expect(half.said).toEqual([])
    const back = run(120, healthy, half.watch, 60 * 60 + 50)
    expect(back.said.map(({ verdict }) => verdict.tell)).toEqual(['well'])
  })

  test('does not take the own standing still for that of the broker', () => {
    const { watch } = run(120, healthy)
    const judged = judge(watch, PACE, 3_720 * S)
    expect(judged.verdict.tell).toBe('nothing')
    // And not for a reason to wait for ever.
    expect(run(110, () => [], judged.watch, 3_720).said.map(({ verdict }) => verdict.tell)).toEqual(['late'])
  })
})

describe('the round of the test alert', () => {
  const EVERY = 60 * S
  let made = 0
  const newId = () => {
    made += 1
    return `reading-${made}`
  }
  const message = (state: string, readings: readonly (string | undefined)[], alert = 'alert-1') =>
    Buffer.from(JSON.stringify({ alert, state, readings, level: 'yellow', anything: 'else' }))
  const begun = (): Round => {
    const round = nextProbe(undefined, EVERY, 0, newId)
    if (round === undefined) throw new Error('nothing sent')
    return round
  }

  test('sends a reading beyond the limit, and half a round later one within', () => {
    const round = begun()
    expect(round.phase).toBe('beyond')
    const risen = answerOf(round, message('open', [round.reading]))
    expect(risen?.signal).toBe('rise')
    expect(nextProbe(risen?.round, EVERY, 29_999, newId)).toBeUndefined()
    const within = nextProbe(risen?.round, EVERY, 30_000, newId)
    expect(within).toMatchObject({ phase: 'within', alert: 'alert-1' })
    const cleared = answerOf(within, message('closed', [round.reading]))
    expect(cleared?.signal).toBe('clear')
    expect(nextProbe(cleared?.round, EVERY, 60_000, newId)).toMatchObject({ phase: 'beyond' })
  })

  test('takes no other alert for an answer', () => {
    const round = begun()
    for (const payload of [
      message('open', ['another-reading']),
      message('closed', [round.reading]),
      Buffer.from('{'),
      Buffer.alloc(0),
    ])
      expect(answerOf(round, payload)).toBeUndefined()
    const risen = answerOf(round, message('open', [round.reading]))
    const within = nextProbe(risen?.round, EVERY, 30_000, newId)
    expect(answerOf(within, message('closed', [], 'alert-2'))).toBeUndefined()
    expect(answerOf(within, message('open', [within?.reading]))).toBeUndefined()
  })

  test('begins again at once when an answer stays away, and then clears without waiting', () => {
    const round = begun()
    expect(nextProbe(round, EVERY, 4_999, newId)).toBeUndefined()
    const again = nextProbe(round, EVERY, 5_000, newId)
    expect(again).toMatchObject({ phase: 'beyond', behind: true })
    expect(again?.reading).not.toBe(round.reading)
    const risen = answerOf(again, message('open', [round.reading, again?.reading]))
    expect(nextProbe(risen?.round, EVERY, 5_100, newId)).toMatchObject({ phase: 'within', behind: false })
  })

  test('is made of readings that a hub could have sent', () => {
    const round = { ...begun(), reading: 'a'.repeat(32) }
    const reading = readingOf(round, 'self-test-device', '2026-11-18T12:00:00.000Z')
    expect(rawReadingSchema.safeParse(reading).error).toBeUndefined()
  })
})

describe('the configuration of the watch', () => {
  const secret = { env: 'PRECARE_X' }
  const good = {
    broker: { url: 'mqtt://127.0.0.1:1883' },
    hub: { account: 'self-test-hub', password: secret },
    client: { account: 'self-test-watch', password: secret },
  }

  test('keeps the bar of 120 s by default, with time left for telling', () => {
    expect(parseWatchConfig(good)).toMatchObject({ everyS: 60, silentS: 100 })
  })

  test.each([
    [{ silentS: 115 }, /silentS: use at most 100/],
    [{ silentS: 70 }, /silentS: use at least 1.5 times/],
    [{ everyS: 120 }, /everyS/],
    [{ hub: { account: 'self-test-hub', password: 'hunter2' } }, /hub\.password: name where it is kept/],
  ])('refuses %j', (change, remedy) => {
    expect(() => parseWatchConfig({ ...good, ...change })).toThrow(remedy)
  })
})
