import { describe, expect, it } from 'vitest'
import { APDU_FRAMES, LONGEST_APDU } from '../../../device-drivers/ieee11073/apdu.ts'
import { takeFrames } from '../../../device-drivers/serial/framing.ts'
import { encodeAbort, encodeAssociationRequest, encodeReleaseRequest } from '../../../simulators/encoders/ieee11073.ts'
import { bytesOf } from '../hex.ts'

const REPORT = bytesOf(
  'E700003E 003C00540101003600000049 00500D1D002C F000000000020024 0001001200030006007800500064 2007120612100000 0002000AF258 2007120612100000',
)
const REQUEST = encodeAssociationRequest('00091FFFFE000001', 0x0190)
const RELEASE = encodeReleaseRequest()
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const EMPTY = new Uint8Array()

const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
const read = (bytes: Uint8Array) => takeFrames(APDU_FRAMES, EMPTY, bytes)

describe('APDUs in a byte stream', () => {
  it('are found whatever the chunks', () => {
    const stream = join(REQUEST, REPORT, RELEASE, encodeAbort(2))
    const whole = [REQUEST, REPORT, RELEASE, encodeAbort(2)].map(hex)
    for (let cut = 1; cut < stream.length; cut++) {
      const first = read(stream.subarray(0, cut))
      const second = takeFrames(APDU_FRAMES, first.held, stream.subarray(cut))
      expect([...first.frames, ...second.frames].map(hex)).toEqual(whole)
      expect([...first.skipped, ...second.skipped]).toEqual([])
    }
  })

  it('are found behind and between bytes that are none, which are handed back', () => {
    const noise = bytesOf('00 E7 E2 FF 13')
    const { frames, skipped, held } = read(join(noise, REPORT, noise, RELEASE))
    expect(frames.map(hex)).toEqual([hex(REPORT), hex(RELEASE)])
    expect(skipped.map(hex)).toEqual([hex(noise), hex(noise)])
    expect(held).toHaveLength(0)
  })

  it.each([
    ['longer by one', 1],
    ['shorter by one', -1],
    ['very long', 0x4000],
  ])('with a length that is %s than what is inside are none, and the next one is found', (_, off) => {
    for (const apdu of [REPORT, REQUEST, RELEASE]) {
      const lying = apdu.slice()
      new DataView(lying.buffer).setUint16(2, new DataView(lying.buffer).getUint16(2) + off)
      const { frames } = read(join(lying, REPORT))
      expect(frames.map(hex)).toEqual([hex(REPORT)])
    }
  })

  it('longer than an agent may send are none', () => {
    const length = LONGEST_APDU + 1
    const tooLong = Uint8Array.of(0xe7, 0, length >> 8, length & 0xff, (length - 2) >> 8, (length - 2) & 0xff)
    expect(read(join(tooLong, RELEASE)).frames.map(hex)).toEqual([hex(RELEASE)])
  })
})
