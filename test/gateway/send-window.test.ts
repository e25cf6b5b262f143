import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BACK_OFF_CAP_MS, backOff } from '../../gateway/back-off.ts'
import type { Run } from '../../gateway/outbox.ts'
import { RECEIPT_TIMEOUT_MS, SendWindow, STALLED_MS, WINDOW } from '../../gateway/send-window.ts'

/** An outbox of sequence numbers only. */
function rows(count: number) {
  const unsent = new Set(Array.from({ length: count }, (_, i) => i + 1))
  let last = count
  return {
    unsent,
    add: () => void unsent.add(++last),
    epoch: '0123456789abcdef',
    lastSequence: () => last,
    run: (from: number, to: number, limit: { rows: number }): Run | undefined => {
      const first = [...unsent].sort((a, b) => a - b).find((seq) => seq >= from && seq <= to)
      if (first === undefined) return undefined
      const bodies: string[] = []
      for (let seq = first; seq <= to && unsent.has(seq) && bodies.length < limit.rows; seq += 1) bodies.push(`${seq}`)
      return { first, bodies }
    },
    receipt: ({ first, last: end }: { first: number; last: number }) => {
      let settled = 0
      for (let seq = first; seq <= end; seq += 1) if (unsent.delete(seq)) settled += 1
      return Promise.resolve(settled)
    },
  }
}

function drain(window: SendWindow, now = 0): Run[] {
  const runs: Run[] = []
  for (let run = window.next(now); run !== undefined; run = window.next(now)) runs.push(run)
  return runs
}
const span = ({ first, bodies }: Run) => [first, first + bodies.length - 1]
const receiptOf = (run: Run, epoch = '0123456789abcdef') => ({
  epoch,
  first: run.first,
  last: run.first + run.bodies.length - 1,
})

describe('the send window', () => {
  it('sends the newest page first and the backlog, oldest first, behind it', () => {
    const window = new SendWindow(rows(100))
    window.reset()
    expect(drain(window).map(span)).toEqual([
      [76, 100],
      [1, 25],
    ])
  })

  it('sends a live reading before the next of the backlog', async () => {
    const outbox = rows(200)
    const window = new SendWindow(outbox)
    window.reset()
    const [newest, oldest] = drain(window)
    if (newest === undefined || oldest === undefined) throw new Error('two messages expected')
    outbox.add()
    await window.receipted(receiptOf(oldest), 100)
    expect(drain(window, 100).map(span)).toEqual([
      [201, 201],
      [26, 50],
      [51, 75],
    ])
  })

  it('opens for the backlog while receipts are quick, and closes when the line is slow', async () => {
    const outbox = rows(1_000)
    const window = new SendWindow(outbox)
    window.reset()
    let waiting = drain(window)
    for (let round = 0; round < 6; round += 1) {
      await Promise.all(waiting.map((run) => window.receipted(receiptOf(run), 10)))
      waiting = drain(window, 10)
    }
    expect(waiting).toHaveLength(6)
    await Promise.all(waiting.map((run) => window.receipted(receiptOf(run), 10_000)))
    expect(drain(window, 10_000)).toHaveLength(1)
  })

  it('never has more on its way than the window', () => {
    const outbox = rows(25)
    const window = new SendWindow(outbox)
    window.reset()
    const sent: Run[] = []
    for (let i = 0; i < 50; i += 1) {
      sent.push(...drain(window))
      outbox.add()
    }
    expect(sent).toHaveLength(WINDOW)
  })

  it('sends again what was acknowledged but never receipted, and only that', async () => {
    const outbox = rows(2)
    const window = new SendWindow(outbox)
    window.reset()
    expect(drain(window).map(span)).toEqual([[1, 2]])
    expect(window.overdue(RECEIPT_TIMEOUT_MS)).toBe('none')
    window.acked(1, 0)
    await window.receipted({ epoch: outbox.epoch, first: 1, last: 1 }, 0)
    expect(window.overdue(RECEIPT_TIMEOUT_MS - 1)).toBe('none')
    expect(window.overdue(RECEIPT_TIMEOUT_MS)).toBe('resend')
    expect(drain(window, RECEIPT_TIMEOUT_MS).map(span)).toEqual([[2, 2]])
  })

  it('calls a broker stalled that does not even acknowledge', () => {
    const window = new SendWindow(rows(1))
    window.reset()
    drain(window)
    expect(window.overdue(STALLED_MS - 1)).toBe('none')
    expect(window.overdue(STALLED_MS)).toBe('stalled')
  })

  it('lets a receipt settle only what was sent, and only of its epoch', async () => {
    const outbox = rows(100)
    const window = new SendWindow(outbox)
    window.reset()
    drain(window)
    expect(await window.receipted({ epoch: 'ffffffffffffffff', first: 1, last: 100 }, 0)).toBe(0)
    expect(await window.receipted({ epoch: outbox.epoch, first: 1, last: 1_000_000 }, 0)).toBe(50)
    expect(outbox.unsent.has(26)).toBe(true)
  })

  it('sends everything in the end, whatever receipts get lost, split or repeated', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.constantFrom('whole', 'half', 'lost', 'twice', 'new', 'reconnect'), {
          minLength: 1,
          maxLength: 40,
        }),
        async (count, fates) => {
          const outbox = rows(count)
          const window = new SendWindow(outbox)
          window.reset()
          let now = 0
          const step = async (fate: string) => {
            now += RECEIPT_TIMEOUT_MS
            for (const run of drain(window, now)) {
              window.acked(run.first, now)
              const receipt = receiptOf(run)
              if (fate === 'half') receipt.last = Math.floor((receipt.first + receipt.last) / 2)
              if (fate !== 'lost') await window.receipted(receipt, now)
              if (fate === 'twice') await window.receipted(receipt, now)
            }
            if (fate === 'new') outbox.add()
            if (fate === 'reconnect') window.reset()
            window.overdue(now + RECEIPT_TIMEOUT_MS)
          }
          for (const fate of fates) await step(fate)
          for (let round = 0; outbox.unsent.size > 0 && round < 100; round += 1) await step('whole')
          expect(outbox.unsent.size).toBe(0)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('the back-off', () => {
  it('stays within a doubling step of at most five minutes, and uses all of it', () => {
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const step = Math.min(BACK_OFF_CAP_MS, 1_000 * 2 ** attempt)
      expect(backOff(attempt, () => 0)).toBe(0)
      expect(backOff(attempt, () => 0.5)).toBe(Math.floor(step / 2))
      expect(backOff(attempt, () => 0.999_999)).toBeLessThan(step)
    }
    expect(backOff(60, () => 0.999_999)).toBeGreaterThan(BACK_OFF_CAP_MS - 1_000)
  })
})
