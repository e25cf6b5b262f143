import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attRefusal, fitForNoble } from '../../../gateway/transport/att-guard.ts'

const pdu = (hex: string) => Buffer.from(hex, 'hex')

test('packets that noble would break on are kept from it', () => {
  const broken = {
    'nothing at all': '',
    'an error without its code': '010a0300',
    'an MTU of one byte': '0317',
    'an MTU below the least': '031600',
    'a notification without a whole handle': '1b03',
    'an indication without a whole handle': '1d',
    'services of length 0': '1100010005000018',
    'services of a length that is none': '1107010005000018aa',
    'no service at all': '1106',
    'half a service': '1106010005000018060009',
    'characteristics of length 0': '0900',
    'half a characteristic': '0907020002',
    'descriptors of an unknown format': '050303000229',
    'half a descriptor': '05010300022904',
  }
  for (const [what, hex] of Object.entries(broken)) expect(fitForNoble(pdu(hex)), what).toBeUndefined()
})

test('packets that the specification allows pass unchanged', () => {
  for (const hex of [
    '010a030005',
    '031700',
    '1b0300',
    '1d030001',
    '1106010005000018060009000a18',
    '090702000203002a29',
    '090404000100',
    '050103000229',
    '0b',
    '13',
  ]) {
    expect(fitForNoble(pdu(hex))?.toString('hex'), hex).toBe(hex)
  }
})

test('the MTU that noble sees is the smaller of both sides', () => {
  fc.assert(
    fc.property(fc.integer({ min: 23, max: 0xffff }), (offered) => {
      const response = Buffer.alloc(3, 3)
      response.writeUInt16LE(offered, 1)
      expect(fitForNoble(response)?.readUInt16LE(1)).toBe(Math.min(offered, 256))
    }),
  )
})

test('any bytes are judged without an exception, and a list that passes holds whole entries', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0x01, 0x03, 0x05, 0x09, 0x11, 0x1b, 0x0b),
      fc.uint8Array({ maxLength: 40 }),
      (op, rest) => {
        const fit = fitForNoble(Buffer.of(op, ...rest))
        if (fit !== undefined && (op === 0x09 || op === 0x11)) {
          const entry = fit[1] ?? 0
          expect(entry).toBeGreaterThan(0)
          expect((fit.length - 2) % entry).toBe(0)
        }
      },
    ),
    { numRuns: 2_000 },
  )
})

test('a refusal is read from an Error Response only', () => {
  expect(attRefusal(pdu('010a030005'))).toEqual({ request: 0x0a, code: 5 })
  expect(attRefusal(pdu('0b0a030005'))).toBeUndefined()
})
