import type { Peripheral } from '@abandonware/noble'
import { afterEach, expect, test } from 'vitest'
import type { PeripheralDefinition } from '../../../simulators/bluetooth/peripheral.ts'
import { scaledTime } from '../../../simulators/time.ts'
import { aPeripheral, type Central, characteristic, event, openCentral } from './central.ts'

let central: Central
afterEach(() => central.close())

const LONG = Buffer.from(Array.from({ length: 200 }, (_, index) => index))

function aThermometer(more: Partial<PeripheralDefinition> = {}): PeripheralDefinition {
  return aPeripheral(
    [
      {
        uuid: '1809',
        characteristics: [
          { uuid: '2A00', properties: ['read'], value: LONG },
          { uuid: '2A37', properties: ['notify'] },
        ],
      },
    ],
    { mtu: 256, ...more },
  )
}

async function connected(definition: PeripheralDefinition) {
  const peripheral = central.controller.attach(definition)
  peripheral.startAdvertising()
  const remote = await central.connect(definition.address)
  return { peripheral, remote }
}

async function readLong(remote: Peripheral): Promise<boolean> {
  return (await (await characteristic(remote, '2a00')).readAsync()).equals(LONG)
}

test('four links carry data at once, each its own', async () => {
  central = await openCentral()
  const all = []
  for (let count = 0; count < 4; count += 1) all.push(await connected(aThermometer()))
  const targets = await Promise.all(all.map(({ remote }) => characteristic(remote, '2a37')))
  await Promise.all(targets.map((target) => target.subscribeAsync()))
  const heard = targets.map((target) => event<[data: Buffer]>(target, 'data'))
  const sent = all.map(({ peripheral }, index) => peripheral.link?.notify('2A37', Uint8Array.of(index)))
  expect(sent).toEqual([true, true, true, true])
  expect((await Promise.all(heard)).map(([data]) => data[0])).toEqual([0, 1, 2, 3])
})

test('data comes whole out of fragments of 7 octets', async () => {
  central = await openCentral({ rxFragment: 7 })
  const { remote } = await connected(aThermometer())
  expect(await readLong(remote)).toBe(true)
})

test('data goes whole through the smallest ACL buffer of one packet', async () => {
  central = await openCentral({ aclLength: 27, aclCount: 1 })
  const written: Uint8Array[] = []
  const { remote } = await connected(
    aPeripheral(
      [
        {
          uuid: '1809',
          characteristics: [{ uuid: '2A52', properties: ['write'], onWrite: (bytes) => void written.push(bytes) }],
        },
      ],
      { mtu: 256 },
    ),
  )
  await (await characteristic(remote, '2a52')).writeAsync(LONG, false)
  expect(written.map((each) => Buffer.from(each).equals(LONG))).toEqual([true])
})

test('a stalled link takes the credits of all until it flows again', async () => {
  central = await openCentral({ aclCount: 1 })
  const stalled = await connected(aThermometer())
  const other = await connected(aThermometer())
  const mine = await characteristic(stalled.remote, '2a00')
  const theirs = await characteristic(other.remote, '2a00')
  const link = stalled.peripheral.link
  if (link) link.stalled = true
  const order: string[] = []
  const reads = [mine.readAsync().then(() => order.push('stalled')), theirs.readAsync().then(() => order.push('other'))]
  // Answered by the controller itself: three rounds are longer than a read takes.
  for (let round = 0; round < 3; round += 1) await stalled.remote.updateRssiAsync()
  expect(order).toEqual([])
  expect(link?.stalled).toBe(true)
  if (link) link.stalled = false
  await Promise.all(reads)
  expect(order.toSorted()).toEqual(['other', 'stalled'])
})

test('a device that walks out of range is lost after the supervision timeout, on both sides', async () => {
  const { promise: ended, resolve } = Promise.withResolvers<number>()
  const time = scaledTime(10)
  central = await openCentral({ time })
  const { peripheral, remote } = await connected(aThermometer({ onDisconnect: resolve }))
  const lost = event<[reason: number]>(remote, 'disconnect')
  const left = time.now()
  peripheral.inRange = false
  expect(await lost).toEqual([0x08])
  expect(await ended).toBe(0x08)
  expect(time.now() - left).toBeGreaterThanOrEqual(420 - 20) // noble asks for 420 ms; a timer may round down
  expect(peripheral.link).toBeUndefined()
})

test('a device that comes back in time keeps its link and what was said meanwhile', async () => {
  central = await openCentral()
  const { peripheral, remote } = await connected(aThermometer())
  const target = await characteristic(remote, '2a37')
  await target.subscribeAsync()
  const data = event<[data: Buffer]>(target, 'data')
  peripheral.inRange = false
  expect(peripheral.link?.notify('2A37', Uint8Array.of(7))).toBe(true)
  const read = readLong(remote)
  peripheral.inRange = true
  expect((await data)[0][0]).toBe(7)
  expect(await read).toBe(true)
})

test.each([
  ['ends the link itself', undefined, 0x13, 0x16],
  ['is switched off', 0x15, 0x15, 0x15],
  ['never took part in the connection', 0x3e, 0x3e, 0x3e],
])('a device that %s is told apart by the reason', async (_, reason, heard, told) => {
  central = await openCentral()
  const { promise: ended, resolve } = Promise.withResolvers<number>()
  const { peripheral, remote } = await connected(aThermometer({ onDisconnect: resolve }))
  const lost = event<[reason: number]>(remote, 'disconnect')
  peripheral.link?.disconnect(reason)
  expect(await lost).toEqual([heard])
  expect(await ended).toBe(told)
})

test('when noble disconnects, the device hears that the user ended it', async () => {
  central = await openCentral()
  const { promise: ended, resolve } = Promise.withResolvers<number>()
  const { remote } = await connected(aThermometer({ onDisconnect: resolve }))
  await remote.disconnectAsync()
  expect(await ended).toBe(0x13)
})

test('connecting waits for the advertisement, and a cancelled one lets the next proceed', async () => {
  central = await openCentral()
  const definition = aThermometer()
  const asleep = central.controller.attach(definition)
  asleep.startAdvertising()
  const remote = await central.find(definition.address)
  asleep.stopAdvertising()
  const other = aThermometer()
  central.controller.attach(other).startAdvertising()
  const next = await central.find(other.address)
  const given = remote.connectAsync().catch((error: unknown) => String(error))
  remote.cancelConnect()
  expect(await given).toContain('connection canceled')
  await next.connectAsync()
  expect(next.state).toBe('connected')
})

test('one link more than the controller can hold is refused', async () => {
  central = await openCentral({ maxLinks: 1 })
  await connected(aThermometer())
  const definition = aThermometer()
  central.controller.attach(definition).startAdvertising()
  const remote = await central.find(definition.address)
  await expect(remote.connectAsync()).rejects.toThrow('0x9')
})

test('signal strength and connection parameters of a link', async () => {
  central = await openCentral()
  const { remote } = await connected(aThermometer({ rssi: -48 }))
  expect(await remote.updateRssiAsync()).toBe(-48)
  const { _hci: hci, _handles: handles } = central.noble._bindings
  const updated = event(hci, 'leConnUpdateComplete')
  const handle = handles[remote.id] ?? 0
  hci.connUpdateLe(handle, 30, 50, 2, 4_000)
  expect(await updated).toEqual([0, handle, 50, 2, 4_000])
})

test('a detached device is gone: its link is lost and it is heard no more', async () => {
  central = await openCentral({ time: scaledTime(10) })
  const { peripheral, remote } = await connected(aThermometer())
  const lost = event(remote, 'disconnect')
  peripheral.detach()
  expect(await lost).toEqual([0x08])
  expect(central.controller.peripherals.has(peripheral)).toBe(false)
})
