import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addMinutes,
  deviceTime,
  localSeconds,
  localText,
  measurementTime,
  writeCurrentTime,
  writeDateTime,
} from '../../../device-drivers/gatt/date-time.ts'
import { PacketReader } from '../../../device-drivers/gatt/packet-reader.ts'

describe('a date of a device', () => {
  test.each([
    ['an ordinary day', [2026, 3, 29, 2, 30, 0], 'valid'],
    ['29 February of a leap year', [2028, 2, 29, 0, 0, 0], 'valid'],
    ['29 February of another year', [2026, 2, 29, 0, 0, 0], 'invalid'],
    ['29 February 1900', [1900, 2, 29, 0, 0, 0], 'invalid'],
    ['31 February', [2026, 2, 31, 12, 0, 0], 'invalid'],
    ['31 April', [2026, 4, 31, 12, 0, 0], 'invalid'],
    ['month 13', [2026, 13, 1, 0, 0, 0], 'invalid'],
    ['hour 24', [2026, 1, 1, 24, 0, 0], 'invalid'],
    ['minute 60', [2026, 1, 1, 0, 60, 0], 'invalid'],
    ['second 60', [2026, 1, 1, 0, 0, 60], 'invalid'],
    ['a year before the calendar', [1581, 1, 1, 0, 0, 0], 'invalid'],
    ['year 0', [0, 4, 17, 20, 41, 59], 'unset'],
    ['month 0', [2026, 0, 17, 0, 0, 0], 'unset'],
    ['day 0', [2026, 4, 0, 0, 0, 0], 'unset'],
  ] as const)('%s is %3$s', (_, digits, state) => {
    const [year, month, day, hour, minute, second] = digits
    expect(deviceTime(year, month, day, hour, minute, second).state).toBe(state)
  })

  test('that does not exist costs the device time, not the measurement', () => {
    expect(measurementTime(deviceTime(2026, 2, 31, 1, 2, 3))).toEqual({
      timing: { clockUnset: true },
      status: ['time-fault'],
    })
  })

  test('that was never set is no fault and no time', () => {
    expect(measurementTime(deviceTime(0, 1, 1, 0, 0, 0))).toEqual({ timing: { clockUnset: true }, status: [] })
    expect(measurementTime(undefined)).toEqual({ timing: {}, status: [] })
  })
})

const anyLocal = fc.record({
  year: fc.integer({ min: 1582, max: 9999 }),
  month: fc.integer({ min: 1, max: 12 }),
  day: fc.integer({ min: 1, max: 28 }),
  hour: fc.integer({ min: 0, max: 23 }),
  minute: fc.integer({ min: 0, max: 59 }),
  second: fc.integer({ min: 0, max: 59 }),
  weekday: fc.integer({ min: 1, max: 7 }),
})

describe('a clock', () => {
  test('reads back what is written to it', () => {
    fc.assert(
      fc.property(anyLocal, (local) => {
        expect(new PacketReader(writeDateTime(local)).dateTime('t')).toEqual({ text: localText(local), state: 'valid' })
      }),
    )
  })

  test('is written in the layout of 2A08 and 2A2B', () => {
    const local = { year: 2017, month: 1, day: 4, hour: 11, minute: 38, second: 45, weekday: 3 }
    expect(Buffer.from(writeDateTime(local)).toString('hex')).toBe('e10701040b262d')
    expect(Buffer.from(writeCurrentTime(local)).toString('hex')).toBe('e10701040b262d030002')
  })
})

test('minutes are added across days, months and leap days without a zone', () => {
  expect(addMinutes('2026-03-29T01:59:30', 1)).toBe('2026-03-29T02:00:30')
  expect(addMinutes('2028-02-28T23:30:00', 60)).toBe('2028-02-29T00:30:00')
  expect(addMinutes('2026-01-01T00:00:00', -1)).toBe('2025-12-31T23:59:00')
  expect(localSeconds('2026-01-02T00:00:00') - localSeconds('2026-01-01T00:00:00')).toBe(86_400)
})
