import { describe, expect, it } from 'vitest'
import { eventParser, MAX_PENDING } from '../../../../broker/clinic/page/shell/event-stream.ts'
import { formatAge, formatMoment, formatNumber, formatWhen } from '../../../../broker/clinic/page/shell/format.ts'
import { arrange, type Row } from '../../../../broker/clinic/page/work-list/held-order.ts'
import { afterChange, afterList, NO_NEWS } from '../../../../broker/clinic/page/work-list/news.ts'
import { keepingSame, withItem, worstFirst } from '../../../../broker/clinic/page/work-list/order.ts'
import { ago, aList, anAlert, anItem, changeOf, citizenNamed, START } from './work-fixture.ts'

const [one, two, three, four] = [1, 2, 3, 4].map(citizenNamed) as [string, string, string, string]
const names = (rows: readonly Row[]) => rows.map(({ item }) => item.citizen)
const rowsOf = (...items: Row['item'][]): Row[] => items.map((item) => ({ item, gone: false }))
const NOBODY: ReadonlySet<string> = new Set()

describe('the order of the work list', () => {
  it('is red, yellow, missing, unknown; then what somebody sees to, then the oldest; paused last', () => {
    const items = [
      anItem(citizenNamed(1), 'red', { pausedUntil: ago(-60) }),
      anItem(citizenNamed(2), 'unknown'),
      anItem(citizenNamed(3), 'blue'),
      anItem(citizenNamed(4), 'yellow'),
      anItem(citizenNamed(5), 'red', { acknowledged: true, since: ago(90) }),
      anItem(citizenNamed(6), 'red', { since: ago(5) }),
      anItem(citizenNamed(7), 'red', { since: ago(30) }),
    ]
    expect(items.sort(worstFirst).map(({ citizen }) => Number(citizen.slice(-4)))).toEqual([7, 6, 5, 4, 3, 2, 1])
  })

  it('keeps counts and calm citizens right when one changes, comes or goes', () => {
    const list = aList([anItem(one, 'red'), anItem(two, 'yellow')])
    const worse = withItem(list, two, anItem(two, 'red'))
    expect(worse.counts).toMatchObject({ red: 2, yellow: 0 })
    expect(worse.calm).toBe(180)
    const gone = withItem(worse, one, null)
    expect(gone.counts).toMatchObject({ red: 1 })
    expect(gone.calm).toBe(181)
    const come = withItem(gone, three, anItem(three, 'blue', { pausedUntil: ago(-60) }))
    expect(come.counts).toMatchObject({ blue: 0, paused: 1 })
    expect(come.calm).toBe(180)
  })
})

describe('a list that is asked for again', () => {
  it('keeps the items that say the same, so that their rows are not drawn anew', () => {
    const before = aList([anItem(one, 'red'), anItem(two, 'yellow'), anItem(three, 'blue')])
    const answer = aList([anItem(one, 'red'), anItem(two, 'red'), anItem(four, 'blue')], before.at, 11)
    const { items, ...rest } = keepingSame(before, structuredClone(answer))
    expect({ items, ...rest }).toEqual(answer)
    expect(items.map((item) => before.items.includes(item))).toEqual([true, false, false])
    expect(keepingSame(undefined, answer)).toEqual(answer)
  })
})

describe('rows under a finger', () => {
  it('stay where they are, with what is new in them; who comes, goes or moves is counted', () => {
    const shown = rowsOf(anItem(one, 'red'), anItem(two, 'yellow'), anItem(three, 'yellow'))
    const worse = anItem(three, 'red')
    const now = [worse, anItem(four, 'red'), anItem(two, 'yellow')]
    const { rows, waiting } = arrange(shown, now, true)
    expect(names(rows)).toEqual([one, two, three])
    expect(rows.map(({ gone }) => gone)).toEqual([true, false, false])
    expect(rows[2]?.item).toBe(worse)
    // One comes, one has gone, one moves.
    expect(waiting).toBe(3)
    expect(names(arrange(rows, now, false).rows)).toEqual([three, four, two])
  })

  it('come back to life when they are on the list again, and nothing waits when nothing moved', () => {
    const shown = rowsOf(anItem(one, 'red'))
    const { rows } = arrange(shown, [], true)
    expect(arrange(rows, [], true).rows[0]).toBe(rows[0])
    const back = arrange(rows, [anItem(one, 'red')], true)
    expect(back).toMatchObject({ rows: [{ gone: false }], waiting: 0 })
  })
})

describe('what is said aloud', () => {
  const red = anAlert(one, 'red')

  it('is a red that nobody was told of, once', () => {
    const first = afterChange(NO_NEWS, changeOf(red))
    expect(first).toMatchObject({ sound: 'red', reds: [{ alert: red.alert, citizen: one }] })
    const again = afterChange(first, changeOf({ ...red, revision: 2 }))
    expect(again.sound).toBeUndefined()
    expect(again.reds).toHaveLength(1)
    const taken = afterChange(again, changeOf({ ...red, state: 'acknowledged', revision: 3 }))
    expect(taken).toMatchObject({ sound: undefined, reds: [] })
    expect(afterChange(taken, changeOf({ ...red, revision: 4 })).sound).toBe('red')
  })

  it('is a yellow that became red, and nothing for what is quiet', () => {
    const yellow = afterChange(NO_NEWS, changeOf({ ...red, level: 'yellow' }))
    expect(yellow.sound).toBe('other')
    expect(afterChange(yellow, changeOf(red)).sound).toBe('red')
    expect(afterChange(NO_NEWS, changeOf(red, true))).toMatchObject({ sound: undefined, reds: [] })
  })

  it('is nothing of the first list, and only what is new in the ones after it', () => {
    const list = aList([anItem(one, 'red')])
    const known = afterList(NO_NEWS, list, NOBODY, true)
    expect(known).toMatchObject({ sound: undefined, reds: [] })
    expect(afterList(known, list, NOBODY, false).sound).toBeUndefined()
    const more = aList([anItem(one, 'red'), anItem(two, 'red'), anItem(three, 'yellow')])
    expect(afterList(known, more, NOBODY, false)).toMatchObject({ sound: 'red', reds: [{ citizen: two }] })
    const yellow = aList([anItem(one, 'red'), anItem(three, 'yellow')])
    expect(afterList(known, yellow, NOBODY, false)).toMatchObject({ sound: 'other', reds: [] })
    const paused = aList([anItem(two, 'red', { alerts: [anAlert(two, 'red', { pausedBy: 'pause-0001' })] })])
    expect(afterList(known, paused, NOBODY, false).sound).toBeUndefined()
  })

  it('is not taken back by a list that was on its way when the red came', () => {
    const told = afterChange(NO_NEWS, changeOf(red))
    const older = afterList(told, aList([]), new Set([one]), false)
    expect(older.reds).toHaveLength(1)
    expect(afterList(older, aList([]), NOBODY, false).reds).toHaveLength(0)
  })

  it('does not grow, however many there were', () => {
    let news = NO_NEWS
    for (let n = 0; n < 100; n += 1) {
      const alert = anAlert(citizenNamed(n), 'red')
      news = afterChange(news, changeOf(alert))
      news = afterChange(news, changeOf({ ...alert, state: 'closed', revision: 2 }))
    }
    expect(news.known.size).toBe(0)
    for (let n = 0; n < 100; n += 1) news = afterChange(news, changeOf(anAlert(citizenNamed(n), 'red')))
    expect(news.reds).toHaveLength(20)
  })
})

describe('the stream of changes', () => {
  it('is read whatever pieces it comes in; comments are no events', () => {
    const text = 'retry: 1000\n\n: a word\n\nid: 7\nevent: alert\ndata: {"a":1}\r\n\r\ndata: x\ndata: y\n\n'
    for (let size = 1; size < text.length; size += 1) {
      const parse = eventParser()
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
      expect(pieces.flatMap(parse)).toEqual([
        { event: 'alert', data: '{"a":1}', id: '7' },
        { event: 'message', data: 'x\ny', id: '7' },
      ])
    }
  })

  it('is given up when an event has no end', () => {
    const parse = eventParser()
    expect(() => parse('x'.repeat(MAX_PENDING + 1))).toThrow(RangeError)
  })
})

describe('numbers and times', () => {
  it('have the comma, the decimals and the clock of Denmark, also over the change to winter time', () => {
    expect([formatNumber(48, 1, 'da'), formatNumber(48, 1, 'en')]).toEqual(['48,0', '48.0'])
    expect(formatMoment(ago(0), START, 'da')).toBe('10.00')
    expect(formatMoment(ago(0), START, 'en')).toBe('10:00')
    expect(formatMoment('2026-10-25T00:30:00.000Z', START, 'da')).toBe('25. okt. 02.30')
    expect(formatMoment('2026-10-25T01:30:00.000Z', START, 'da')).toBe('25. okt. 02.30')
    expect(formatMoment('2025-12-31T23:30:00.000Z', START, 'en')).toBe('1 Jan 00:30')
  })

  it('say how long ago and when, so that nobody has to reckon', () => {
    expect(formatWhen(ago(3), START, 'da')).toBe('for 3 min. siden (09.57)')
    expect(formatWhen(ago(3), START, 'en')).toBe('3 min ago (09:57)')
    expect([0, 59, 60, 47 * 60, 48 * 60].map((minutes) => formatAge(ago(minutes), START, 'en'))).toEqual([
      'just now',
      '59 min ago',
      '1 hour ago',
      '47 hours ago',
      '2 days ago',
    ])
    expect(formatAge(ago(-90), START, 'da')).toBe('om 1 time')
  })
})
