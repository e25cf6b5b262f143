import { describe, expect, it } from 'vitest'
import { isPreCareError } from '../../../device-drivers/errors.ts'
import { byteWriter, toHex } from '../../../simulators/encoders/byte-writer.ts'
import { readCalendarTime } from '../../../simulators/encoders/date-time.ts'
import { encodeFormat13, sumOf } from '../../../simulators/encoders/nonin.ts'
import { float32, sfloat } from '../../../simulators/encoders/numbers.ts'
import { encodeWeight } from '../../../simulators/encoders/weight.ts'

const refusal = (call: () => unknown): unknown => {
  try {
    return call()
  } catch (error) {
    return error
  }
}

describe('encoders at their limits', () => {
  it('an SFLOAT holds every mantissa that is no special value, at every exponent', () => {
    let checked = 0
    for (let exponent = -8; exponent <= 7; exponent++) {
      for (let mantissa = -0x7fd; mantissa <= 0x7fd; mantissa++) {
        const raw = sfloat({ value: Number(`${mantissa}e${exponent}`), decimals: -exponent })
        const readBack = [(raw << 16) >> 28, (raw << 20) >> 20]
        if (readBack[0] !== exponent || readBack[1] !== mantissa)
          throw new Error(`${mantissa}e${exponent} became ${raw}`)
        checked++
      }
    }
    expect(checked).toBe(16 * 4091)
  })

  it.each([
    ['an SFLOAT of 2046', () => sfloat(2046)],
    ['an SFLOAT of -2046', () => sfloat(-2046)],
    ['an SFLOAT with 9 decimals', () => sfloat({ value: 0, decimals: 9 })],
    ['a FLOAT of 8388606', () => float32(8388606)],
    ['a number that is none', () => sfloat(Number.NaN)],
    ['a byte of 256', () => byteWriter().u8(256)],
    ['a byte of 1.5', () => byteWriter().u8(1.5)],
    ['a weight of 400 kg', () => encodeWeight({ unit: 'kg', weight: 400 })],
  ])('%s is refused rather than wrapped around', (_, call) => {
    expect(isPreCareError(refusal(call), 'packet-malformed')).toBe(true)
  })

  it('a weight goes out in steps of 5 g, with its time, user, body mass index and height', () => {
    const time = { year: 2026, month: 3, day: 29, hour: 2, minute: 30, second: 5 }
    expect(toHex(encodeWeight({ unit: 'kg', weight: 81.4, time, user: 2, bmi: 26.1, height: 1.766 }))).toBe(
      '0E983FEA07031D021E05020501E606',
    )
    expect(toHex(encodeWeight({ unit: 'lb', weight: 180.25 }))).toBe('016946')
    expect(toHex(encodeWeight({ unit: 'kg', weight: undefined }))).toBe('00FFFF')
  })

  it('a Nonin record of format 13 has the bytes of a recorded one', () => {
    const time = { year: 2007, month: 10, day: 1, hour: 18, minute: 48, second: 21 }
    const record = { time, oxygenSaturation: 99, pulseRate: 52, smartPoint: true, fromMemory: true }
    expect(toHex(encodeFormat13(record))).toBe('0002000D000E2007100118482100021000340063' + '6203')
    const missing = encodeFormat13({ ...record, oxygenSaturation: undefined, pulseRate: undefined, smartPoint: false })
    expect(toHex(missing.subarray(14, 20))).toBe('011001FF007F')
    expect(missing.at(-2)).toBe(sumOf(missing.subarray(6, 20)))
  })

  it.each([
    ['31 February', 'E907021F000000'],
    ['month 13', 'E9070D01000000'],
    ['24 o clock', 'E9070101180000'],
    ['year 0', '00000101000000'],
    ['six bytes', 'E90701010000'],
  ])('a device does not take %s for a time', (_, hex) => {
    expect(readCalendarTime(Buffer.from(hex, 'hex'))).toBeUndefined()
  })

  it('a device reads a time out of 0x2A08 and 0x2A2B alike', () => {
    const expected = { year: 2024, month: 2, day: 29, hour: 23, minute: 59, second: 58 }
    expect(readCalendarTime(Buffer.from('E807021D173B3A', 'hex'))).toEqual(expected)
    expect(readCalendarTime(Buffer.from('E807021D173B3A048001', 'hex'))).toEqual(expected)
  })
})
