import { describe, expect, it } from 'vitest'
import { type Plan, planSchema } from '../../../../broker/alerts/plan/plan.ts'
import { slotsOf } from '../../../../broker/alerts/plan/slots.ts'
import { fieldErrors } from '../../../../broker/clinic/page/settings/field-errors.ts'
import { draftOf, limitText, readDraft } from '../../../../broker/clinic/page/settings/limit-draft.ts'
import { calendarWeeks } from '../../../../broker/clinic/page/settings/plan-calendar.ts'
import { clockTime, draftOfPlan, readPlan } from '../../../../broker/clinic/page/settings/plan-draft.ts'
import { planSentence } from '../../../../broker/clinic/page/settings/plan-sentence.ts'
import { addDays, dateTimeText, isoOfText, weekdayOf } from '../../../../broker/clinic/page/shell/local-time.ts'

/** What is typed and what is sent; no browser. */

describe('a limit as it is typed', () => {
  const draft = { alertLow: '36,5', warningLow: '', warningHigh: '38.0', alertHigh: ' 38,5 ' }

  it('is read with a Danish or an English decimal mark, and an empty field is no limit', () => {
    expect(readDraft(draft)).toEqual({ values: { alertLow: 36.5, warningHigh: 38, alertHigh: 38.5 }, problems: {} })
  })

  it.each([
    [{ alertLow: '38' }, { warningHigh: { type: 'order', below: 'alertLow' } }],
    [{ alertHigh: '1e3' }, { alertHigh: { type: 'number' } }],
    [{ alertHigh: '44' }, { alertHigh: { type: 'range', from: 30, to: 43 } }],
    [
      { alertLow: '29', warningHigh: '28' },
      { alertLow: { type: 'range', from: 30, to: 43 }, warningHigh: { type: 'range', from: 30, to: 43 } },
    ],
  ] as const)('%o is refused at its field', (change, problems) => {
    expect(readDraft({ ...draft, ...change }, [30, 43])).toEqual({ values: undefined, problems })
  })

  it('must be one at least', () => {
    const none = { alertLow: '', warningLow: ' ', warningHigh: '', alertHigh: '' }
    expect(readDraft(none)).toEqual({ values: undefined, problems: {} })
  })

  it('keeps the decimals of its quantity, and its own where it has more', () => {
    expect(limitText(38, 1, ',')).toBe('38,0')
    expect(limitText(88.25, 0, '.')).toBe('88.25')
    expect(draftOf({ warningHigh: 38 }, 1, ',').warningHigh).toBe('38,0')
  })
})

describe('what the broker finds wrong', () => {
  it('is taken apart by field, with remedies that have semicolons and colons of their own', () => {
    const advice =
      'phases[0].windows[1].to: must be later than from; split a night at 24:00; reason: say why; body.from: use a time with a zone, as 2026-01-31T08:00:00Z'
    expect(fieldErrors(advice)).toEqual({
      'phases.0.windows.1.to': 'must be later than from; split a night at 24:00',
      reason: 'say why',
      from: 'use a time with a zone, as 2026-01-31T08:00:00Z',
    })
    expect(fieldErrors('Correct the body; it is JSON as the documentation says.')).toEqual({})
  })
})

describe('local time', () => {
  it.each([
    ['2026-03-29', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', '2026-03-29T22:00:00.000Z'],
    ['2026-10-25', '2026-10-24T22:00:00.000Z'],
    ['2026-10-26', '2026-10-25T23:00:00.000Z'],
  ])('%s begins in Copenhagen at %s', (date, at) => {
    expect(isoOfText(date)).toBe(at)
    expect(dateTimeText(at)).toBe(`${date}T00:00`)
  })

  it('is undefined for what is no time, and knows days and weeks', () => {
    expect(isoOfText('2026-02-31T08:00')).toBeUndefined()
    expect(isoOfText('')).toBeUndefined()
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(weekdayOf('2026-11-22')).toBe(6)
  })
})

const PLAN: Plan = planSchema.parse({
  citizen: 'citizen-0042',
  kind: 'weight',
  from: '2026-09-30T22:00:00Z',
  to: '2026-12-31T23:00:00Z',
  holidays: 'moved',
  alsoOff: ['christmas-eve'],
  phases: [
    { days: 14, schedule: { type: 'daily' }, windows: [{ from: '08:00', to: '10:30' }] },
    { days: 30, schedule: { type: 'every', days: 2 }, windows: [{ from: '22:00', to: '24:00' }] },
    { schedule: { type: 'weekdays', on: ['mo', 'we', 'fr'] }, windows: [{ from: '08:00', to: '10:00' }] },
  ],
  author: 'nurse-berg',
  reason: 'x',
})

describe('a plan', () => {
  it('goes through the editor unchanged but for its first day and its reason', () => {
    const { body, problems } = readPlan({ ...draftOfPlan(PLAN, '2026-11-23'), reason: ' ny ' })
    const { citizen: _, kind: __, author: ___, ...rest } = PLAN
    expect(problems).toEqual({})
    expect(body).toEqual({ ...rest, from: '2026-11-22T23:00:00.000Z', reason: 'ny' })
  })

  it('that begins later is drafted from its own day', () => {
    expect(draftOfPlan(PLAN, '2026-09-01').first).toBe('2026-10-01')
  })

  it('is valid for the broker as it is offered first', () => {
    const { body } = readPlan({ ...draftOfPlan(undefined, '2026-11-23'), reason: 'x' })
    expect(planSchema.safeParse({ citizen: 'citizen-0042', kind: 'weight', author: 'a', ...body }).success).toBe(true)
  })

  it('is told in both languages', () => {
    expect(planSentence(PLAN.phases, 'da')).toBe(
      'Hver dag kl. 8–10.30 i 14 dage, derefter hver anden dag kl. 22–24 i 30 dage, derefter hver mandag, onsdag og fredag kl. 8–10.',
    )
    expect(planSentence(PLAN.phases.slice(0, 2), 'en')).toBe(
      'Every day at 8–10:30 for 14 days, then every other day at 22–24 for 30 days, and no more after that.',
    )
  })

  it.each([
    ['8', '08:00'],
    ['8.30', '08:30'],
    ['0830', '08:30'],
    ['24', '24:00'],
    ['24.01', undefined],
    ['8:75', undefined],
    ['otte', undefined],
  ])('reads the clock time %s as %s', (text, time) => {
    expect(clockTime(text)).toBe(time)
  })

  it('names the fields that cannot be read', () => {
    const draft = { ...draftOfPlan(PLAN, '2026-11-23'), first: '' }
    const [phase] = draft.phases
    if (phase === undefined) throw new Error('no phase')
    const wrong = { ...phase, days: '1,5', type: 'weekdays' as const, on: [], windows: [{ from: 'x', to: '' }] }
    expect(readPlan({ ...draft, phases: [wrong], graceMinutes: '' }).problems).toEqual({
      from: 'missing',
      graceMinutes: 'missing',
      'phases.0.days': 'number',
      'phases.0.schedule.on': 'missing',
      'phases.0.windows.0.from': 'time',
      'phases.0.windows.0.to': 'missing',
    })
  })

  it('is laid out in weeks from Monday, over the day on which the clock is turned', () => {
    const from = Date.parse('2026-10-17T22:00:00Z')
    const slots = slotsOf(PLAN, from, from + 28 * 86_400_000 + 3_600_000).map(({ opens, closes, due }) => {
      const [o, c, d] = [opens, closes, due].map((ms) => new Date(ms).toISOString())
      return { opens: o ?? '', closes: c ?? '', due: d ?? '' }
    })
    const weeks = calendarWeeks(slots, '2026-10-18')
    expect(weeks.map(([monday]) => monday?.date)).toEqual([
      '2026-10-12',
      '2026-10-19',
      '2026-10-26',
      '2026-11-02',
      '2026-11-09',
    ])
    const days = weeks.flat()
    expect(days.filter(({ inside }) => inside)).toHaveLength(28)
    expect(days.find(({ date }) => date === '2026-10-25')?.windows).toEqual([{ from: '22:00', to: '24:00' }])
    expect(days.find(({ date }) => date === '2026-10-26')?.windows).toEqual([])
  })
})
