import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPreCareError } from '../../../device-drivers/errors.ts'
import { H4Reader } from '../../../simulators/bluetooth/h4.ts'

const packet = fc.oneof(
  fc.uint8Array({ maxLength: 255 }).map((data) => Buffer.from([0x01, 0x0c, 0x20, data.length, ...data])),
  fc
    .uint8Array({ maxLength: 600 })
    .map((data) => Buffer.from([0x02, 0x40, 0, data.length & 0xff, data.length >> 8, ...data])),
  fc.uint8Array({ maxLength: 255 }).map((data) => Buffer.from([0x04, 0x3e, data.length, ...data])),
)

test('however a stream is cut, the same packets come out', () => {
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), (packets, step) => {
      const stream = Buffer.concat(packets)
      const reader = new H4Reader()
      const read: Buffer[] = []
      for (let from = 0; from < stream.length; from += step)
        read.push(...reader.push(stream.subarray(from, from + step)))
      expect(read.map((each) => each.toString('hex'))).toEqual(packets.map((each) => each.toString('hex')))
    }),
    { seed: 7, numRuns: 60 },
  )
})

test('an unknown packet type is an error and not a guess', () => {
  expect(() => new H4Reader().push(Buffer.from([0x07, 0x00]))).toThrow(
    expect.toSatisfy((error) => isPreCareError(error, 'packet-malformed')),
  )
})
