import { createRequire } from 'node:module'
import { expect, onTestFinished, test } from 'vitest'
import { ManualTime } from '../../../simulators/time.ts'
import {
  ADDRESS,
  becomes,
  bytes,
  device,
  hexOf,
  READABLE,
  SERVICE,
  startController,
  startHub,
} from './radio-fixture.ts'

const SET_SCAN_ENABLE = 0x200c
const CREATE_CONNECTION = 0x200d

type Book = Record<string, unknown>
interface NobleBooks {
  readonly _peripherals: Book
  readonly _services: Book
  readonly _characteristics: Book
  readonly _descriptors: Book
  readonly _discoveredPeripheralUUids: Book
  readonly _bindings: {
    readonly _gap: { readonly _discoveries: Book }
    readonly _addresses: Book
    readonly _addresseTypes: Book
    readonly _connectable: Book
    readonly scannable: Book
  }
}
const NobleClass: { prototype: { onDiscover(this: NobleBooks, ...heard: unknown[]): void } } = createRequire(
  import.meta.url,
)('@abandonware/noble/lib/noble.js')

test('the scan stops while a device is connected, goes on afterwards, and is started anew when a link ends', async () => {
  const scanning: string[] = []
  const { adapter, controller } = startController({
    commandFault: (opcode, parameters) => {
      if (opcode === SET_SCAN_ENABLE) scanning.push(parameters[0] === 1 ? 'on' : 'off')
      if (opcode === CREATE_CONNECTION) scanning.push('connect')
      return undefined
    },
  })
  const peripheral = controller.attach(device(ADDRESS, READABLE))
  peripheral.startAdvertising()
  const time = new ManualTime()
  const { transport, signal } = await startHub({ adapter, time })
  const link = await transport.connect(ADDRESS, signal)
  await becomes(() => scanning.at(-1) === 'on')
  const connecting = scanning.indexOf('connect')
  expect(scanning[connecting - 1]).toBe('off')
  const count = scanning.length
  peripheral.link?.disconnect()
  await becomes(() => link.lost.aborted)
  time.advance(500)
  await becomes(() => scanning.length === count + 2)
  expect(scanning.slice(count)).toEqual(['off', 'on'])
})

test('a scan that another program stops is started again', async () => {
  const { adapter, controller } = startController()
  const peripheral = controller.attach(device(ADDRESS, READABLE))
  peripheral.startAdvertising()
  const time = new ManualTime()
  const { transport, seen } = await startHub({ adapter, time })
  await becomes(() => seen.length > 0)
  controller.injectForeignCommand(SET_SCAN_ENABLE, Uint8Array.of(0, 0))
  await becomes(() => transport.health().scanRestarts === 1)
  const before = seen.length
  time.advance(500)
  await becomes(() => seen.length > before)
})

test('a device is reported although its scan response is lost, and again and again', async () => {
  const { adapter, controller } = startController({ isLost: (packet) => packet === 'scan-response' })
  const peripheral = controller.attach(
    device(ADDRESS, READABLE, {
      advertising: () => ({ intervalMs: 20, name: 'cuff', nameInScanResponse: true, services: [SERVICE] }),
    }),
  )
  peripheral.startAdvertising()
  const { seen } = await startHub({ adapter })
  await becomes(() => seen.length >= 3)
  expect(seen[0]).toMatchObject({ address: ADDRESS, services: ['1810'] })
})

test('a device that is heard once, without its scan response, is reported', async () => {
  const { adapter, controller } = startController({ isLost: (packet) => packet === 'scan-response' })
  const peripheral = controller.attach(
    device(ADDRESS, READABLE, { advertising: () => ({ intervalMs: 1_000, services: [SERVICE] }) }),
  )
  const scanning = await startHub({ adapter })
  const first = controller.attach(device('00:00:00:00:00:02', []))
  first.startAdvertising()
  await becomes(() => scanning.seen.length > 0)
  peripheral.startAdvertising(500)
  await becomes(() => scanning.seen.some(({ address }) => address === ADDRESS), 400)
})

test('what was heard does not change afterwards', async () => {
  const { adapter, controller } = startController()
  let count = 0
  const peripheral = controller.attach(
    device(ADDRESS, READABLE, {
      advertising: () => {
        count += 1
        return { intervalMs: 20, manufacturerData: Uint8Array.of(0xff, 0xff, count) }
      },
    }),
  )
  peripheral.startAdvertising()
  const { seen } = await startHub({ adapter })
  const said = (index: number) => hexOf(seen.at(index)?.manufacturerData ?? bytes(''))
  await becomes(() => seen.length > 0)
  const first = said(0)
  await becomes(() => said(-1) !== first)
  expect(said(0)).toBe(first)
})

test('a radio that hears nothing gets a new scan first and a new adapter then, and says for how long', async () => {
  const enabled: number[] = []
  let setUps = 0
  const { adapter, controller } = startController({
    commandFault: (opcode, parameters) => {
      if (opcode === SET_SCAN_ENABLE) enabled.push(parameters[0] ?? 0)
      if (opcode === 0x1001) setUps += 1
      return undefined
    },
  })
  const time = new ManualTime()
  const { transport, seen } = await startHub({ adapter, time })
  const starts = () => enabled.filter((on) => on === 1).length
  await becomes(() => starts() === 1)
  time.advance(90_000)
  await becomes(() => starts() === 2)
  expect(transport.health()).toMatchObject({ scanRestarts: 1, silentForMs: 90_000 })
  expect(setUps).toBe(1)
  time.advance(90_000)
  expect(transport.health().state).toBe('unavailable')
  time.advance(1_000)
  await becomes(() => transport.health().state === 'ready')
  expect(setUps).toBe(2)
  const peripheral = controller.attach(device(ADDRESS, READABLE))
  peripheral.startAdvertising()
  await becomes(() => seen.length > 0)
  expect(transport.health().silentForMs).toBe(0)
})

test('devices that were always on the air decide by their intervals when their silence means a deaf radio', async () => {
  const { adapter, controller } = startController()
  const time = new ManualTime()
  const { transport, seen } = await startHub({ adapter, time })
  const addresses = [ADDRESS, ADDRESS.replace('11', '22')]
  const peripherals = addresses.map((address) => controller.attach(device(address, READABLE)))
  for (const peripheral of peripherals) peripheral.startAdvertising()
  const GAP_MS = 19_000
  for (let lived = 0; lived <= 11 * 60_000; lived += GAP_MS) {
    seen.length = 0
    await becomes(() => addresses.every((address) => seen.some((one) => one.address === address)))
    time.advance(GAP_MS)
  }
  for (const peripheral of peripherals) peripheral.stopAdvertising()
  expect(transport.health()).toMatchObject({ steadyDevices: 2, scanRestarts: 0 })
  time.advance(4 * GAP_MS)
  expect(transport.health()).toMatchObject({ scanRestarts: 0 })
  time.advance(2 * GAP_MS)
  expect(transport.health()).toMatchObject({ steadyDevices: 2, scanRestarts: 1, step: 'scan' })
})

test('two thousand passing devices leave no more than 512 in noble, and the open link is not among the forgotten', async () => {
  const nobles = new Set<NobleBooks>()
  const discover = NobleClass.prototype.onDiscover
  NobleClass.prototype.onDiscover = function (...heard) {
    nobles.add(this)
    discover.apply(this, heard)
  }
  onTestFinished(() => {
    NobleClass.prototype.onDiscover = discover
  })
  const { adapter, controller } = startController()
  const peripheral = controller.attach(device(ADDRESS, READABLE))
  peripheral.startAdvertising()
  const { transport, seen, signal } = await startHub({ adapter })
  const link = await transport.connect(ADDRESS, signal)
  for (let index = 0; index < 2_000; index += 1) {
    const hex = index.toString(16).padStart(4, '0')
    const address = `c0:00:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`
    const passer = device(address, [], { addressType: 'random', advertising: () => ({ intervalMs: 300 }) })
    controller.attach(passer).startAdvertising()
  }
  const addresses = new Set<string>()
  let read = 0
  await becomes(() => {
    for (; read < seen.length; read += 1) addresses.add(seen[read]?.address ?? '')
    return addresses.size === 2_001
  }, 15_000)
  expect(nobles.size).toBe(1)
  for (const noble of nobles) {
    const bindings = noble._bindings
    for (const book of [
      noble._peripherals,
      noble._services,
      noble._characteristics,
      noble._descriptors,
      noble._discoveredPeripheralUUids,
      bindings._gap._discoveries,
      bindings._addresses,
      bindings._addresseTypes,
      bindings._connectable,
      bindings.scannable,
    ]) {
      const size = Object.keys(book).length
      expect(size).toBeGreaterThan(200)
      expect(size).toBeLessThanOrEqual(513)
    }
  }
  expect(hexOf(await link.read(SERVICE, '2A29'))).toBe('41')
})
