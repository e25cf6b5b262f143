import { describe, expect, it } from 'vitest'
import { expectedBy, type Use } from '../../../../broker/alerts/plan/expected.ts'
import { planSchema } from '../../../../broker/alerts/plan/plan.ts'

/** Mornings from 8 to 10 in Denmark, an hour of grace. */
const plan = (change: Record<string, unknown> = {}) =>
  planSchema.parse({
    citizen: 'citizen-1',
    kind: 'weight',
    from: '2026-01-01T00:00:00Z',
    phases: [{ schedule: { type: 'daily' }, windows: [{ from: '08:00', to: '10:00' }] }],
    author: 'nurse',
    reason: 'start',
    ...change,
  })
const scheduled = (schedule: object, from = '08:00', to = '10:00') => ({
  phases: [{ schedule, windows: [{ from, to }] }],
})
const use = (at: string, change: Partial<Use> = {}): Use => ({
  at: Date.parse(at),
  plans: [plan()],
  pauses: [],
  ...change,
})
function by(uses: Use | Use[], now = '2026-03-03T12:00:00Z'): string | undefined {
  const time = expectedBy(Array.isArray(uses) ? uses : [uses], Date.parse(now))
  return time === undefined ? undefined : new Date(time).toISOString()
}

describe('a device is expected again', () => {
  it('by the end of the first window, grace included, that opened after it measured', () => {
    expect(by(use('2026-03-03T07:30:00Z'))).toBe('2026-03-04T10:00:00.000Z')
    expect(by(use('2026-03-03T06:59:00Z'))).toBe('2026-03-03T10:00:00.000Z')
    expect(by(use('2026-03-03T09:59:00Z'))).toBe('2026-03-04T10:00:00.000Z')
  })

  it('by the same time for as long as it is silent: it is overdue since then', () => {
    const silent = use('2026-02-20T07:30:00Z')
    expect(by(silent, '2026-02-20T08:00:00Z')).toBe('2026-02-21T10:00:00.000Z')
    expect(by(silent, '2026-06-01T08:00:00Z')).toBe('2026-02-21T10:00:00.000Z')
  })

  it('at the same local time when the clock is turned', () => {
    expect(by(use('2026-03-28T07:30:00Z'), '2026-03-28T12:00:00Z')).toBe('2026-03-29T09:00:00.000Z')
    expect(by(use('2026-10-24T06:30:00Z'), '2026-10-24T12:00:00Z')).toBe('2026-10-25T10:00:00.000Z')
  })

  it('as rarely as was agreed, and after holidays that are not measured on', () => {
    const weekly = scheduled({ type: 'weekdays', on: ['mo'] })
    expect(by(use('2026-03-02T07:30:00Z', { plans: [plan(weekly)] }))).toBe('2026-03-09T10:00:00.000Z')
    const yearly = scheduled({ type: 'every', days: 366 })
    expect(by(use('2026-03-03T07:30:00Z', { plans: [plan(yearly)] }))).toBe('2027-01-02T10:00:00.000Z')
    const easter = use('2026-04-01T06:30:00Z', { plans: [plan({ holidays: 'skipped' })] })
    expect(by(easter, '2026-04-01T12:00:00Z')).toBe('2026-04-04T09:00:00.000Z')
  })

  it('after a pause that lies over its windows', () => {
    const pauses = [{ from: Date.parse('2026-03-03T12:00:00Z'), to: Date.parse('2026-03-05T08:00:00Z') }]
    expect(by(use('2026-03-03T07:30:00Z', { pauses }))).toBe('2026-03-06T10:00:00.000Z')
  })

  it('by the version of the plan that holds at the time', () => {
    const later = plan({ from: '2026-03-04T00:00:00Z', ...scheduled({ type: 'daily' }, '18:00', '20:00') })
    expect(by(use('2026-03-03T07:30:00Z', { plans: [later, plan()] }))).toBe('2026-03-04T20:00:00.000Z')
    expect(by(use('2026-03-04T18:30:00Z', { plans: [later, plan()] }))).toBe('2026-03-05T20:00:00.000Z')
  })

  it('by a plan that begins long after it was used', () => {
    const now = '2026-03-03T12:00:00Z'
    expect(by(use('2023-05-05T05:05:00Z', { plans: [plan({ from: now })] }), now)).toBe('2026-03-04T10:00:00.000Z')
  })

  it('by the first of those whom it measures, and is not overdue because of one of them', () => {
    const evening = [plan(scheduled({ type: 'daily' }, '18:00', '20:00'))]
    const [silent, measuring] = [use('2026-02-20T07:30:00Z'), use('2026-03-02T17:30:00Z', { plans: evening })]
    expect(by([silent, measuring])).toBe('2026-03-03T10:00:00.000Z')
    expect(by([silent])).toBe('2026-02-21T10:00:00.000Z')
  })

  it('no more, once the plan has ended or asks for nothing, however long it has been silent', () => {
    const silent = (plans: Use['plans']) => by(use('2026-02-20T07:30:00Z', { plans }))
    expect(silent([plan({ to: '2026-03-05T00:00:00Z' })])).toBe('2026-02-21T10:00:00.000Z')
    expect(silent([plan({ to: '2026-03-03T00:00:00Z' })])).toBeUndefined()
    const asNeeded = plan({ from: '2026-03-01T00:00:00Z', phases: [{ schedule: { type: 'as-needed' } }] })
    expect(silent([plan(), asNeeded])).toBeUndefined()
    const last = [plan({ to: '2026-03-03T09:00:00Z' })]
    expect(by(use('2026-03-02T07:30:00Z', { plans: last }), '2026-03-03T09:30:00Z')).toBe('2026-03-03T10:00:00.000Z')
  })

  it('never, where nothing is expected', () => {
    const asNeeded = plan({ phases: [{ schedule: { type: 'as-needed' } }] })
    expect(by(use('2026-03-03T07:30:00Z', { plans: [asNeeded] }))).toBeUndefined()
    const ended = plan({ to: '2026-03-03T00:00:00Z' })
    expect(by(use('2026-03-03T07:30:00Z', { plans: [ended] }))).toBeUndefined()
  })
})
