import { describe, expect, it } from 'vitest'
import { backOff } from '../../gateway/back-off.ts'
import { seeded } from '../support/random.ts'

const HUBS = 10_000

/** In which second after the broker's return each hub dials, when all lost it at the same moment. */
function returns(outageMs: number, seed = 4): number[] {
  const random = seeded(seed)
  const perSecond: number[] = []
  for (let hub = 0; hub < HUBS; hub += 1) {
    let at = 0
    for (let attempt = 0; at < outageMs || attempt === 0; attempt += 1) at += backOff(attempt, random)
    const second = Math.max(0, Math.floor((at - outageMs) / 1000))
    perSecond[second] = (perSecond[second] ?? 0) + 1
  }
  return Array.from(perSecond, (count) => count ?? 0)
}

describe('ten thousand hubs that lost the same broker in the same second', () => {
  it.each([
    // A restart; a short outage; an evening. From there on the waiting does not grow any more.
    { outageMs: 5_000, share: 0.25, nineTenthsWithinS: 15 },
    { outageMs: 60_000, share: 0.04, nineTenthsWithinS: 120 },
    { outageMs: 3 * 3600_000, share: 0.01, nineTenthsWithinS: 240 },
  ])('come back after $outageMs ms at most $share of them in one second, and all within five minutes', (limits) => {
    const perSecond = returns(limits.outageMs)
    const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0)
    expect(sum(perSecond)).toBe(HUBS)
    expect(Math.max(...perSecond) / HUBS).toBeLessThan(limits.share)
    expect(sum(perSecond.slice(0, limits.nineTenthsWithinS)) / HUBS).toBeGreaterThan(0.9)
    expect(perSecond.length).toBeLessThanOrEqual(300)
  })

  it('wait anything up to the step, and never longer than five minutes', () => {
    expect([backOff(0, () => 0), backOff(0, () => 0.999)]).toEqual([0, 999])
    expect(backOff(3, () => 0.5)).toBe(4_000)
    expect(backOff(1_000_000, () => 0.999_999)).toBeLessThanOrEqual(300_000)
  })
})
