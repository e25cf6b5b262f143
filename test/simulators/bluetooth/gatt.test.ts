import type { Peripheral } from '@abandonware/noble'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isPreCareError } from '../../../device-drivers/errors.ts'
import {
  AttError,
  type CharacteristicDefinition,
  type PeripheralDefinition,
  type PeripheralLink,
} from '../../../simulators/bluetooth/peripheral.ts'
import type { PeripheralFaults, VirtualPeripheral } from '../../../simulators/bluetooth/virtual-peripheral.ts'
import { scaledTime } from '../../../simulators/time.ts'
import { aPeripheral, type Central, characteristic, event, openCentral } from './central.ts'

const VENDOR = '0a1b2c3d4e5f60718293a4b5c6d7e8f9'
const octets = (length: number) => Buffer.from(Array.from({ length }, (_, index) => index & 0xff))

let central: Central
afterEach(() => central.close())

interface Session {
  readonly remote: Peripheral
  readonly peripheral: VirtualPeripheral
  readonly link: PeripheralLink
}

async function session(
  characteristics: readonly CharacteristicDefinition[],
  more: Partial<PeripheralDefinition> = {},
  faults: PeripheralFaults = {},
): Promise<Session> {
  const definition = aPeripheral([{ uuid: '1810', characteristics }], more)
  const peripheral = central.controller.attach(definition, faults)
  peripheral.startAdvertising()
  const remote = await central.connect(definition.address)
  const { link } = peripheral
  if (link === undefined) throw new AttError(0)
  return { remote, peripheral, link }
}

beforeEach(async () => {
  central = await openCentral()
})

test('both sides settle on the smaller MTU', async () => {
  const wide = await session([{ uuid: '2A00', properties: ['read'], value: octets(4) }], { mtu: 185 })
  await characteristic(wide.remote, '2a00')
  expect(wide.link.mtu).toBe(185)
  expect(wide.remote.mtu).toBe(185)
  const narrow = await session([{ uuid: '2A00', properties: ['read'], value: octets(4) }], { mtu: 517 })
  await characteristic(narrow.remote, '2a00')
  expect(narrow.link.mtu).toBe(256) // what noble offers
})

test('services, characteristics and descriptors are discovered with UUIDs of both sizes and their properties', async () => {
  const many: CharacteristicDefinition[] = [
    { uuid: '2A35', properties: ['indicate'] },
    { uuid: VENDOR, properties: ['read', 'write', 'write-without-response', 'notify'] },
    { uuid: '2A49', properties: ['read'] },
  ]
  const definition = aPeripheral([
    { uuid: '180A', characteristics: [{ uuid: '2A29', properties: ['read'], value: octets(3) }] },
    { uuid: VENDOR, characteristics: many },
    { uuid: '1810', characteristics: many.toReversed() },
  ])
  central.controller.attach(definition).startAdvertising()
  const remote = await central.connect(definition.address)
  const { services } = await remote.discoverAllServicesAndCharacteristicsAsync()
  expect(services.map(({ uuid, characteristics }) => [uuid, characteristics.map((each) => each.uuid)])).toEqual([
    ['180a', ['2a29']],
    [VENDOR, ['2a35', VENDOR, '2a49']],
    ['1810', ['2a49', VENDOR, '2a35']],
  ])
  const vendor = services[1]?.characteristics[1]
  expect(vendor?.properties).toEqual(['read', 'writeWithoutResponse', 'write', 'notify'])
  const descriptors = await vendor?.discoverDescriptorsAsync()
  expect(descriptors?.map(({ uuid }) => uuid)).toEqual(['2902'])
})

test.each([
  0, 1, 21, 22, 23, 44, 100, 512,
])('a value of %i octets is read whole over the smallest MTU', async (length) => {
  const { remote } = await session([{ uuid: '2A00', properties: ['read'], value: () => octets(length) }])
  const read = await (await characteristic(remote, '2a00')).readAsync()
  expect(read.equals(octets(length))).toBe(true)
})

test('a value that moves while it is read in parts does not tear', async () => {
  let fill = 0
  const value = () => Buffer.alloc(60, ++fill)
  const { remote } = await session([{ uuid: '2A00', properties: ['read'], value }])
  const target = await characteristic(remote, '2a00')
  expect(new Set(await target.readAsync()).size).toBe(1)
  expect((await target.readAsync())[0]).toBe(fill)
})

test.each([0, 20, 21, 100, 512])('%i octets written arrive as one value', async (length) => {
  const written: Uint8Array[] = []
  const { remote } = await session([
    { uuid: '2A52', properties: ['write'], onWrite: (bytes) => void written.push(bytes) },
  ])
  await (await characteristic(remote, '2a52')).writeAsync(octets(length), false)
  expect(written.map((each) => Buffer.from(each).equals(octets(length)))).toEqual([true])
})

test('a write without response arrives too', async () => {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>()
  const { remote } = await session([{ uuid: '2A52', properties: ['write-without-response'], onWrite: resolve }])
  await (await characteristic(remote, '2a52')).writeAsync(octets(5), true)
  expect(Buffer.from(await promise).equals(octets(5))).toBe(true)
})

test('a device refuses with the ATT error that it throws', async () => {
  const { remote } = await session([
    {
      uuid: '2A00',
      properties: ['read'],
      value: () => {
        throw new AttError(0x80)
      },
    },
  ])
  expect(await (await characteristic(remote, '2a00')).readAsync()).toHaveLength(0)
  const raw = await exchange(remote, Buffer.of(0x0a, 3, 0))
  expect(raw.toString('hex')).toBe('010a030080')
})

/** Sends one ATT PDU below noble's GATT client and gives the answer. */
async function exchange(remote: Peripheral, pdu: Buffer): Promise<Buffer> {
  const { _bindings: bindings } = central.noble
  const handle = bindings._handles[remote.id] ?? 0
  const answer = event<[handle: number, cid: number, data: Buffer]>(bindings._hci, 'aclDataPkt')
  bindings._aclStreams[handle]?.write(4, pdu)
  return (await answer)[2]
}

test.each([
  ['a handle that is not there', '0a6300', '010a630001'],
  ['a read of what can only be written', '0a0500', '010a050002'],
  ['a write to what can only be read', '12030001', '0112030003'],
  ['a write to a declaration', '12010001', '0112010003'],
  ['a PDU that is too short', '0a03', '010a000004'],
  ['a request that nobody knows', '7e', undefined],
  ['an unknown request', '20', '0120000006'],
  ['a blob behind the end', '0c0300ff00', '010c030007'],
  ['handles the wrong way round', '100500010000 28'.replace(' ', ''), '0110050001'],
  ['a group type that is none', '100100ffff0328', '0110010010'],
  ['nothing of that type', '080100ffff0229', '010801000a'],
  ['the information of one handle', '0402000200', '050102000328'],
  ['a blob from the middle', '0c03000200', '0d0203'],
  ['a prepared write that leaves a gap', '1605000500aa', '1705000500aa'],
])('the server answers %s as the specification says', async (_, request, expected) => {
  const { remote } = await session([
    { uuid: '2A00', properties: ['read'], value: octets(4) },
    { uuid: '2A52', properties: ['write'] },
  ])
  await characteristic(remote, '2a00')
  if (expected === undefined) {
    // A command (bit 6) is never answered: the next answer is that of the next request.
    void exchange(remote, Buffer.from(request, 'hex'))
    expect((await exchange(remote, Buffer.from('0a6300', 'hex'))).toString('hex')).toBe('010a630001')
  } else {
    expect((await exchange(remote, Buffer.from(request, 'hex'))).toString('hex')).toBe(expected)
  }
})

test('prepared writes with a gap are refused when executed, and a cancelled one leaves nothing', async () => {
  const written: Uint8Array[] = []
  const { remote } = await session([
    { uuid: '2A52', properties: ['write'], onWrite: (bytes) => void written.push(bytes) },
  ])
  await characteristic(remote, '2a52')
  await exchange(remote, Buffer.from('1603000500aa', 'hex'))
  expect((await exchange(remote, Buffer.from('1801', 'hex'))).toString('hex')).toBe('0118030007')
  await exchange(remote, Buffer.from('1603000000aa', 'hex'))
  expect((await exchange(remote, Buffer.from('1800', 'hex'))).toString('hex')).toBe('19')
  expect((await exchange(remote, Buffer.from('1801', 'hex'))).toString('hex')).toBe('19')
  expect(written).toHaveLength(0)
})

test('notifications reach a subscriber and nobody else', async () => {
  const { promise: subscribed, resolve } = Promise.withResolvers<string>()
  const { remote, link } = await session([
    { uuid: '2A37', properties: ['notify'], onSubscribe: (_, mode) => resolve(mode) },
  ])
  const target = await characteristic(remote, '2a37')
  expect(link.notify('2A37', octets(2))).toBe(false)
  await target.subscribeAsync()
  expect(await subscribed).toBe('notify')
  const data = event<[data: Buffer]>(target, 'data')
  expect(link.notify('2a37', octets(300))).toBe(true)
  expect((await data)[0].equals(octets(20))).toBe(true) // cut to the MTU
  await target.unsubscribeAsync()
  expect(link.notify('2A37', octets(2))).toBe(false)
})

test('an indication waits for the confirmation of the one before it', async () => {
  let confirmations = 0
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const heard: number[] = []
  const { remote, link } = await session(
    [{ uuid: '2A35', properties: ['indicate'] }],
    {},
    {
      attFault: (pdu) => {
        if (pdu[0] !== 0x1e) return undefined
        confirmations += 1
        if (confirmations > 1) return undefined
        release()
        return 'drop'
      },
    },
  )
  const target = await characteristic(remote, '2a35')
  await target.subscribeAsync()
  target.on('data', (data: Buffer) => heard.push(data[0] ?? -1))
  const outcomes = [link.indicate('2A35', Uint8Array.of(1)), link.indicate('2A35', Uint8Array.of(2))]
  await held
  // The first confirmation was lost; noble answered, and still the second indication is not sent.
  await exchange(remote, Buffer.from('0a0100', 'hex'))
  expect(heard).toEqual([1])
  await confirm(remote)
  await Promise.all(outcomes)
  expect(heard).toEqual([1, 2])
})

async function confirm(remote: Peripheral): Promise<void> {
  const { _bindings: bindings } = central.noble
  const handle = bindings._handles[remote.id] ?? 0
  bindings._aclStreams[handle]?.write(4, Buffer.of(0x1e))
}

test('an indication that is never confirmed fails after 30 s, and nothing more is sent on the link', async () => {
  central.close()
  central = await openCentral({ time: scaledTime(1_000) })
  const { remote, link } = await session(
    [{ uuid: '2A35', properties: ['indicate', 'notify'] }],
    {},
    { attFault: (pdu) => (pdu[0] === 0x1e ? 'drop' : undefined) },
  )
  await characteristic(remote, '2a35')
  await exchange(remote, Buffer.from('12040003 00'.replace(' ', ''), 'hex'))
  await expect(link.indicate('2A35', octets(1))).rejects.toSatisfy((error) =>
    isPreCareError(error, 'operation-timeout'),
  )
  expect(link.notify('2A35', octets(1))).toBe(false)
})

test('an indication on a link that is lost fails, and one that nobody subscribed to is refused', async () => {
  const { remote, link } = await session(
    [{ uuid: '2A35', properties: ['indicate'] }],
    {},
    { attFault: (pdu) => (pdu[0] === 0x1e ? 'drop' : undefined) },
  )
  const target = await characteristic(remote, '2a35')
  await expect(link.indicate('2A35', octets(1))).rejects.toSatisfy((e) => isPreCareError(e, 'device-refused'))
  await expect(link.indicate('2A36', octets(1))).rejects.toSatisfy((e) => isPreCareError(e, 'characteristic-missing'))
  await target.subscribeAsync()
  const outcome = link.indicate('2A35', octets(1))
  link.disconnect()
  await expect(outcome).rejects.toSatisfy((error) => isPreCareError(error, 'link-lost'))
})

test('an answer can be replaced by any octets', async () => {
  const { remote } = await session(
    [{ uuid: '2A00', properties: ['read'], value: octets(4) }],
    {},
    { attFault: (pdu) => (pdu[0] === 0x0a ? Uint8Array.of(0x0b, 0xde, 0xad) : undefined) },
  )
  expect((await (await characteristic(remote, '2a00')).readAsync()).toString('hex')).toBe('dead')
})

test('a dropped request is never answered; after a new connection the device talks again', async () => {
  let deaf = true
  const { remote, peripheral } = await session(
    [{ uuid: '2A00', properties: ['read'], value: octets(4) }],
    {},
    { attFault: (pdu) => (deaf && pdu[0] === 0x0a ? 'drop' : undefined) },
  )
  const target = await characteristic(remote, '2a00')
  let answered = false
  void target.readAsync().then(() => {
    answered = true
  })
  await remote.disconnectAsync()
  expect(answered).toBe(false)
  deaf = false
  peripheral.startAdvertising()
  await remote.connectAsync()
  expect(await (await characteristic(remote, '2a00')).readAsync()).toHaveLength(4)
})

test('subscriptions without a bond end with the link', async () => {
  const { remote, peripheral, link } = await session([{ uuid: '2A37', properties: ['notify'] }])
  await (await characteristic(remote, '2a37')).subscribeAsync()
  expect(link.notify('2A37', octets(1))).toBe(true)
  await remote.disconnectAsync()
  expect(link.notify('2A37', octets(1))).toBe(false)
  peripheral.startAdvertising()
  await remote.connectAsync()
  expect(peripheral.link?.notify('2A37', octets(1))).toBe(false)
})
