import { describe, expect, it } from 'vitest'
import { instantsOf, isTimeZone, localAt, naiveMs, utcText } from '../../gateway/local-time.ts'

const ZONE = 'Europe/Copenhagen'
const utc = (local: string): string[] => instantsOf(naiveMs(local) ?? Number.NaN, ZONE).map(utcText)

describe('local time', () => {
  it('gives one instant for an ordinary local time, in summer and in winter', () => {
    expect(utc('2026-07-01T12:00:00')).toEqual(['2026-07-01T10:00:00.000Z'])
    expect(utc('2026-12-01T12:00:00')).toEqual(['2026-12-01T11:00:00.000Z'])
  })

  it('gives both instants of the hour that autumn repeats, and one just outside of it', () => {
    expect(utc('2026-10-25T02:30:00')).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z'])
    expect(utc('2026-10-25T01:59:59')).toEqual(['2026-10-24T23:59:59.000Z'])
    expect(utc('2026-10-25T03:00:00')).toEqual(['2026-10-25T02:00:00.000Z'])
  })

  it('reads the hour that spring skips as winter time, which a clock nobody put forward still shows', () => {
    expect(utc('2026-03-29T02:30:00')).toEqual(['2026-03-29T01:30:00.000Z'])
  })

  it('refuses dates that do not exist and texts that are no local time', () => {
    for (const text of ['2026-02-31T00:00:00', '2026-13-01T00:00:00', '2026-01-01T24:00:00', '2026-01-01', '']) {
      expect(naiveMs(text), text).toBeUndefined()
    }
    expect(naiveMs('2028-02-29T23:59:59')).toBe(Date.UTC(2028, 1, 29, 23, 59, 59))
  })

  it('tells the local fields with the ISO day of the week, Sunday being 7', () => {
    expect(localAt(Date.UTC(2026, 10, 22, 23, 30, 5), ZONE)).toEqual({
      year: 2026,
      month: 11,
      day: 23,
      hour: 0,
      minute: 30,
      second: 5,
      weekday: 1,
      utcOffsetMinutes: 60,
    })
    expect(localAt(Date.UTC(2026, 10, 22, 12), ZONE).weekday).toBe(7)
    expect(localAt(Date.UTC(2026, 6, 22, 12), ZONE).utcOffsetMinutes).toBe(120)
  })

  it('knows which names are time zones', () => {
    expect(isTimeZone('Europe/Copenhagen')).toBe(true)
    expect(isTimeZone('Europe/Nowhere')).toBe(false)
  })
})
