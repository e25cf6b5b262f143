import type { Characteristic, Peripheral } from '@abandonware/noble'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PeripheralDefinition, SecurityPolicy } from '../../../simulators/bluetooth/peripheral.ts'
import type { PeripheralFaults } from '../../../simulators/bluetooth/virtual-peripheral.ts'
import { aPeripheral, type Central, characteristic, event, openCentral } from './central.ts'

let central: Central
beforeEach(async () => {
  central = await openCentral()
})
afterEach(() => central.close())

const SECRET = Buffer.from('protected')

interface StoredKey {
  readonly ltk: Buffer
  readonly ediv: Buffer
  readonly rand: Buffer
}

async function device(security: SecurityPolicy, faults: PeripheralFaults = {}, address?: string) {
  const definition: PeripheralDefinition = aPeripheral(
    [
      {
        uuid: '1810',
        characteristics: [
          { uuid: '2A00', properties: ['read'], value: SECRET, encrypted: true },
          { uuid: '2A35', properties: ['indicate', 'notify'], encrypted: true },
        ],
      },
    ],
    { security, ...(address === undefined ? {} : { address, addressType: 'public' }) },
  )
  const peripheral = central.controller.attach(definition, faults)
  const connect = async () => {
    peripheral.startAdvertising()
    const remote = await central.connect(definition.address)
    return { remote, secret: await characteristic(remote, '2a00') }
  }
  return { peripheral, connect }
}

const smpOf = (remote: Peripheral) => {
  const { _aclStreams: streams, _handles: handles } = central.noble._bindings
  const stream = streams[handles[remote.id] ?? 0]
  if (stream === undefined) throw new TypeError('no link')
  return stream._smp
}

/** Reads, which pairs, and keeps what noble throws away. */
async function pair(remote: Peripheral, secret: Characteristic): Promise<StoredKey> {
  const keys = Promise.all([
    event<[ltk: Buffer]>(smpOf(remote), 'ltk'),
    event<[ediv: Buffer, rand: Buffer]>(smpOf(remote), 'masterIdent'),
  ])
  expect((await secret.readAsync()).equals(SECRET)).toBe(true)
  const [[ltk], [ediv, rand]] = await keys
  return { ltk: Buffer.from(ltk), ediv: Buffer.from(ediv), rand: Buffer.from(rand) }
}

/** Encrypts with a stored key, with a read pending as noble needs it. @returns the Encryption Change */
async function encryptWith(remote: Peripheral, key: StoredKey): Promise<unknown[]> {
  const { _hci: hci, _handles: handles } = central.noble._bindings
  const change = event(hci, 'encryptChange')
  const handle = handles[remote.id] ?? 0
  hci.startLeEncryption(handle, key.rand, key.ediv, key.ltk)
  const [changed, encrypted] = await change
  return [changed === handle, encrypted]
}

test.each([
  'public',
  'random',
])('a protected value is read after Just Works pairing with a %s address', async (type) => {
  const { peripheral, connect } = await device('just-works', {}, type === 'public' ? '02:00:00:00:aa:01' : undefined)
  const { remote, secret } = await connect()
  expect(peripheral.link?.encrypted).toBe(false)
  expect((await secret.readAsync()).equals(SECRET)).toBe(true)
  expect(peripheral.link?.encrypted).toBe(true)
  expect(remote.addressType).toBe(type)
})

test('the configuration of a protected characteristic needs encryption, too', async () => {
  const refusals: string[] = []
  const { peripheral, connect } = await device('just-works', {
    attFault: (pdu, link) => {
      if (pdu[0] === 0x12 && !link.encrypted) refusals.push('before pairing')
      return undefined
    },
  })
  const { remote } = await connect()
  await (await characteristic(remote, '2a35')).subscribeAsync()
  expect(refusals).toEqual(['before pairing'])
  expect(peripheral.link?.encrypted).toBe(true)
})

test('a bonded device that refuses to pair again is encrypted with the stored key', async () => {
  const { peripheral, connect } = await device('bonded-once')
  const first = await connect()
  const key = await pair(first.remote, first.secret)
  expect(peripheral.isBonded).toBe(true)
  await first.remote.disconnectAsync()

  const second = await connect()
  const read = second.secret.readAsync() // refused, and noble tries to pair
  const [refusal] = await event<[reason?: unknown]>(smpOf(second.remote), 'fail')
  expect(refusal).toBeUndefined()
  expect(await encryptWith(second.remote, key)).toEqual([true, 1])
  expect((await read).equals(SECRET)).toBe(true)
})

test('subscriptions are part of the bond', async () => {
  const { peripheral, connect } = await device('bonded-once')
  const first = await connect()
  const key = await pair(first.remote, first.secret)
  await (await characteristic(first.remote, '2a35')).subscribeAsync()
  await first.remote.disconnectAsync()
  const second = await connect()
  expect(peripheral.link?.notify('2A35', Uint8Array.of(1))).toBe(false)
  const read = second.secret.readAsync()
  await event(smpOf(second.remote), 'fail')
  await encryptWith(second.remote, key)
  await read
  expect(peripheral.link?.notify('2A35', Uint8Array.of(1))).toBe(true)
})

test('a device that forgot its bond rejects the stored key, keeps the link and pairs anew', async () => {
  const { peripheral, connect } = await device('bonded-once')
  const first = await connect()
  const key = await pair(first.remote, first.secret)
  await first.remote.disconnectAsync()
  peripheral.forgetBond()
  const second = await connect()
  expect(await encryptWith(second.remote, key)).toEqual([true, 0])
  expect((await pair(second.remote, second.secret)).ltk.equals(key.ltk)).toBe(false)
})

test('a wrong key ends the link', async () => {
  const { connect } = await device('bonded-once')
  const first = await connect()
  const key = await pair(first.remote, first.secret)
  await first.remote.disconnectAsync()
  const second = await connect()
  const lost = event(second.remote, 'disconnect')
  const { _hci: hci, _handles: handles } = central.noble._bindings
  hci.startLeEncryption(handles[second.remote.id] ?? 0, key.rand, key.ediv, Buffer.alloc(16, 0xee))
  expect(await lost).toEqual([0x3d])
})

test.each([
  ['none', 0x05],
  ['refuses-pairing', 0x05],
  ['requires-passkey', 0x03],
  ['requires-secure-connections', 0x03],
] as const)('with the policy %s pairing fails with reason %i and the value stays protected', async (policy, reason) => {
  const { peripheral, connect } = await device(policy)
  const { remote, secret } = await connect()
  const failed = event(smpOf(remote), 'fail')
  const answers: Buffer[] = []
  central.noble._bindings._hci.once('aclDataPkt', function first(...[, cid, data]: [number, number, Buffer]) {
    if (cid === 6) answers.push(Buffer.from(data))
    else central.noble._bindings._hci.once('aclDataPkt', first)
  })
  let read = false
  void secret.readAsync().then(() => {
    read = true
  })
  await failed
  expect(answers.map((answer) => [...answer])).toEqual([[0x05, reason]])
  await remote.disconnectAsync()
  expect(read).toBe(false)
  expect(peripheral.isBonded).toBe(false)
})

test('a Security Request is sent, and noble lives on without answering it', async () => {
  const { peripheral, connect } = await device('just-works')
  const { remote, secret } = await connect()
  const heard = event<[handle: number, cid: number, data: Buffer]>(central.noble._bindings._hci, 'aclDataPkt')
  peripheral.link?.requestSecurity()
  expect((await heard)[2].toString('hex')).toBe('0b01')
  expect((await secret.readAsync()).equals(SECRET)).toBe(true)
  expect(remote.state).toBe('connected')
})

/** Says SMP PDUs in place of noble, which takes no further part on this link. @returns the answer to each, in hex */
async function pairByHand(remote: Peripheral, pdus: readonly string[]): Promise<string[]> {
  const { _aclStreams: streams, _handles: handles, _hci: hci } = central.noble._bindings
  const stream = streams[handles[remote.id] ?? 0]
  stream?.removeAllListeners('data')
  const answers: string[] = []
  for (const pdu of pdus) {
    const heard = event<[handle: number, cid: number, data: Buffer]>(hci, 'aclDataPkt')
    stream?.write(6, Buffer.from(pdu, 'hex'))
    answers.push((await heard)[2].toString('hex'))
  }
  return answers
}

test.each([
  ['a confirm value that does not fit', ['01030001100001', `03${'11'.repeat(16)}`, `04${'22'.repeat(16)}`], '0504'],
  ['a code that does not exist', ['0f'], '0507'],
  ['a key shorter than 16 octets', ['01030001070001'], '0506'],
  ['a confirm value without a request', [`03${'11'.repeat(16)}`], '0508'],
])('pairing is refused for %s', async (_, pdus, refusal) => {
  const { peripheral, connect } = await device('just-works')
  const { remote } = await connect()
  expect((await pairByHand(remote, pdus)).at(-1)).toBe(refusal)
  expect(peripheral.isBonded).toBe(false)
})
