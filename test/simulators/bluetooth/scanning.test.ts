import type { Peripheral } from '@abandonware/noble'
import { afterEach, expect, test } from 'vitest'
import { ManualTime } from '../../../simulators/time.ts'
import { aPeripheral, type Central, discovered, event, openCentral, startScan } from './central.ts'

let central: Central
afterEach(() => central.close())

/** Every discovery so far; complete up to the moment when scanning was stopped. */
function discoveries(): Peripheral[] {
  const seen: Peripheral[] = []
  central.noble.on('discover', (peripheral) => void seen.push(peripheral))
  return seen
}

test('noble finds a powered adapter and its address', async () => {
  central = await openCentral({ address: '02:11:22:33:44:55' })
  expect(central.noble.state).toBe('poweredOn')
  expect(central.noble.address).toBe('02:11:22:33:44:55')
})

test('advertisement and scan response are merged into one discovery', async () => {
  central = await openCentral()
  const definition = aPeripheral([], {
    rssi: -71,
    advertising: () => ({
      intervalMs: 5,
      flags: 0x06,
      services: ['1810'],
      serviceData: { '181D': Uint8Array.of(1, 2) },
      manufacturerData: Uint8Array.of(0xff, 0xff, 9),
      name: 'Cuff 1',
      nameInScanResponse: true,
    }),
  })
  central.controller.attach(definition).startAdvertising()
  const seen = discoveries()
  await startScan(central.noble)
  while (seen.at(-1)?.advertisement.localName === undefined) await event(central.noble, 'discover')
  const peripheral = seen.at(-1)
  expect(peripheral?.advertisement).toMatchObject({
    localName: 'Cuff 1',
    serviceUuids: ['1810'],
    serviceData: [{ uuid: '181d', data: Buffer.from([1, 2]) }],
    manufacturerData: Buffer.from([0xff, 0xff, 9]),
  })
  expect(peripheral).toMatchObject({ rssi: -71, addressType: 'random', connectable: true })
})

test('a service of 128 bits is advertised as one', async () => {
  central = await openCentral()
  const uuid = '0000fe5900001000800000805f9b34fb'
  const definition = aPeripheral([], { advertising: () => ({ intervalMs: 5, services: [uuid] }) })
  central.controller.attach(definition).startAdvertising()
  expect((await central.find(definition.address)).advertisement.serviceUuids).toEqual([uuid])
})

test('a device that cannot be connected to says so', async () => {
  central = await openCentral()
  const definition = aPeripheral([], { advertising: () => ({ intervalMs: 5, connectable: false }) })
  central.controller.attach(definition).startAdvertising()
  expect((await central.find(definition.address)).connectable).toBe(false)
})

test('a device that advertises for 3 s is heard in those and no longer', async () => {
  const time = new ManualTime()
  central = await openCentral({ time })
  const definition = aPeripheral([], { advertising: () => ({ intervalMs: 100 }) })
  const peripheral = central.controller.attach(definition)
  await startScan(central.noble)
  const seen = discoveries()
  peripheral.startAdvertising(3_000)
  time.advance(2_900)
  // Stopping is answered behind everything that was heard before.
  await central.noble.stopScanningAsync()
  const early = seen.length
  expect(early).toBeGreaterThan(2 * 25) // advertisement and scan response each 100 to 110 ms
  await startScan(central.noble)
  time.advance(100)
  await central.noble.stopScanningAsync()
  const heard = seen.length
  await startScan(central.noble)
  time.advance(60_000)
  await central.noble.stopScanningAsync()
  expect(seen.length).toBe(heard)
})

test('with the duplicate filter each kind of packet is reported once', async () => {
  const time = new ManualTime()
  central = await openCentral({ time })
  central.controller.attach(aPeripheral([])).startAdvertising()
  const seen = discoveries()
  await startScan(central.noble, false)
  const reports: unknown[] = []
  const { _hci: hci } = central.noble._bindings
  const listen = () => {
    hci.once('leAdvertisingReport', (...values: unknown[]) => {
      reports.push(values)
      listen()
    })
  }
  listen()
  time.advance(1_000)
  await central.noble.stopScanningAsync()
  expect(reports).toHaveLength(2)
  expect(seen).toHaveLength(1)
})

test('a device whose scan responses are lost is discovered all the same', async () => {
  central = await openCentral({ isLost: (packet) => packet === 'scan-response' })
  const definition = aPeripheral([], {
    advertising: () => ({ intervalMs: 5, name: 'Shy', nameInScanResponse: true, services: ['1822'] }),
  })
  central.controller.attach(definition).startAdvertising()
  const found = await central.find(definition.address)
  expect(found.advertisement.serviceUuids).toEqual(['1822'])
  expect(found.advertisement.localName).toBeUndefined()
})

test('scanning that another process stops stops here too, and noble hears of it', async () => {
  const time = new ManualTime()
  central = await openCentral({ time })
  central.controller.attach(aPeripheral([])).startAdvertising()
  await startScan(central.noble)
  const seen = discoveries()
  time.advance(1_000)
  const stopped = event(central.noble, 'scanStop')
  central.controller.injectForeignCommand(0x200c, Uint8Array.of(0, 0))
  await stopped
  const before = seen.length
  expect(before).toBeGreaterThan(0)
  time.advance(1_000)
  await central.noble.stopScanningAsync()
  expect(seen).toHaveLength(before)
})

test('a controller that refuses to scan is asked again and then scans', async () => {
  let refusing = true
  central = await openCentral({
    commandFault: (opcode, parameters) => (refusing && opcode === 0x200c && parameters[0] === 1 ? 0x0c : undefined),
  })
  const definition = aPeripheral([])
  central.controller.attach(definition).startAdvertising()
  const found = discovered(central.noble, definition.address)
  const enabled = event<[status: number]>(central.noble._bindings._hci, 'leScanEnableSet')
  void central.noble.startScanningAsync([], true)
  await enabled // the disable before it
  expect(await event<[status: number]>(central.noble._bindings._hci, 'leScanEnableSet')).toEqual([0x0c])
  refusing = false
  void central.noble.startScanningAsync([], true)
  expect((await found).address).toBe(definition.address)
})
