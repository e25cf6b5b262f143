import fc from 'fast-check'
import mqttPacket from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { MAX_BYTES_BEFORE_CONNECT, packetGuard } from '../../broker/packet-guard.ts'
import { connectPacket } from './mqtt-fixture.ts'

const CONNECT = connectPacket('hub-a', 'hub-a', 'secret')

/** Four bytes of remaining length that mean 268,435,455 (MQTT 3.1.1, table 2.4). */
const BIGGEST = [0xff, 0xff, 0xff, 0x7f]

describe('the packet guard', () => {
  test('refuses a CONNECT of 256 MB at its fixed header', () => {
    expect(packetGuard().check(Uint8Array.of(0x10, ...BIGGEST))).toBe('packet-too-large')
  })

  test('takes a CONNECT of just the allowed size and refuses one byte more', () => {
    const header = (length: number) => Uint8Array.of(0x10, (length & 0x7f) | 0x80, length >> 7)
    expect(packetGuard().check(header(MAX_BYTES_BEFORE_CONNECT))).toBeUndefined()
    expect(packetGuard().check(header(MAX_BYTES_BEFORE_CONNECT + 1))).toBe('packet-too-large')
  })

  test('refuses a remaining length of five bytes', () => {
    expect(packetGuard().check(Uint8Array.of(0x10, 0x80, 0x80, 0x80, 0x80, 0x00))).toBe('remaining-length-malformed')
  })

  test('refuses anything before CONNECT, and reserved packet types after it', () => {
    expect(packetGuard().check(Uint8Array.of(0xc0, 0x00))).toBe('connect-expected')
    expect(packetGuard().check(Buffer.from('GET / HTTP/1.1\r\n'))).toBe('connect-expected')
    for (const type of [0x00, 0xf0]) {
      const guard = packetGuard()
      expect(guard.check(CONNECT)).toBeUndefined()
      expect(guard.check(Uint8Array.of(type, 0x00))).toBe('packet-type-reserved')
    }
  })

  test('lets larger packets through once admitted, up to that limit', () => {
    const guard = packetGuard()
    const publish = (size: number) =>
      mqttPacket.generate({
        cmd: 'publish',
        topic: 'v1/x',
        payload: Buffer.alloc(size),
        qos: 0,
        dup: false,
        retain: false,
      })
    guard.check(CONNECT)
    guard.admit(64_000)
    expect(guard.check(publish(63_000))).toBeUndefined()
    expect(guard.check(publish(64_000))).toBe('packet-too-large')
  })

  test('judges the same however the bytes are cut into chunks', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 6 })
    fc.assert(
      fc.property(
        sizes,
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 30 }),
        (lengths, cuts) => {
          const packets = lengths.map((size) =>
            mqttPacket.generate({
              cmd: 'publish',
              topic: 'v1',
              payload: Buffer.alloc(size),
              qos: 0,
              dup: false,
              retain: false,
            }),
          )
          const stream = Buffer.concat([CONNECT, ...packets])
          const guard = packetGuard()
          let verdict: string | undefined
          for (let at = 0, i = 0; at < stream.length && verdict === undefined; i++) {
            const size = cuts[i % cuts.length] ?? 1
            verdict = guard.check(stream.subarray(at, at + size))
            at += size
          }
          // Remaining length of a QoS 0 PUBLISH to 'v1': two bytes of topic length, the topic, the payload.
          const tooLarge = lengths.some((size) => size + 4 > MAX_BYTES_BEFORE_CONNECT)
          expect(verdict).toBe(tooLarge ? 'packet-too-large' : undefined)
        },
      ),
      { numRuns: 300 },
    )
  })
})
