import { expect, onTestFinished, test } from 'vitest'
import { VirtualBluez } from '../../../simulators/bluez/virtual-bluez.ts'
import { ManualTime, scaledTime } from '../../../simulators/time.ts'
import { bareBluezHub, startBluez, startBus, withDbus } from './bluez-fixture.ts'
import { ADDRESS, becomes, bytes, code, collect, device, MEASUREMENT, temporaryFolder } from './radio-fixture.ts'

/** The hub's second is a tenth of one: it waits one before it tries again. */
const FAST = { time: scaledTime(10), deadlines: { connectMs: 10_000 } }
const never = new AbortController().signal

function attach(bluez: VirtualBluez) {
  const peripheral = bluez.attach(
    device(ADDRESS, [{ uuid: MEASUREMENT, properties: ['indicate'] }], {
      onDisconnect: () => peripheral.startAdvertising(),
    }),
  )
  peripheral.startAdvertising()
  onTestFinished(() => peripheral.detach())
  return peripheral
}

/** A hub that has a link and waits for a value on it. */
async function startLinked() {
  const folder = temporaryFolder()
  const bus = await startBus(folder)
  const bluez = await startBluez(bus)
  const hub = bareBluezHub(bus, FAST)
  await becomes(() => hub.transport.health().state === 'ready')
  const peripheral = attach(bluez)
  const link = await hub.transport.connect(ADDRESS, never)
  const values = collect(await link.subscribe('1810', MEASUREMENT))
  return { ...hub, folder, bus, bluez, peripheral, link, values }
}

withDbus('a hub whose bluetoothd goes away', () => {
  test('waits for a bus, a bluetoothd and an adapter that come later', async () => {
    const folder = temporaryFolder()
    const hub = bareBluezHub({ address: `unix:path=${folder}/bus`, stop: () => Promise.resolve() }, FAST)
    await becomes(() => hub.transport.health().state === 'unavailable')
    expect(await hub.transport.connect(ADDRESS, never).catch(code)).toBe('adapter-unavailable')
    attach(await startBluez(await startBus(folder)))
    await becomes(() => hub.seen.length > 0)
    expect(hub.transport.health().state).toBe('ready')
  })

  test('the end of the bus ends all links, and the hub finds the next bus', async () => {
    const { folder, bus, link, values, transport, seen } = await startLinked()
    await bus.stop()
    expect(await values).toEqual([])
    expect(code(link.lost.reason)).toBe('link-lost')
    await link.close()
    expect(transport.health()).toMatchObject({ state: 'unavailable', linksOpen: 0 })
    attach(await startBluez(await startBus(folder)))
    const before = seen.length
    await becomes(() => seen.length > before)
    const next = await transport.connect(ADDRESS, never)
    expect(next.has('1810', MEASUREMENT)).toBe(true)
  })

  test('the end of bluetoothd ends all links, and the hub finds the next one', async () => {
    const { bus, bluez, values, transport, seen } = await startLinked()
    await bluez.stop()
    expect(await values).toEqual([])
    await becomes(() => transport.health().state === 'unavailable')
    attach(await startBluez(bus))
    const before = seen.length
    await becomes(() => seen.length > before)
    expect(transport.health()).toMatchObject({ state: 'ready', linksOpen: 0 })
  })

  test('an adapter that is switched off is switched on again', async () => {
    const { bluez, link, values, transport, seen, lines } = await startLinked()
    bluez.powered = false
    expect(await values).toEqual([])
    expect(code(link.lost.reason)).toBe('link-lost')
    await becomes(() => transport.health().state === 'unavailable')
    const before = seen.length
    await becomes(() => seen.length > before)
    expect(bluez.powered).toBe(true)
    expect(lines).toContainEqual(expect.objectContaining({ fields: { reason: 'the adapter went off' } }))
  })

  test('discovery that ended by itself is started again and counted', async () => {
    const { bluez, transport, seen, link } = await startLinked()
    await link.close()
    const { discoveries } = bluez
    bluez.endDiscovery()
    await becomes(() => bluez.discoveries > discoveries)
    const before = seen.length
    await becomes(() => seen.length > before)
    expect(transport.health().scanRestarts).toBeGreaterThan(0)
  })

  test('a deaf adapter is opened anew, and when that does not help switched off and on', async () => {
    const bus = await startBus()
    const bluez = await startBluez(bus)
    const hub = bareBluezHub(bus, { ...FAST, deadlines: { silenceMs: 300 } })
    await becomes(() => (hub.transport.health().powerCycles ?? 0) > 0 && !bluez.powered)
    expect(hub.transport.health()).toMatchObject({ adapterRestarts: 1 })
    attach(bluez)
    await becomes(() => hub.seen.length > 0)
    expect(bluez.powered).toBe(true)
    expect(hub.transport.health().step).toBeUndefined()
  })

  test('devices that bluetoothd has forgotten in the silence still prove by it that the radio is deaf', async () => {
    const time = new ManualTime()
    const bus = await startBus()
    const bluez = await VirtualBluez.start({ bus: bus.address, time })
    onTestFinished(() => bluez.stop())
    const hub = bareBluezHub(bus, { time })
    await becomes(() => bluez.discoveries > 0)
    const INTERVAL_MS = 10_000
    const peripheral = bluez.attach(
      device(ADDRESS, [], { advertising: () => ({ intervalMs: INTERVAL_MS, name: 'scale', services: ['1810'] }) }),
    )
    onTestFinished(() => peripheral.detach())
    peripheral.startAdvertising()
    for (let lived = 0; lived <= 11 * 60_000; lived += INTERVAL_MS) {
      hub.seen.length = 0
      time.advance(INTERVAL_MS)
      await becomes(() => hub.seen.length > 0)
    }
    peripheral.stopAdvertising()
    time.advance(31_000)
    // The next signal comes after that of the removal.
    bluez.endDiscovery()
    await becomes(() => hub.transport.health().scanRestarts === 1)
    expect(hub.transport.health()).toMatchObject({ steadyDevices: 1 })
  })

  test('a hub that stops closes its links and stops the discovery', async () => {
    const { peripheral, stop, values, transport } = await startLinked()
    await peripheral.link?.indicate(MEASUREMENT, bytes('0a'))
    stop()
    expect(await values).toEqual(['0a'])
    await becomes(() => transport.health().state === 'unavailable' && peripheral.link === undefined)
  })
})
