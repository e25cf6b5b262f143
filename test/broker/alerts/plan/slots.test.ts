import { describe, expect, it } from 'vitest'
import { holidaysOf } from '../../../../broker/alerts/plan/danish-holidays.ts'
import { planSchema } from '../../../../broker/alerts/plan/plan.ts'
import { slotsBetween, slotsOf } from '../../../../broker/alerts/plan/slots.ts'

const MORNING = [{ from: '06:00', to: '12:00' }]
const plan = (change: Record<string, unknown>) =>
  planSchema.parse({
    citizen: 'citizen-1',
    kind: 'weight',
    from: '2028-01-03T00:00:00+01:00',
    phases: [{ schedule: { type: 'daily' }, windows: MORNING }],
    author: 'doctor',
    reason: 'start',
    ...change,
  })
const opens = (change: Record<string, unknown>, from: string, to: string): string[] =>
  slotsOf(plan(change), Date.parse(from), Date.parse(to)).map((slot) => new Date(slot.opens).toISOString())
const only = (schedule: unknown, windows: unknown = MORNING) => ({ phases: [{ schedule, windows }] })

describe('the holidays of Denmark', () => {
  // Easter Sundays as printed in almanacs; 2038 is the latest date that is possible, 2008 nearly the earliest.
  it.each([
    [2008, '2008-03-23'],
    [2024, '2024-03-31'],
    [2026, '2026-04-05'],
    [2028, '2028-04-16'],
    [2038, '2038-04-25'],
    [2049, '2049-04-18'],
    [2076, '2076-04-19'],
  ])('are reckoned from Easter: %i', (year, easter) => {
    expect([...holidaysOf(year)]).toContain(easter)
  })
  it('have no Store Bededag from 2024 on', () => {
    expect([...holidaysOf(2023)]).toContain('2023-05-05')
    expect([...holidaysOf(2024)]).not.toContain('2024-04-26')
    expect(holidaysOf(2025).size).toBe(10)
  })
  it('have Constitution Day, Christmas Eve and New Year’s Eve only for plans that say so', () => {
    expect(holidaysOf(2026).has('2026-06-05')).toBe(false)
    expect([...holidaysOf(2026, ['constitution-day', 'christmas-eve', 'new-years-eve'])]).toEqual(
      expect.arrayContaining(['2026-06-05', '2026-12-24', '2026-12-31']),
    )
  })
})

describe('the slots of a plan', () => {
  it('stay at the same local time when the clock is turned', () => {
    expect(opens({}, '2028-03-25T00:00:00Z', '2028-03-27T00:00:00Z')).toEqual([
      '2028-03-25T05:00:00.000Z',
      '2028-03-26T04:00:00.000Z',
    ])
    expect(opens({}, '2028-10-28T00:00:00Z', '2028-10-30T00:00:00Z')).toEqual([
      '2028-10-28T04:00:00.000Z',
      '2028-10-29T05:00:00.000Z',
    ])
  })
  it('are never shorter than they are written, in the night the clock is turned', () => {
    const night = only({ type: 'daily' }, [{ from: '02:15', to: '02:45' }])
    const lengths = (from: string, to: string) =>
      slotsOf(plan(night), Date.parse(from), Date.parse(to)).map(({ opens: from, closes }) => (closes - from) / 60_000)
    expect(lengths('2028-03-25T12:00:00Z', '2028-03-26T12:00:00Z')).toEqual([90])
    expect(lengths('2028-10-28T12:00:00Z', '2028-10-29T12:00:00Z')).toEqual([90])
    expect(lengths('2028-10-29T12:00:00Z', '2028-10-30T12:00:00Z')).toEqual([30])
  })
  it.each([
    'Pacific/Kiritimati',
    'Etc/GMT+12',
    'Europe/Copenhagen',
  ])('are the same from whatever moment one asks: %s', (timeZone) => {
    const nights = plan({
      timeZone,
      ...only({ type: 'daily' }, [
        { from: '00:00', to: '00:30' },
        { from: '23:30', to: '24:00' },
      ]),
    })
    const [first, last] = [Date.parse('2028-03-20T00:00:00Z'), Date.parse('2028-03-30T00:00:00Z')]
    const all = [...slotsBetween(nights, first, last)]
    expect(all).toHaveLength(20)
    for (let from = first; from < last; from += 3600_000) {
      const next = all.filter(({ opens }) => opens >= from && opens < from + 86_400_000)
      expect([...slotsBetween(nights, from, Math.min(last, from + 86_400_000))]).toEqual(next)
    }
  })
  it('follow the phases one after the other, the last for ever', () => {
    const phases = [
      { days: 2, schedule: { type: 'daily' }, windows: [...MORNING, { from: '18:00', to: '24:00' }] },
      { schedule: { type: 'weekdays', on: ['mo', 'th'] }, windows: MORNING },
    ]
    expect(opens({ phases }, '2028-01-01T00:00:00Z', '2028-01-14T00:00:00Z')).toEqual([
      '2028-01-03T05:00:00.000Z',
      '2028-01-03T17:00:00.000Z',
      '2028-01-04T05:00:00.000Z',
      '2028-01-04T17:00:00.000Z',
      '2028-01-06T05:00:00.000Z',
      '2028-01-10T05:00:00.000Z',
      '2028-01-13T05:00:00.000Z',
    ])
  })
  it('count every nth day from the first of the phase, over a leap day', () => {
    const days = opens(only({ type: 'every', days: 7 }), '2028-02-15T00:00:00Z', '2028-03-10T00:00:00Z')
    expect(days.map((text) => text.slice(5, 10))).toEqual(['02-21', '02-28', '03-06'])
  })
  it('are none where measuring is as needed', () => {
    expect(
      opens({ phases: [{ schedule: { type: 'as-needed' } }] }, '2028-01-01T00:00:00Z', '2029-01-01T00:00:00Z'),
    ).toEqual([])
  })
  it('on a holiday are kept, skipped, or moved to the next working day, where the plan has it so', () => {
    const days = (holidays: string) =>
      opens(
        { ...only({ type: 'weekdays', on: ['mo', 'th', 'su'] }), holidays },
        '2028-04-12T00:00:00Z',
        '2028-04-21T00:00:00Z',
      ).map((text) => text.slice(8, 10))
    expect(days('kept')).toEqual(['13', '16', '17', '20'])
    expect(days('skipped')).toEqual(['20'])
    // Maundy Thursday, Easter Sunday and Monday become one Tuesday: Friday is a holiday too.
    expect(days('moved')).toEqual(['18', '20'])
  })
  it('end where the plan ends, and the same question gives the same slots in pieces', () => {
    const whole = opens(
      { to: '2028-02-01T00:00:00Z', holidays: 'moved' },
      '2028-01-01T00:00:00Z',
      '2029-01-01T00:00:00Z',
    )
    expect(whole.at(-1)).toBe('2028-01-31T05:00:00.000Z')
    const pieces = Array.from({ length: 35 }, (_, day) => {
      const from = Date.UTC(2028, 0, 1 + day)
      return opens(
        { to: '2028-02-01T00:00:00Z', holidays: 'moved' },
        new Date(from).toISOString(),
        new Date(from + 86_400_000).toISOString(),
      )
    })
    expect(pieces.flat()).toEqual(whole)
  })
  it('lie in the plan’s own time zone', () => {
    expect(opens({ timeZone: 'Atlantic/Faroe' }, '2028-01-03T00:00:00Z', '2028-01-04T00:00:00Z')).toEqual([
      '2028-01-03T06:00:00.000Z',
    ])
  })
})

describe('a plan is refused, naming the field', () => {
  it.each([
    [
      'phases.0.days',
      {
        phases: [
          { schedule: { type: 'daily' }, windows: MORNING },
          { schedule: { type: 'daily' }, windows: MORNING },
        ],
      },
    ],
    ['phases.0.windows', { phases: [{ schedule: { type: 'daily' } }] }],
    ['phases.0.windows', { phases: [{ schedule: { type: 'as-needed' }, windows: MORNING }] }],
    ['phases.0.windows.0.to', only({ type: 'daily' }, [{ from: '22:00', to: '02:00' }])],
    ['phases.0.windows.1', only({ type: 'daily' }, [...MORNING, { from: '11:00', to: '13:00' }])],
    ['phases.0.windows.0.from', only({ type: 'daily' }, [{ from: '8', to: '12:00' }])],
    ['timeZone', { timeZone: 'Europe/Kobenhavn' }],
    ['to', { to: '2028-01-01T00:00:00Z' }],
  ])('%s', (path, change) => {
    const { error } = planSchema.safeParse({ ...plan({}), ...change })
    expect(error?.issues.map((issue) => issue.path.join('.'))).toContain(path)
  })
})
