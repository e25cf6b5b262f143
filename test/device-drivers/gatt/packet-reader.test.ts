import { describe, expect, test } from 'vitest'
import { isPreCareError } from '../../../device-drivers/errors.ts'
import { PacketReader } from '../../../device-drivers/gatt/packet-reader.ts'

const reader = (hex: string): PacketReader => new PacketReader(new Uint8Array(Buffer.from(hex, 'hex')))

describe('a packet reader', () => {
  test('records each field with offset, length and value', () => {
    const packet = reader('01 3412 563412 fe'.replaceAll(' ', ''))
    packet.u8('one')
    packet.u16('two', 'kJ')
    packet.u24('three')
    packet.i8('four')
    expect(packet.fields).toEqual([
      { name: 'one', offset: 0, length: 1, value: 1 },
      { name: 'two', offset: 1, length: 2, value: 0x1234, unit: 'kJ' },
      { name: 'three', offset: 3, length: 3, value: 0x123456 },
      { name: 'four', offset: 6, length: 1, value: -2 },
    ])
    expect(packet.surplusBytes).toBe(0)
  })

  test('reads big-endian for serial protocols', () => {
    const packet = reader('fffe00010203fff1')
    expect([packet.i16be('a'), packet.u32be('b'), packet.u16be('c')]).toEqual([-2, 0x00010203, 0xfff1])
    expect(reader('f16c').sfloatbe('d', 'Cel')).toEqual({ value: 36.4, unit: 'Cel', decimals: 1 })
    expect(reader('ff00016c').float32be('e', 'Cel')).toEqual({ value: 36.4, unit: 'Cel', decimals: 1 })
    expect(reader('16cd').i16('f')).toBe(-13034)
    expect(reader('010000ff').u32('g')).toBe(0xff000001)
  })

  test('names the field and the offset that a short packet lacks', () => {
    const packet = reader('0102')
    packet.u8('Flags')
    try {
      packet.u16('Systolic')
      expect.unreachable()
    } catch (error) {
      expect(isPreCareError(error, 'packet-too-short')).toBe(true)
      expect(String(error)).toContain("'Systolic' needs 2 bytes at offset 1")
    }
  })

  test('ignores reserved bits and shows the named ones as booleans', () => {
    const packet = reader('00e0')
    expect(packet.flags('Status', 2, { high: 15, low: 0 })).toEqual({ high: true, low: false })
    expect(packet.fields.map((field) => field.value)).toEqual([0xe000, true, false])
    expect(reader('0200').flags('Status', 2, { nine: 9 }, 'big')).toEqual({ nine: true })
    expect(reader('00000080').flags('Status', 4, { top: 31 })).toEqual({ top: true })
  })

  test('drops the padding of texts', () => {
    expect(reader('4142000020').text('Model', 5)).toBe('AB')
  })

  test('reads within a larger buffer', () => {
    const whole = new Uint8Array([9, 9, 0x6c, 0xf1, 9])
    expect(new PacketReader(whole.subarray(2, 4)).sfloat('t', 'Cel')).toMatchObject({ value: 36.4 })
    expect(new PacketReader(whole.subarray(2, 4)).rest()).toEqual(Uint8Array.of(0x6c, 0xf1))
  })

  test('shows a special value as null with its reason', () => {
    const packet = reader('ff07')
    expect(packet.sfloat('MAP', 'mm[Hg]')).toEqual({ absent: 'not-a-number', unit: 'mm[Hg]' })
    expect(packet.fields[0]).toMatchObject({ value: null, note: 'not-a-number' })
  })
})
