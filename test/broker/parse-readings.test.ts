import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseReadings } from '../../broker/parse-readings.ts'
import { EPOCH, message, reading } from './core-fixture.ts'

it('throws nothing for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(['readings', 'unreadable']).toContain(parseReadings(bytes).type)
    }),
  )
})

it('throws nothing for any damage to a good message, and never takes a damaged reading for a good one unseen', () => {
  const good = message(1, [reading('a'), reading('b')])
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }), (position, byte) => {
      const damaged = Buffer.from(good)
      damaged[position] = byte
      const parsed = parseReadings(damaged)
      if (parsed.type === 'unreadable') return
      for (const item of parsed.items) if (item.type === 'malformed') expect(item.detail).not.toBe('')
    }),
    { numRuns: 500 },
  )
})

it('throws nothing for any JSON', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      parseReadings(Buffer.from(json))
      parseReadings(message(1, [JSON.parse(json)]))
    }),
  )
})

it('measures depth outside strings only', () => {
  const text = { ...reading('a'), driver: '[[[[[[[[[[[[[[\\"[[[' }
  expect(parseReadings(message(1, [text]))).toMatchObject({ type: 'readings', items: [{ type: 'malformed' }] })
  expect(parseReadings(message(1, [[[[[[[[[[]]]]]]]]]]))).toMatchObject({ reason: 'payload-too-deep' })
})

it('claims no sequence numbers that can not be', () => {
  const claim = (first: number, length: number) =>
    parseReadings(Buffer.from(JSON.stringify({ epoch: EPOCH, first, readings: Array(length).fill(1), more: 1 })))
  expect(claim(1, 3)).toMatchObject({ type: 'unreadable', claim: { range: [1, 3] } })
  expect(claim(1, 10_000)).not.toHaveProperty('claim')
  expect(claim(Number.MAX_SAFE_INTEGER, 2)).not.toHaveProperty('claim')
  expect(claim(0, 1)).not.toHaveProperty('claim')
  expect(claim(1, 0)).not.toHaveProperty('claim')
})
