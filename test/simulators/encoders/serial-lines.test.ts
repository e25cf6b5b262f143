import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../simulators/encoders/byte-writer.ts'
import { encodeMasimo } from '../../../simulators/encoders/masimo.ts'
import { encodeUltra2Header, encodeUltra2Record } from '../../../simulators/encoders/onetouch-ultra2.ts'
import { crcOf, encodeUltraMiniFrame } from '../../../simulators/encoders/onetouch-ultramini.ts'
import { encodeLungMonitor } from '../../../simulators/encoders/vitalograph.ts'

const vectors: ReadonlyMap<string, string> = new Map(
  (JSON.parse(readFileSync('test/vectors/device-bytes.json', 'utf8')) as { id: string; hex: string }[]).map((v) => [
    v.id,
    v.hex,
  ]),
)

const masimo = (second: number, pulseRate: number, perfusionIndex: number) =>
  encodeMasimo({
    time: { year: 2016, month: 2, day: 22, hour: 22, minute: 47, second },
    serial: '56661',
    oxygenSaturation: 98,
    pulseRate,
    perfusionIndex,
    exceptions: 0x800,
  })

const ENCODED: Readonly<Record<string, () => Uint8Array>> = {
  'vitalograph-lm-01': () =>
    encodeLungMonitor({
      deviceId: '129406',
      fev1: 3.63,
      fev6: 3.99,
      fef2575: 4.04,
      time: { year: 2013, month: 5, day: 28, hour: 10, minute: 44, second: 18 },
      good: true,
    }),
  'masimo-ascii-01': () => masimo(46, 96, 3.95),
  'masimo-ascii-03': () => masimo(48, 96, 3.19),
  'masimo-ascii-05': () => masimo(45, 97, 3.6),
  'onetouch-ultra2-01': () => encodeUltra2Header(3, 'GMF600DCY', 'MG/DL '),
  'onetouch-ultra2-03': () =>
    encodeUltra2Record({
      time: { year: 2015, month: 3, day: 21, hour: 16, minute: 42, second: 11 },
      glucose: 105,
      meal: 'B',
      comment: '02',
    }),
}

describe('encoders of serial devices', () => {
  it.each(Object.entries(ENCODED))('%s is encoded to the bytes of the device', (id, encode) => {
    expect(toHex(encode())).toBe(vectors.get(id))
  })

  it('give the check value of the CRC, and the frames of the UltraMini specification', () => {
    expect(crcOf(new TextEncoder().encode('123456789'))).toBe(0x29b1)
    expect(toHex(encodeUltraMiniFrame(0x08))).toBe('02060803C262')
    expect(toHex(encodeUltraMiniFrame(0x0c))).toBe('02060C0306AE')
    expect(toHex(encodeUltraMiniFrame(0x06))).toBe('02060603CD41')
    expect(toHex(encodeUltraMiniFrame(0, [0x05, 0x1f, 0xf5, 0x01]))).toBe('020A00051FF5010338AA')
  })
})
