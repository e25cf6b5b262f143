import { createRequire } from 'node:module'
import { expect, onTestFinished, test } from 'vitest'
import { isPreCareError } from '../../../device-drivers/errors.ts'
import { ManualTime } from '../../../simulators/time.ts'
import {
  bareHub,
  becomes,
  bytes,
  collect,
  device,
  hexOf,
  MEASUREMENT,
  SERVICE,
  startController,
  startHub,
} from './radio-fixture.ts'

const ADDRESS = '11:22:33:44:55:66'
const READABLE = [{ uuid: '2A29', properties: ['read'], value: bytes('41') }] as const
const SET_SCAN_ENABLE = 0x200c
const CREATE_CONNECTION = 0x200d
const CANCEL = 0x200e
const GONE = '00:00:00:00:00:02'

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

function code(error: unknown): string {
  return isPreCareError(error) ? error.code : String(error)
}

test('an absent device ends with connect-timeout, heard before or never, and the next device connects', async () => {
  const commands: number[] = []
  const { adapter, controller } = startController({
    commandFault: (opcode) => {
      commands.push(opcode)
      return undefined
    },
  })
  const time = new ManualTime()
  const { transport, seen, signal } = await startHub({ adapter, time })

  const never = transport.connect('00:00:00:00:00:01', signal).catch(code)
  time.advance(5_000)
  expect(await never).toBe('connect-timeout')

  const [gone, there] = [GONE, ADDRESS].map((address) => controller.attach(device(address, READABLE)))
  for (const peripheral of [gone, there]) peripheral?.startAdvertising()
  await becomes(() => [GONE, ADDRESS].every((wanted) => seen.some(({ address }) => address === wanted)))
  gone?.detach()
  const absent = transport.connect(GONE, signal).catch(code)
  const next = transport.connect(ADDRESS, signal)
  await becomes(() => commands.includes(CREATE_CONNECTION))
  time.advance(5_000)
  expect(await absent).toBe('connect-timeout')
  expect(hexOf(await (await next).read(SERVICE, '2A29'))).toBe('41')
  expect(transport.health().connectFailures).toBe(2)
})

test('a connect that is called off ends at once, and a connection that comes late is closed', async () => {
  const commands: number[] = []
  const { adapter, controller } = startController({
    // Deaf to the first cancelling, as when the connection is made in the same moment.
    commandFault: (opcode) => {
      commands.push(opcode)
      return opcode === CANCEL && commands.filter((command) => command === CANCEL).length === 1 ? 'drop' : undefined
    },
  })
  const time = new ManualTime()
  const links: number[] = []
  const peripheral = controller.attach(
    device(ADDRESS, READABLE, {
      onConnect: () => void links.push(1),
      onDisconnect: () => void links.push(0),
    }),
  )
  peripheral.startAdvertising()
  const { transport, seen, signal } = await startHub({ adapter, time })
  await becomes(() => seen.length > 0)
  peripheral.stopAdvertising()
  const stop = new AbortController()
  const connecting = transport.connect(ADDRESS, stop.signal).catch(code)
  await becomes(() => commands.includes(CREATE_CONNECTION))
  stop.abort()
  await becomes(() => commands.includes(CANCEL))
  time.advance(1_000)
  expect(await connecting).toBe('link-lost')
  peripheral.startAdvertising()
  await becomes(() => links.length === 2)
  expect(links).toEqual([1, 0])
  expect(transport.health().linksOpen).toBe(0)
  peripheral.startAdvertising()
  const link = await transport.connect(ADDRESS, signal)
  expect(hexOf(await link.read(SERVICE, '2A29'))).toBe('41')
  expect(link.lost.aborted).toBe(false)
})

test('four links are open at once, each with its own values', async () => {
  const { adapter, controller } = startController()
  const addresses = ['1', '2', '3', '4'].map((n) => `00:00:00:00:00:0${n}`)
  const peripherals = addresses.map((address) =>
    controller.attach(device(address, [{ uuid: MEASUREMENT, properties: ['notify'] }, ...READABLE])),
  )
  for (const peripheral of peripherals) peripheral.startAdvertising()
  const { transport, signal } = await startHub({ adapter })
  const links = await Promise.all(addresses.map((address) => transport.connect(address, signal)))
  expect(transport.health().linksOpen).toBe(4)
  const streams = await Promise.all(links.map((link) => link.subscribe(SERVICE, MEASUREMENT)))
  for (const [index, peripheral] of peripherals.entries()) peripheral.link?.notify(MEASUREMENT, Uint8Array.of(index))
  for (const peripheral of peripherals) peripheral.link?.disconnect()
  expect(await Promise.all(streams.map(collect))).toEqual([['00'], ['01'], ['02'], ['03']])
})

test('a connection that is lost in its first packets is tried again, three times in all', async () => {
  const { adapter, controller } = startController()
  let failures = 2
  let tries = 0
  const peripheral = controller.attach(
    device(ADDRESS, READABLE, {
      onConnect: (link) => {
        tries += 1
        if (failures-- > 0) link.disconnect(0x3e)
      },
      onDisconnect: () => peripheral.startAdvertising(),
    }),
  )
  peripheral.startAdvertising()
  const { transport, signal } = await startHub({ adapter })
  const link = await transport.connect(ADDRESS, signal)
  expect(tries).toBe(3)
  await link.close()
  failures = 3
  expect(await transport.connect(ADDRESS, signal).catch(code)).toBe('link-lost')
  expect(tries).toBe(6)
})

test('the adapter goes off with links: they are lost, and with the adapter back everything works again', async () => {
  const { adapter, controller } = startController({ aclCount: 2 })
  const peripheral = controller.attach(
    device(ADDRESS, [{ uuid: MEASUREMENT, properties: ['notify'] }, ...READABLE], {
      onDisconnect: () => peripheral.startAdvertising(),
    }),
  )
  peripheral.startAdvertising()
  const { transport, signal } = await startHub({ adapter })
  const link = await transport.connect(ADDRESS, signal)
  const values = collect(await link.subscribe(SERVICE, MEASUREMENT))
  // Packets that are never reported as sent must not count against the controller's two buffers afterwards.
  if (peripheral.link) peripheral.link.stalled = true
  const read = link.read(SERVICE, '2A29').catch(code)
  const absent = transport.connect('00:00:00:00:00:01', signal).catch(code)
  controller.powered = false
  expect(await read).toBe('link-lost')
  expect(await absent).toBe('adapter-unavailable')
  expect(await values).toEqual([])
  expect(transport.health()).toMatchObject({ state: 'unavailable', linksOpen: 0 })
  expect(await transport.connect(ADDRESS, signal).catch(code)).toBe('adapter-unavailable')
  controller.powered = true
  await becomes(() => transport.health().state === 'ready')
  const next = await transport.connect(ADDRESS, signal)
  expect(hexOf(await next.read(SERVICE, '2A29'))).toBe('41')
})

test('the adapter goes off while connecting: the connect fails and a later one works', async () => {
  const commands: number[] = []
  const { adapter, controller } = startController({
    commandFault: (opcode) => {
      commands.push(opcode)
      return undefined
    },
  })
  const peripheral = controller.attach(device(ADDRESS, READABLE))
  peripheral.startAdvertising()
  const { transport, seen, signal } = await startHub({ adapter })
  await becomes(() => seen.length > 0)
  peripheral.stopAdvertising()
  const connecting = transport.connect(ADDRESS, signal).catch(code)
  await becomes(() => commands.includes(CREATE_CONNECTION))
  controller.powered = false
  expect(await connecting).toBe('adapter-unavailable')
  controller.powered = true
  peripheral.startAdvertising()
  await becomes(() => transport.health().state === 'ready')
  const link = await transport.connect(ADDRESS, signal)
  expect(hexOf(await link.read(SERVICE, '2A29'))).toBe('41')
})

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

test('without an adapter the radio is unavailable, and ready when one comes', async () => {
  const { adapter, plug } = startController({ plugged: false })
  const { transport, lines, signal } = bareHub({ adapter })
  expect(transport.health().state).toBe('unavailable')
  expect(await transport.connect(ADDRESS, signal).catch(code)).toBe('adapter-unavailable')
  expect(lines).toContainEqual(expect.objectContaining({ message: 'bluetooth unavailable' }))
  plug()
  await becomes(() => transport.health().state === 'ready')
})

test('an adapter that stays off is opened anew', async () => {
  const { adapter, controller } = startController()
  controller.powered = false
  const time = new ManualTime()
  const { transport } = bareHub({ adapter, time })
  expect(transport.health().state).toBe('unavailable')
  time.advance(10_000)
  controller.powered = true
  // noble's own look would take up to a second of real time; the new one looks at once.
  time.advance(1_000)
  await becomes(() => transport.health().state === 'ready', 500)
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
  const passers = Array.from({ length: 2_000 }, (_, index) => {
    const hex = index.toString(16).padStart(4, '0')
    return controller.attach(device(`c0:00:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`, [], { addressType: 'random' }))
  })
  for (const passer of passers) passer.startAdvertising(25)
  await becomes(() => new Set(seen.map(({ address }) => address)).size === 2_001)
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

test('a stopped transport leaves no listener, no scan and no link behind', async () => {
  const { adapter, controller } = startController()
  const before = { exit: process.listenerCount('exit'), sigint: process.listenerCount('SIGINT') }
  const peripheral = controller.attach(device(ADDRESS, READABLE))
  peripheral.startAdvertising()
  const hub = await startHub({ adapter })
  const link = await hub.transport.connect(ADDRESS, hub.signal)
  expect(process.listenerCount('SIGINT')).toBe(before.sigint)
  hub.stop()
  await becomes(() => peripheral.link === undefined && link.lost.aborted)
  await becomes(() => process.listenerCount('exit') === before.exit)
  expect(hub.transport.health()).toMatchObject({ state: 'unavailable', linksOpen: 0 })
  const count = hub.seen.length
  peripheral.startAdvertising()
  const other = await startHub({ adapter })
  await becomes(() => other.seen.length > 2)
  expect(hub.seen.length).toBe(count)
})
