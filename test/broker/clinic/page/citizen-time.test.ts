import { describe, expect, it } from 'vitest'
import { datesOf, periodOf, problemOf, usualRange } from '../../../../broker/clinic/page/citizen/range.ts'
import { ticksOf } from '../../../../broker/clinic/page/citizen/time-axis.ts'
import {
  dateText,
  dateTimeText,
  instantOf,
  instantOfText,
  localOf,
  midnight,
  weekdayOf,
} from '../../../../broker/clinic/page/shell/local-time.ts'

/** Time on the citizen's page is Copenhagen's, also where the clocks change and wherever the computer stands. */

const at = (text: string): number => Date.parse(text)

describe('the clock of the clinic', () => {
  it('reads winter and summer', () => {
    expect(localOf(at('2026-01-15T12:00:00Z'))).toEqual({ year: 2026, month: 1, day: 15, hour: 13, minute: 0 })
    expect(localOf(at('2026-07-15T22:30:00Z'))).toEqual({ year: 2026, month: 7, day: 16, hour: 0, minute: 30 })
  })

  it('finds the instant of each whole hour of a year again', () => {
    let looked = 0
    for (let t = at('2026-01-01T00:00:00Z'); t < at('2027-01-01T00:00:00Z'); t += 3_600_000) {
      const again = instantOf(localOf(t))
      // The hour that comes twice is the first of them.
      expect([t, t - 3_600_000]).toContain(again)
      if (again !== t) expect(localOf(t).hour).toBe(2)
      looked++
    }
    expect(looked).toBe(8760)
  })

  it('takes a time that the change of clocks leaves out for the one an hour later', () => {
    expect(instantOfText('2026-03-29T02:30')).toBe(at('2026-03-29T01:30:00Z'))
    expect(dateTimeText(at('2026-03-29T01:30:00Z'))).toBe('2026-03-29T03:30')
  })

  it('counts days by midnights: one has 23 hours and one 25', () => {
    const hours = (day: string): number => (midnight(at(day), 1) - midnight(at(day))) / 3_600_000
    expect([hours('2026-03-29T12:00Z'), hours('2026-10-25T12:00Z'), hours('2026-06-01T12:00Z')]).toEqual([23, 25, 24])
  })

  it('knows the days of the week', () => {
    expect(weekdayOf('2026-11-02')).toBe(0)
    expect(weekdayOf('2026-11-08')).toBe(6)
  })
})

describe('what is looked at', () => {
  const now = at('2026-11-03T09:30:00Z')

  it('is whole days up to the end of today', () => {
    expect(periodOf({ days: 7 }, now)).toEqual({ from: at('2026-10-27T23:00:00Z'), to: at('2026-11-03T23:00:00Z') })
    // The clocks went back in between.
    expect(periodOf({ days: 30 }, now).from).toBe(at('2026-10-04T22:00:00Z'))
  })

  it('is between two dates, both of them in it', () => {
    const range = { first: '2026-10-25', last: '2026-10-25' }
    expect(periodOf(range, now)).toEqual({ from: at('2026-10-24T22:00:00Z'), to: at('2026-10-25T23:00:00Z') })
    expect(datesOf({ days: 7 }, now)).toEqual({ first: '2026-10-28', last: '2026-11-03' })
  })

  it('is refused with a reason when it is none or too much for one answer', () => {
    expect(problemOf('2026-01-01', '')).toBe('missing')
    expect(problemOf('2026-02-01', '2026-01-31')).toBe('order')
    expect(problemOf('2025-01-01', '2026-02-04')).toBe('long')
    expect(problemOf('2025-01-01', '2026-02-03')).toBeUndefined()
    const { from, to } = periodOf({ first: '2025-01-01', last: '2026-02-03' }, now)
    expect((to - from) / 86_400_000).toBeLessThanOrEqual(400)
  })

  it('begins as somebody looked last, and with a month when nothing is known', () => {
    expect(usualRange('365')).toEqual({ days: 365 })
    expect(usualRange('no number')).toEqual({ days: 30 })
  })
})

describe('the time axis', () => {
  it('has its marks at local midnights, before and after the clocks go back', () => {
    const ticks = ticksOf(at('2026-10-23T22:00:00Z'), at('2026-10-27T23:00:00Z'), 8, 'da')
    expect(ticks.map((tick) => [new Date(tick.at).toISOString(), tick.label])).toEqual([
      ['2026-10-23T22:00:00.000Z', '24. okt.'],
      ['2026-10-24T22:00:00.000Z', '25. okt.'],
      ['2026-10-25T23:00:00.000Z', '26. okt.'],
      ['2026-10-26T23:00:00.000Z', '27. okt.'],
      ['2026-10-27T23:00:00.000Z', '28. okt.'],
    ])
  })

  it('goes through the night in which the clocks go forward without a mark twice', () => {
    const ticks = ticksOf(at('2026-03-28T23:00:00Z'), at('2026-03-29T08:00:00Z'), 12, 'en')
    expect(ticks.map(({ label }) => label)).toEqual([
      '29 Mar',
      '01:00',
      '03:00',
      '04:00',
      '05:00',
      '06:00',
      '07:00',
      '08:00',
      '09:00',
      '10:00',
    ])
  })

  it('has Mondays over weeks and months over a year, and names the year in January', () => {
    const weeks = ticksOf(at('2026-09-01T00:00:00Z'), at('2026-10-01T00:00:00Z'), 8, 'da')
    expect(weeks.length).toBeGreaterThan(3)
    expect(weeks.every((tick) => weekdayOf(dateText(tick.at)) === 0)).toBe(true)
    const months = ticksOf(at('2026-02-10T00:00:00Z'), at('2027-02-10T00:00:00Z'), 14, 'da').map(({ label }) => label)
    expect(months).toEqual([
      'mar.',
      'apr.',
      'maj',
      'jun.',
      'jul.',
      'aug.',
      'sep.',
      'okt.',
      'nov.',
      'dec.',
      '2027',
      'feb.',
    ])
  })

  it('has never more marks than there is room for', () => {
    for (const days of [1, 3, 7, 30, 90, 365, 399]) {
      const to = at('2026-11-03T23:00:00Z')
      const ticks = ticksOf(to - days * 86_400_000, to, 8, 'da')
      expect(ticks.length, `${days} days`).toBeGreaterThan(1)
      expect(ticks.length, `${days} days`).toBeLessThanOrEqual(9)
    }
  })
})
