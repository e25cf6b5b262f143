import { expect, onTestFinished, test } from 'vitest'
import { findAdapter } from '../../../gateway/transport/bluez/bluez.ts'
import { systemTime } from '../../../gateway/transport/transport-time.ts'
import { AttError, type PeripheralDefinition } from '../../../simulators/bluetooth/peripheral.ts'
import { startBluezHub, startBus, withDbus } from './bluez-fixture.ts'
import { ADDRESS, becomes, bytes, code, collect, device, hexOf, MEASUREMENT } from './radio-fixture.ts'

const never = new AbortController().signal

/** A hub and one device that advertises whenever it is not connected. */
async function startWith(definition: PeripheralDefinition, options?: Parameters<typeof startBluezHub>[0]) {
  const hub = await startBluezHub(options)
  const peripheral = hub.bluez.attach({ ...definition, onDisconnect: () => peripheral.startAdvertising() })
  peripheral.startAdvertising()
  onTestFinished(() => peripheral.detach())
  return { ...hub, peripheral, signal: never }
}

withDbus('bluetooth through bluetoothd', () => {
  test('an advertisement has everything that was heard, in the form of the other transport', async () => {
    const { seen } = await startWith(
      device(ADDRESS, [], {
        addressType: 'random',
        rssi: -71,
        advertising: () => ({
          intervalMs: 20,
          name: 'cuff',
          services: ['1810', '0000FFF0A0B1C2D3E4F5061728394A5B'],
          manufacturerData: bytes('0e020102'),
          serviceData: { '1809': bytes('0a0b') },
        }),
      }),
    )
    await becomes(() => seen.length > 1)
    expect(seen.at(-1)).toEqual({
      address: ADDRESS,
      addressType: 'random',
      name: 'cuff',
      services: ['1810', '0000FFF0A0B1C2D3E4F5061728394A5B'],
      manufacturerData: bytes('0e020102'),
      serviceData: { '1809': bytes('0a0b') },
      connectable: true,
      rssi: -71,
    })
  })

  test('the battery level, which bluetoothd keeps to itself, is read all the same', async () => {
    const cuff = device(ADDRESS, [])
    const battery = {
      uuid: '180F',
      characteristics: [{ uuid: '2A19', properties: ['read'] as const, value: bytes('4d') }],
    }
    const { transport } = await startWith({ ...cuff, services: [...cuff.services, battery] })
    const link = await transport.connect(ADDRESS, never)
    expect(link.has('180F', '2A19')).toBe(true)
    expect(hexOf(await link.read('180F', '2A19'))).toBe('4d')
  })

  test('what bluetoothd says of a device that it does not hear is no advertisement', async () => {
    const { transport, peripheral, seen } = await startWith(device(ADDRESS, [{ uuid: '2A29', properties: ['read'] }]))
    await becomes(() => seen.length > 0)
    peripheral.stopAdvertising()
    const { length } = seen
    peripheral.connectByItself()
    const link = await transport.connect(ADDRESS, never)
    await link.read('1810', '2A29')
    expect(seen).toHaveLength(length)
  })

  test('a connection that was given up is not made later', async () => {
    const { transport, peripheral, seen } = await startWith(device(ADDRESS, []), { deadlines: { connectMs: 100 } })
    await becomes(() => seen.length > 0)
    peripheral.stopAdvertising()
    expect(await transport.connect(ADDRESS, never).catch(code)).toBe('connect-timeout')
    const { length } = seen
    peripheral.startAdvertising()
    await becomes(() => seen.length > length)
    expect(peripheral.link).toBeUndefined()
    expect(transport.health()).toMatchObject({ linksOpen: 0, connectFailures: 1 })
  })

  test('a value that comes before the answer to the subscription is not lost', async () => {
    const { transport } = await startWith(
      device(ADDRESS, [
        {
          uuid: MEASUREMENT,
          properties: ['indicate'],
          onSubscribe: (link, mode) => void (mode === 'indicate' && link.indicate(MEASUREMENT, bytes('0a'))),
        },
      ]),
    )
    const link = await transport.connect(ADDRESS, never)
    const values = await link.subscribe('1810', MEASUREMENT)
    const first = await values[Symbol.asyncIterator]().next()
    expect(first.value).toEqual(bytes('0a'))
  })

  test('what the device refuses is device-refused, and the link goes on', async () => {
    const { transport } = await startWith(
      device(ADDRESS, [
        {
          uuid: '2A08',
          properties: ['read', 'write'],
          value: bytes('01'),
          onWrite: () => {
            throw new AttError(0x80)
          },
        },
        { uuid: '2A29', properties: ['read'], value: bytes('41') },
      ]),
    )
    const link = await transport.connect(ADDRESS, never)
    expect(await link.write('1810', '2A08', bytes('01')).catch(code)).toBe('device-refused')
    expect(await Promise.resolve(link.subscribe('1810', '2A29')).catch(code)).toBe('device-refused')
    expect(await link.read('1810', '2A00').catch(code)).toBe('characteristic-missing')
    expect(hexOf(await link.read('1810', '2A29'))).toBe('41')
  })

  test('an operation that is not answered ends at its deadline and takes the link with it', async () => {
    const { transport, peripheral } = await startWith(
      device(ADDRESS, [
        { uuid: '2A08', properties: ['write'], onWrite: () => new Promise<void>(() => undefined) },
        { uuid: MEASUREMENT, properties: ['indicate'] },
      ]),
      { deadlines: { operationMs: 60 } },
    )
    const link = await transport.connect(ADDRESS, never)
    const values = collect(await link.subscribe('1810', MEASUREMENT))
    expect(await link.write('1810', '2A08', bytes('01')).catch(code)).toBe('operation-timeout')
    expect(code(link.lost.reason)).toBe('operation-timeout')
    expect(await values).toEqual([])
    await link.close()
    expect(peripheral.link).toBeUndefined()
    expect(transport.health().linksOpen).toBe(0)
  })

  test('700 subscriptions leave no match rule behind, and a hub that stopped has none', async () => {
    const { transport, peripheral, bluez, stop } = await startWith(
      device(ADDRESS, [{ uuid: MEASUREMENT, properties: ['indicate'] }]),
    )
    const atRest = await bluez.matchRules()
    const link = await transport.connect(ADDRESS, never)
    for (let cycle = 0; cycle < 700; cycle += 1) {
      const values = (await link.subscribe('1810', MEASUREMENT))[Symbol.asyncIterator]()
      const next = values.next()
      await peripheral.link?.indicate(MEASUREMENT, bytes('0a'))
      expect((await next).done).toBe(false)
      await values.return?.()
    }
    expect(await bluez.matchRules()).toEqual(atRest)
    expect(atRest.every(({ rules }) => rules < 10)).toBe(true)
    await link.close()
    stop()
    await expect.poll(async () => (await bluez.matchRules()).reduce((all, { rules }) => all + rules, 0)).toBe(0)
  })

  test('a connection that ended before it was established is tried again at once, three times in all', async () => {
    const { transport, peripheral } = await startWith(device(ADDRESS, []))
    peripheral.abortedConnections = 2
    const link = await transport.connect(ADDRESS, never)
    await link.close()
    peripheral.abortedConnections = 3
    expect(await transport.connect(ADDRESS, never).catch(code)).toBe('link-lost')
    expect(transport.health()).toMatchObject({ linksOpen: 0, connectFailures: 1 })
  })

  test('connections are set up one at a time, and an absent device holds nobody up', async () => {
    const { bluez, transport } = await startBluezHub({ deadlines: { connectMs: 2_000 } })
    const addresses = ['11:22:33:44:55:01', '11:22:33:44:55:02', '11:22:33:44:55:03']
    for (const address of addresses) {
      const peripheral = bluez.attach(device(address, []))
      peripheral.startAdvertising()
      onTestFinished(() => peripheral.detach())
    }
    const absent = new AbortController()
    const missing = transport.connect('00:00:00:00:00:01', absent.signal).catch(code)
    const links = await Promise.all(addresses.map((address) => transport.connect(address, never)))
    expect(bluez.mostConnecting).toBe(1)
    expect(transport.health().linksOpen).toBe(3)
    absent.abort()
    expect(await missing).toBe('link-lost')
    await Promise.all(links.map((link) => link.close()))
    expect(transport.health().linksOpen).toBe(0)
  })

  test('a device that bluetoothd has connected by itself is taken over', async () => {
    const { transport, peripheral, seen } = await startWith(
      device(ADDRESS, [{ uuid: '2A29', properties: ['read'], value: bytes('41') }]),
    )
    await becomes(() => seen.length > 0)
    peripheral.connectByItself()
    const link = await transport.connect(ADDRESS, never)
    expect(hexOf(await link.read('1810', '2A29'))).toBe('41')
  })

  test('the doctor finds an adapter, or says what is missing', async () => {
    const { bus } = await startBluezHub()
    const at = (address: string, adapter: number) =>
      findAdapter({ bus: address, adapter, time: systemTime }).catch(code)
    expect(await at(bus.address, 0)).toBeUndefined()
    expect(await at(bus.address, 3)).toBe('adapter-unavailable')
    expect(await at((await startBus()).address, 0)).toBe('adapter-unavailable')
    expect(await at('unix:path=/nonexistent/bus', 0)).toBe('adapter-unavailable')
  })
})
