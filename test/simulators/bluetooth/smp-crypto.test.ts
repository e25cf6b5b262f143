import { expect, test } from 'vitest'
import { c1, s1 } from '../../../simulators/bluetooth/smp-crypto.ts'

const hex = (text: string) => Buffer.from(text, 'hex')
const ZERO = Buffer.alloc(16)

test('c1 gives the confirm value of the sample data in Core, Vol 3, Part H, 2.2.3', () => {
  const confirm = c1(ZERO, hex('5783d52156ad6f0e6388274ec6702ee0'), {
    pairingRequest: hex('07071000000101'),
    pairingResponse: hex('05000800000302'),
    initiatorAddressType: 1,
    initiatorAddress: hex('a1a2a3a4a5a6'),
    responderAddressType: 0,
    responderAddress: hex('b1b2b3b4b5b6'),
  })
  expect(confirm.toString('hex')).toBe('1e1e3fef878988ead2a74dc5bef13b86')
})

test('s1 gives the key of the sample data in Core, Vol 3, Part H, 2.2.4', () => {
  const key = s1(ZERO, hex('000f0e0d0c0b0a091122334455667788'), hex('010203040506070899aabbccddeeff00'))
  expect(key.toString('hex')).toBe('9a1fe1f0e8b0f49b5b4216ae796da062')
})
