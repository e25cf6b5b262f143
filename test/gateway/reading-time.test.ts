import { describe, expect, it } from 'vitest'
import { completeReading } from '../../gateway/make-reading.ts'
import { readingTimes, type Timing } from '../../gateway/reading-time.ts'
import { draft } from '../support/test-driver.ts'

const zone = 'Europe/Copenhagen'
/** 13:00 in Copenhagen. */
const heard = Date.UTC(2026, 10, 20, 12, 0, 0)
const timing = (more: Partial<Timing> = {}): Timing => ({
  bootId: 'boot-1',
  heardAt: 60_000,
  clockSet: false,
  clockUnset: false,
  ...more,
})
const readClock = (deviceNow: string) => ({ deviceClock: { deviceNow, readAt: 60_000 } })
const iso = (ms: number) => new Date(ms).toISOString()

function times(deviceTime: string | undefined, more: Partial<Timing> = {}, at = heard) {
  const { measuredAt, receivedAt, clock } = readingTimes(timing(more), deviceTime, { heard: at, zone, late: false })
  return { measuredAt: iso(measuredAt), receivedAt: iso(receivedAt), ...clock }
}

describe('the time of a reading', () => {
  it('corrects a device that is 16 minutes slow by what its clock showed in the same visit', () => {
    expect(times('2026-11-20T12:30:00', readClock('2026-11-20T12:44:00'))).toEqual({
      measuredAt: '2026-11-20T11:46:00.000Z',
      receivedAt: '2026-11-20T12:00:00.000Z',
      quality: 'corrected',
      offsetMs: 16 * 60_000,
    })
  })

  it('corrects a device that fell back to its birthday', () => {
    expect(times('2010-01-01T00:00:10', readClock('2010-01-01T00:05:10'))).toMatchObject({
      measuredAt: '2026-11-20T11:55:00.000Z',
      quality: 'corrected',
    })
  })

  it('leaves the time of a device alone whose clock agrees within two seconds', () => {
    expect(times('2026-11-20T08:00:00', readClock('2026-11-20T12:59:59'))).toMatchObject({
      measuredAt: '2026-11-20T07:00:00.000Z',
      quality: 'synced',
      offsetMs: 1000,
    })
  })

  it('does not trust a stored record of a clock that was set in this visit and never read', () => {
    expect(times('2026-11-20T08:00:00', { clockSet: true })).toMatchObject({ quality: 'unknown' })
    expect(times('2026-11-20T12:59:50', { clockSet: true }), 'a live one proves it').toMatchObject({
      quality: 'synced',
    })
  })

  it('uses the time of reception when the device gives none', () => {
    expect(times(undefined)).toMatchObject({ measuredAt: '2026-11-20T12:00:00.000Z', quality: 'received' })
  })

  it('says device-unset when the device says that its clock was never set', () => {
    expect(times('2026-11-20T12:59:00', { clockUnset: true })).toMatchObject({
      measuredAt: '2026-11-20T12:00:00.000Z',
      quality: 'device-unset',
    })
  })

  it('trusts a time that proves itself by being the present, and calls one unknown that nothing proves', () => {
    expect(times('2026-11-20T12:59:30')).toMatchObject({ measuredAt: '2026-11-20T11:59:30.000Z', quality: 'synced' })
    expect(times('2026-11-20T09:00:00')).toMatchObject({ measuredAt: '2026-11-20T08:00:00.000Z', quality: 'unknown' })
  })

  it('does not believe a record from the future or from before all devices', () => {
    for (const absurd of ['2026-11-20T13:06:00', '2019-01-01T00:00:00', '2027-01-01T00:00:00']) {
      expect(times(absurd), absurd).toMatchObject({ measuredAt: '2026-11-20T12:00:00.000Z', quality: 'unknown' })
    }
  })

  it('reads a stored record on the old clock and a new one on the new after the hub has set the clock', () => {
    const set = { ...readClock('2026-11-20T12:44:00'), clockSet: true }
    expect(times('2026-11-20T12:43:50', set)).toMatchObject({
      measuredAt: '2026-11-20T11:59:50.000Z',
      quality: 'corrected',
    })
    expect(times('2026-11-20T13:00:00', set)).toMatchObject({
      measuredAt: '2026-11-20T12:00:00.000Z',
      quality: 'synced',
    })
  })

  it('takes the instant of the repeated hour that has passed, and admits when it can be either', () => {
    const firstTime = Date.UTC(2026, 9, 25, 0, 30, 5)
    const secondTime = Date.UTC(2026, 9, 25, 1, 30, 5)
    expect(times('2026-10-25T02:30:00', {}, firstTime)).toMatchObject({
      measuredAt: '2026-10-25T00:30:00.000Z',
      quality: 'synced',
    })
    expect(times('2026-10-25T02:30:00', {}, secondTime)).toMatchObject({
      measuredAt: '2026-10-25T01:30:00.000Z',
      quality: 'synced',
    })
    const nextMorning = Date.UTC(2026, 9, 25, 7, 0, 0)
    expect(times('2026-10-25T02:30:00', readClock('2026-10-25T08:00:00'), nextMorning).quality).toBe('unknown')
  })

  it('counts across the change of clocks on a device that does not know of it', () => {
    // Still in summer time in November: its clock shows one hour too much, and so did the record of October.
    expect(times('2026-10-20T08:00:00', readClock('2026-11-20T14:00:00'))).toMatchObject({
      measuredAt: '2026-10-20T06:00:00.000Z',
      quality: 'corrected',
    })
  })

  it('marks a reading whose hub learnt the time only afterwards', () => {
    const known = { zone, now: heard, wallAt: () => heard - 3600_000 }
    expect(completeReading(draft(1), known, true)).toMatchObject({
      measuredAt: '2026-11-20T11:00:00.000Z',
      clock: { quality: 'hub-unsynced' },
    })
  })

  it('falls back on the device, then on the present, for a boot that never learnt the time', () => {
    const known = { zone, now: heard, wallAt: () => undefined }
    const told = draft(1)
    const withTime = { ...told, reading: { ...told.reading, deviceTime: '2026-11-19T10:00:00' } }
    expect(completeReading(withTime, known, true)).toMatchObject({
      measuredAt: '2026-11-19T09:00:00.000Z',
      clock: { quality: 'unknown' },
    })
    expect(completeReading(draft(2), known, true)).toMatchObject({
      measuredAt: '2026-11-20T12:00:00.000Z',
      clock: { quality: 'unknown' },
    })
  })
})
