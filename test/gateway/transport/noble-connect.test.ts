import { expect, test } from 'vitest'
import { ManualTime } from '../../../simulators/time.ts'
import {
  ADDRESS,
  becomes,
  code,
  collect,
  device,
  hexOf,
  MEASUREMENT,
  READABLE,
  SERVICE,
  startController,
  startHub,
} from './radio-fixture.ts'

const CREATE_CONNECTION = 0x200d
const CANCEL = 0x200e
const GONE = '00:00:00:00:00:02'

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
