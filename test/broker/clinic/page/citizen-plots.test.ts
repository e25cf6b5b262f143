import { describe, expect, it } from 'vitest'
import { BITS, flagsOf, markOf } from '../../../../broker/clinic/page/citizen/flags.ts'
import { columnsOf, elsewhere, type Line, type Panel, panelsOf } from '../../../../broker/clinic/page/citizen/panels.ts'
import { openAlerts, pastAlerts, worstOf } from '../../../../broker/clinic/page/citizen/standing.ts'
import { indexOf, moved, stopsOf } from '../../../../broker/clinic/page/citizen/stops.ts'
import { yRangeOf } from '../../../../broker/clinic/page/citizen/y-range.ts'
import { FLAG_BITS, type Series } from '../../../../broker/clinic/shapes.ts'
import { before, NOW, OVERVIEW, RED, seriesAnswer } from './citizen-data.ts'

/** Which readings, limits and episodes stand in which plot of the citizen's page. */

const ANSWER = seriesAnswer('2026-10-04T22:00:00.000Z', '2026-11-03T23:00:00.000Z')
const PANELS = panelsOf(OVERVIEW, ANSWER)

const series = (at: number[], value: (number | null)[], decimals = 0): Series => ({
  quantity: 'systolic',
  kind: 'blood-pressure',
  unit: 'mm[Hg]',
  decimals,
  at,
  value,
  flags: at.map(() => 0),
  device: at.map(() => 0),
  reduced: false,
})
const line = (one: Series, limits = {}): Line => ({ series: one, limits, normal: undefined })
const panelWith = (...lines: [Line, ...Line[]]): Panel => ({ id: 'x', lines, shared: false, spans: [], missing: [] })

describe('the plots of a citizen', () => {
  it('are one for each quantity, both pressures in one, in an order that does not change', () => {
    const order = [
      'oxygen-saturation-oxygenSaturation',
      'oxygen-saturation-pulseRate',
      'blood-pressure-systolic',
      'blood-pressure-pulseRate',
      'weight-weight',
      'spirometry-fev1',
    ]
    expect(PANELS.map(({ id }) => id)).toEqual(order)
    expect(PANELS.map(({ lines }) => lines.length)).toEqual([1, 1, 2, 1, 1, 1])
    const turned = { ...ANSWER, series: ANSWER.series.toReversed() }
    expect(panelsOf(OVERVIEW, turned).map(({ id }) => id)).toEqual(order)
  })

  it('carry the limits, the normal, the episodes and the missed slots of that quantity and of no other', () => {
    const [saturation, , pressure, , weight] = PANELS
    expect(saturation?.lines[0].limits).toEqual({ alertLow: 85, warningLow: 88 })
    expect(saturation?.spans.map(({ alert }) => alert.alert)).toEqual(['alert-red-0001'])
    expect(saturation?.spans[0]?.to).toBeUndefined()
    expect(pressure?.spans.map(({ alert }) => alert.alert)).toEqual(['alert-past-0001'])
    expect(pressure?.missing).toEqual([])
    expect(weight?.missing.map(({ slot }) => slot.cause)).toEqual(['not-measured', 'not-measured'])
    expect(weight?.lines[0].normal?.median).toBe(78.4)
  })

  it('show of two rules for one quantity the limit that is met first', () => {
    const [rule] = OVERVIEW.rules
    if (rule === undefined) throw new RangeError('there is a rule')
    const wider = { ...rule, id: 'second', limits: { alertLow: 80, warningLow: 90 } }
    const [panel] = panelsOf({ ...OVERVIEW, rules: [...OVERVIEW.rules, wider] }, ANSWER)
    expect(panel?.lines[0].limits).toEqual({ alertLow: 85, warningLow: 90 })
  })

  it('keep values of another unit apart, without limits that are in the usual one', () => {
    const [first] = ANSWER.series.filter(({ quantity }) => quantity === 'weight')
    if (first === undefined) throw new RangeError('there is a weight')
    const both = panelsOf(OVERVIEW, { ...ANSWER, series: [{ ...first, unit: '[lb_av]' }, first] })
    expect(both.map(({ id, lines }) => [id, lines[0].limits])).toEqual([
      ['weight-weight-lbav', {}],
      ['weight-weight', { warningHigh: 80.5 }],
    ])
  })

  it('leave out what was not measured in that time, and name its newest value beside them', () => {
    const latest = {
      quantity: 'fev1',
      kind: 'spirometry',
      value: 1.2,
      unit: 'L',
      decimals: 2,
      measuredAt: before(900),
      device: 'spiro-0001',
      driver: 'smart-one',
      flags: [],
      trend: { at: [], value: [] },
    } as const
    const overview = { ...OVERVIEW, latest: [{ ...latest, flags: [], trend: { at: [], value: [] } }] }
    const answer = { ...ANSWER, series: ANSWER.series.filter(({ quantity }) => quantity !== 'fev1') }
    expect(elsewhere(overview, answer).map(({ quantity }) => quantity)).toEqual(['fev1'])
    expect(elsewhere(overview, ANSWER)).toEqual([])
  })
})

describe('two lines in one plot', () => {
  it('share the time of a reading, and each keeps what the other has not', () => {
    const upper = line(series([1, 3, 4, 4], [120, 130, 140, 141]))
    const lower = line(series([1, 2, 4], [80, 82, 84]))
    expect(columnsOf([upper, lower])).toEqual({
      at: [1, 2, 3, 4, 4],
      points: [
        [0, -1, 1, 2, 3],
        [0, 1, -1, 2, -1],
      ],
    })
  })
})

describe('the height of a plot', () => {
  const all = { from: 0, to: 10 }

  it('holds limits that are near, and does not let those far away press the readings flat', () => {
    const near = panelWith(line(series([1, 2], [120, 140]), { warningHigh: 160, alertHigh: 600 }))
    const [low = 0, high = 0] = yRangeOf(near, columnsOf(near.lines), all) ?? []
    expect(high).toBeGreaterThan(160)
    expect(high).toBeLessThan(180)
    expect(low).toBeLessThan(120)
  })

  it('is that of what is seen, not of what was zoomed away', () => {
    const panel = panelWith(line(series([1, 20], [120, 200])))
    expect(yRangeOf(panel, columnsOf(panel.lines), all)?.[1]).toBeLessThan(130)
  })

  it('is that of the limits when nothing was measured, and unknown without either', () => {
    const none = panelWith(line(series([20], [120]), { alertLow: 85, warningLow: 88 }))
    expect(yRangeOf(none, columnsOf(none.lines), all)?.[0]).toBeLessThan(85)
    const empty = panelWith(line(series([20], [120])))
    expect(yRangeOf(empty, columnsOf(empty.lines), all)).toBeUndefined()
  })

  it('does not make a mountain of the last decimal', () => {
    const panel = panelWith(line(series([1, 2], [78.4, 78.4], 1)))
    const [low = 0, high = 0] = yRangeOf(panel, columnsOf(panel.lines), all) ?? []
    expect(high - low).toBeGreaterThanOrEqual(0.19)
  })
})

describe('a way through a plot by keyboard', () => {
  const panel = {
    ...panelWith(line(series([1, 3, 5], [120, 130, 140]))),
    missing: [
      { at: 4, slot: { kind: 'blood-pressure', opens: NOW, due: NOW, state: 'missed', cause: 'not-measured' } },
    ],
  } satisfies Panel
  const stops = stopsOf(columnsOf(panel.lines), panel, 2, 9)

  it('meets readings and missed slots by time, of what is seen', () => {
    expect(stops.map(({ at }) => at)).toEqual([3, 4, 5])
  })

  it('begins with the newest, goes to both ends and stays there', () => {
    expect(moved(undefined, 'earlier', 3)).toBe(2)
    expect(moved(undefined, 'first', 3)).toBe(0)
    expect(moved(2, 'later', 3)).toBe(2)
    expect(moved(0, 'earlier', 3)).toBe(0)
    expect(moved(1, 'much-later', 30)).toBe(11)
    expect(moved(11, 'first', 30)).toBe(0)
    expect(moved(undefined, 'last', 0)).toBe(-1)
  })

  it('goes on from the same time when late readings have moved the rows', () => {
    expect(indexOf(stops, { at: 5, row: 2 })).toBe(2)
    expect(indexOf(stops, { at: 5, row: 7 })).toBe(2)
    expect(indexOf(stops, { at: 4.5, row: 1 })).toBeUndefined()
  })
})

describe('flags of a point', () => {
  it('are the bits of the broker', () => {
    expect(BITS).toEqual(FLAG_BITS)
    expect(flagsOf(FLAG_BITS.late + FLAG_BITS.doubtful)).toEqual(['late', 'doubtful'])
  })

  it('give every mark a shape of its own; doubt and range come before who typed it', () => {
    const shapes = [0, 2, 4, 8, 32, 64].map((bits) => markOf(bits).shape)
    expect(shapes).toEqual(['circle', 'cross', 'square', 'diamond', 'above', 'below'])
    expect(markOf(1).hollow).toBe(true)
    expect(markOf(BITS.doubtful + BITS['typed-by-staff']).shape).toBe('cross')
  })
})

describe('how a citizen stands', () => {
  it('is the worst that is open, and nothing of technicians', () => {
    expect(worstOf(OVERVIEW.alerts)).toBe('red')
    expect(openAlerts(OVERVIEW.alerts).map(({ alert }) => alert)).toEqual(['alert-red-0001', 'alert-miss-0001'])
    expect(pastAlerts(OVERVIEW.alerts).map(({ alert }) => alert)).toEqual(['alert-past-0001'])
    expect(worstOf([{ ...RED, category: 'technical' }])).toBe('calm')
    expect(worstOf([{ ...RED, category: 'unwatched', level: 'yellow' }])).toBe('unknown')
  })

  it('has what nobody has acknowledged first', () => {
    const seen = { ...RED, alert: 'seen-0001', state: 'acknowledged', raisedAt: before(90) } as const
    expect(openAlerts([seen, RED]).map(({ alert }) => alert)).toEqual(['alert-red-0001', 'seen-0001'])
  })
})
