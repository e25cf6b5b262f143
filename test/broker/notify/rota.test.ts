import { describe, expect, test } from 'vitest'
import { gapsIn } from '../../../broker/notify/coverage.ts'
import type { NotifyDocument, Rota, Window } from '../../../broker/notify/document.ts'
import { parseNotifyDocument } from '../../../broker/notify/parse-document.ts'
import { nextOpen, onCall } from '../../../broker/notify/rota.ts'
import { documentFor, MINUTE, startStage } from './fixture.ts'

const HOUR = 60 * MINUTE
const CHRISTMAS = new Set(['2026-12-24', '2026-12-25', '2026-12-26'])
const CALENDAR = { zone: 'Europe/Copenhagen', isHoliday: (date: string) => CHRISTMAS.has(date) }

function documentWith(rota: Record<string, unknown>): NotifyDocument {
  return parseNotifyDocument(documentFor('https://sms.example.org/', { rotas: [{ id: 'on-call', ...rota }] }))
}
function rotaOf(rota: Record<string, unknown>): Rota {
  const [one] = documentWith(rota).rotas
  if (one === undefined) throw new Error('no rota')
  return one
}
const at = (iso: string) => Date.parse(iso)

const DAY_AND_NIGHT = {
  shifts: [
    { from: '07:30', to: '19:30', people: ['nurse-1'] },
    { from: '19:30', to: '07:30', people: ['nurse-2'] },
  ],
}

describe('a rota', () => {
  test('hands over at the minute, also past midnight', () => {
    const rota = rotaOf(DAY_AND_NIGHT)
    // Copenhagen is UTC+1 in November.
    expect(onCall(rota, at('2026-11-18T06:29:59.999Z'), CALENDAR)).toBe('nurse-2')
    expect(onCall(rota, at('2026-11-18T06:30:00Z'), CALENDAR)).toBe('nurse-1')
    expect(onCall(rota, at('2026-11-18T18:29:59.999Z'), CALENDAR)).toBe('nurse-1')
    expect(onCall(rota, at('2026-11-18T18:30:00Z'), CALENDAR)).toBe('nurse-2')
    expect(onCall(rota, at('2026-11-18T23:30:00Z'), CALENDAR)).toBe('nurse-2')
  })

  test.each([
    ['spring, the night of 23 hours', '2026-03-28T12:00:00Z', 11],
    ['autumn, the night of 25 hours', '2026-10-24T12:00:00Z', 13],
  ])('has no gap and no minute twice in the night when clocks change: %s', (_name, from, hours) => {
    const rota = rotaOf(DAY_AND_NIGHT)
    const start = at(from)
    const people = Array.from({ length: 24 * 60 }, (_, i) => onCall(rota, start + i * MINUTE, CALENDAR))
    expect(new Set(people)).toEqual(new Set(['nurse-1', 'nurse-2']))
    const first = people.indexOf('nurse-2')
    // From 19:30 to 07:30 of the clock on the wall.
    expect(people.slice(first).indexOf('nurse-1') / 60).toBe(hours)
  })

  test('lets several people take turns, a week each', () => {
    const rota = rotaOf({
      shifts: [{ from: '00:00', to: '00:00', people: ['nurse-1', 'nurse-2', 'leader'], turnsFrom: '2026-11-02' }],
    })
    const weeks = ['2026-10-28', '2026-11-02', '2026-11-08', '2026-11-09', '2026-11-16', '2026-11-23']
    expect(weeks.map((day) => onCall(rota, at(`${day}T12:00:00Z`), CALENDAR))).toEqual([
      'leader',
      'nurse-1',
      'nurse-1',
      'nurse-2',
      'leader',
      'nurse-1',
    ])
  })

  test('gives way to an override while it lasts', () => {
    const rota = rotaOf({
      ...DAY_AND_NIGHT,
      overrides: [{ from: '2026-11-18T10:00:00+01:00', to: '2026-11-18T12:00:00+01:00', person: 'leader' }],
    })
    expect(onCall(rota, at('2026-11-18T08:59:59Z'), CALENDAR)).toBe('nurse-1')
    expect(onCall(rota, at('2026-11-18T09:00:00Z'), CALENDAR)).toBe('leader')
    expect(onCall(rota, at('2026-11-18T11:00:00Z'), CALENDAR)).toBe('nurse-1')
  })

  test('knows public holidays, when a shift asks for them', () => {
    const rota = rotaOf({
      shifts: [
        { from: '08:00', to: '16:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'], holidays: 'off', people: ['nurse-1'] },
        { from: '08:00', to: '16:00', holidays: 'only', people: ['nurse-2'] },
      ],
    })
    expect(onCall(rota, at('2026-12-23T12:00:00Z'), CALENDAR)).toBe('nurse-1')
    expect(onCall(rota, at('2026-12-25T12:00:00Z'), CALENDAR)).toBe('nurse-2')
    expect(onCall(rota, at('2026-12-27T12:00:00Z'), CALENDAR)).toBeUndefined()
  })
})

describe('a gap', () => {
  test('is found ahead of time, with its first and last moment', () => {
    const document = documentWith({
      shifts: [{ from: '08:00', to: '08:00', days: ['mon', 'tue', 'wed', 'thu', 'sat', 'sun'], people: ['nurse-1'] }],
    })
    const start = at('2026-11-18T12:00:00Z')
    expect(gapsIn(document, { start, end: start + 72 * HOUR }, CALENDAR)).toEqual([
      {
        rota: 'on-call',
        policies: ['red-policy', 'yellow-policy'],
        from: '2026-11-20T07:00:00.000Z',
        to: '2026-11-21T07:00:00.000Z',
      },
    ])
    expect(gapsIn(document, { start, end: start + 24 * HOUR }, CALENDAR)).toEqual([])
  })

  test('of a rota that nobody calls is none', () => {
    const document = documentWith({ shifts: [] })
    const uncalled = { ...document, rotas: [...document.rotas, { id: 'spare', shifts: [], overrides: [] }] }
    const start = at('2026-11-18T12:00:00Z')
    expect(gapsIn(uncalled, { start, end: start + HOUR }, CALENDAR).map(({ rota }) => rota)).toEqual(['on-call'])
  })

  test('is told in advance, once a day, to those who are there when nobody else is', async () => {
    // Empty from Friday 08:00, 43 hours ahead.
    const rotas = [
      { id: 'on-call', shifts: [{ from: '08:00', to: '08:00', days: ['wed', 'thu'], people: ['nurse-1'] }] },
    ]
    const stage = await startStage({ rotas })
    await stage.settle()
    expect(stage.provider.said()).toEqual(['gap support on-call'])
    expect(stage.provider.received[0]?.body.text).toMatch(/^Hul i vagtplanen on-call fra 20\.11\.2026, 08\.00: ingen/)
    await stage.pass(10 * HOUR)
    expect(stage.provider.said()).toHaveLength(1)
    await stage.pass(4 * HOUR)
    expect(stage.provider.said()).toHaveLength(2)
    expect(stage.notifier.figures().gaps).toBe(1)
  })

  test('that comes all the same does not hold an alert up: the next step is taken at once', async () => {
    const rotas = [{ id: 'on-call', shifts: [{ from: '20:00', to: '21:00', people: ['nurse-1'] }] }]
    const stage = await startStage({ rotas })
    stage.tell()
    await stage.settle()
    expect(stage.provider.said().filter((line) => line.startsWith('alert'))).toEqual(['alert nurse-2 alert-0001'])
    expect(stage.log.map(({ event }) => event)).toContain('step-without-person')
  })

  test('in the only step leads to the last resort', async () => {
    const rotas = [{ id: 'on-call', shifts: [{ from: '20:00', to: '21:00', people: ['nurse-1'] }] }]
    const stage = await startStage({ rotas })
    stage.tell({ level: 'yellow' })
    await stage.settle()
    expect(stage.provider.said()).toContain('alert support alert-0001')
  })
})

test('whoever comes on call is told what is open, and nobody is told twice', async () => {
  const rotas = [
    {
      id: 'on-call',
      shifts: [
        { from: '08:00', to: '13:05', people: ['nurse-1'] },
        { from: '13:05', to: '08:00', people: ['leader'] },
      ],
    },
  ]
  const stage = await startStage({ rotas })
  stage.tell()
  await stage.pass(4 * MINUTE)
  expect(stage.provider.said()).toEqual(['alert nurse-1 alert-0001'])
  await stage.pass(3 * MINUTE)
  expect(stage.provider.said()).toEqual(['alert nurse-1 alert-0001', 'alert leader alert-0001'])
})

describe('office hours', () => {
  const hours: Window[] = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '15:00', holidays: 'off' }]

  test.each([
    ['open now', '2026-11-18T12:00:00Z', '2026-11-18T12:00:00Z'],
    ['later today', '2026-11-18T05:00:00Z', '2026-11-18T07:00:00Z'],
    ['after the week-end', '2026-11-20T14:00:00Z', '2026-11-23T07:00:00Z'],
    ['after Christmas', '2026-12-23T14:00:00Z', '2026-12-28T07:00:00Z'],
  ])('a step waits for them: %s', (_name, from, opens) => {
    expect(nextOpen(hours, at(from), CALENDAR)).toBe(at(opens))
  })

  test('hold back a yellow alert and no red one', async () => {
    const stage = await startStage()
    const document = documentFor(stage.provider.url)
    const [red, yellow] = document.policies
    stage.apply({ ...document, policies: [red, { ...yellow, hours: [{ from: '08:00', to: '12:00' }] }] })
    stage.tell({ alert: 'yellow-one', level: 'yellow' })
    stage.tell({ alert: 'red-one' })
    await stage.settle()
    expect(stage.provider.said()).toEqual(['alert nurse-1 red-one'])
    stage.tell({ alert: 'red-one', state: 'acknowledged', revision: 2 })
    await stage.pass(18.9 * HOUR)
    expect(stage.provider.said().filter((line) => line.includes('yellow-one'))).toEqual([])
    await stage.pass(0.2 * HOUR)
    expect(stage.provider.said().filter((line) => line.includes('yellow-one'))).toEqual(['alert nurse-1 yellow-one'])
  })
})
