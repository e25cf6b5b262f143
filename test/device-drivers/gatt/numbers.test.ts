import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeFloat, decodeSfloat } from '../../../device-drivers/gatt/numbers.ts'

/** Written from IEEE 11073-20601, 12.3, in another way than the decoder: exact rationals, and a list of specials. */
const SFLOAT_SPECIALS = new Map([
  [0x07fe, 'positive-infinity'],
  [0x07ff, 'not-a-number'],
  [0x0800, 'not-at-this-resolution'],
  [0x0801, 'reserved'],
  [0x0802, 'negative-infinity'],
])
const FLOAT_SPECIALS = new Map([
  [0x007ffffe, 'positive-infinity'],
  [0x007fffff, 'not-a-number'],
  [0x00800000, 'not-at-this-resolution'],
  [0x00800001, 'reserved'],
  [0x00800002, 'negative-infinity'],
  [0x7fffffff, 'reserved'],
])

const twosComplement = (value: number, bits: number): number => Number(BigInt.asIntN(bits, BigInt(value)))

describe('SFLOAT', () => {
  test('all 65,536 decode: five special values, the rest to mantissa and exponent', () => {
    let specials = 0
    let suspicious = 0
    const wrong: string[] = []
    for (let raw = 0; raw <= 0xffff; raw++) {
      const decoded = decodeSfloat(raw)
      const special = SFLOAT_SPECIALS.get(raw)
      if (special !== undefined) {
        expect(decoded).toEqual({ absent: special })
        specials++
        continue
      }
      const mantissa = twosComplement(raw & 0xfff, 12)
      const exponent = twosComplement(raw >> 12, 4)
      // One division or multiplication of integers rounds once: to the double that the decimal literal means.
      const value = exponent >= 0 ? mantissa * 10 ** exponent : mantissa / 10 ** -exponent
      const decimals = Math.min(6, Math.max(0, -exponent))
      const right = 'value' in decoded && decoded.value === value && decoded.decimals === decimals
      if (!right) wrong.push(raw.toString(16))
      if ('suspicious' in decoded) suspicious++
    }
    expect(wrong).toEqual([])
    expect(specials).toBe(5)
    // Five reserved mantissas under fifteen other exponents.
    expect(suspicious).toBe(75)
  })

  test('the exponent carries the precision', () => {
    expect(decodeSfloat(0x0002)).toEqual({ value: 2, decimals: 0 })
    expect(decodeSfloat(0xf014)).toEqual({ value: 2, decimals: 1 })
    expect(decodeSfloat(0xe0c8)).toEqual({ value: 2, decimals: 2 })
  })

  test('20.46 kPa has the mantissa of an infinity and stays a number, marked', () => {
    expect(decodeSfloat(0xe7fe)).toEqual({ value: 20.46, decimals: 2, suspicious: true })
  })
})

describe('FLOAT', () => {
  test('every special value is absent, with its reason', () => {
    for (const [raw, reason] of FLOAT_SPECIALS) expect(decodeFloat(raw)).toEqual({ absent: reason })
    expect(FLOAT_SPECIALS.size).toBe(6)
  })

  test('the neighbours of the special values are numbers', () => {
    expect(decodeFloat(0x007ffffd)).toEqual({ value: 8388605, decimals: 0 })
    expect(decodeFloat(0x00800003)).toEqual({ value: -8388605, decimals: 0 })
    expect(decodeFloat(0xff7fffff)).toEqual({ value: 838860.7, decimals: 1, suspicious: true })
  })

  test('any 32 bits are a finite number or absent', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (raw) => {
        const decoded = decodeFloat(raw)
        if ('absent' in decoded) return FLOAT_SPECIALS.get(raw) === decoded.absent
        const expected = Number(`${twosComplement(raw & 0xffffff, 24)}e${twosComplement(raw >>> 24, 8)}`)
        return Number.isFinite(decoded.value) && decoded.value === expected && decoded.decimals <= 6
      }),
      { numRuns: 20_000 },
    )
  })

  test('temperatures have no float noise', () => {
    for (let hundredths = 3000; hundredths <= 4300; hundredths++) {
      const decoded = decodeFloat((0xfe000000 + hundredths) >>> 0)
      expect('value' in decoded && String(decoded.value)).toBe(String(hundredths / 100))
    }
  })
})
