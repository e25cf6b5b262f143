import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { powerCycle } from '../../../gateway/transport/power-cycle.ts'
import { attachInProcess } from '../../../simulators/bluetooth/controller.ts'
import { ManualTime } from '../../../simulators/time.ts'
import {
  ADDRESS,
  bareHub,
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
  temporaryFolder,
} from './radio-fixture.ts'

const CREATE_CONNECTION = 0x200d

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

test('an adapter that goes off and stays off is bound anew, since noble does not bind again to a new one', async () => {
  const { adapter, controller } = startController({ plugged: false })
  let bound = 0
  const plugged = attachInProcess(adapter, {
    get powered() {
      return controller.powered
    },
    onPower: (listener) => controller.onPower(listener),
    connectHost: (deliver) => {
      bound += 1
      return controller.connectHost(deliver)
    },
  })
  onTestFinished(() => plugged.detach())
  const time = new ManualTime()
  const { transport } = await startHub({ adapter, time })
  expect(bound).toBe(1)
  controller.powered = false
  await becomes(() => transport.health().state === 'unavailable')
  time.advance(9_999)
  time.advance(1_001)
  expect(bound).toBe(2)
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

test('an adapter that stays deaf is opened anew, then switched off and on while nobody holds it, and heard again', async () => {
  const { adapter, controller } = startController()
  const cycles: string[] = []
  const hub = bareHub({
    adapter,
    deadlines: { silenceMs: 40 },
    powerCycle: async () => {
      cycles.push(hub.transport.health().state)
      // What an off and on does to a wedged controller.
      const peripheral = controller.attach(device(ADDRESS, READABLE))
      peripheral.startAdvertising()
    },
  })
  await becomes(() => cycles.length > 0, 15_000)
  expect(hub.transport.health()).toMatchObject({ adapterRestarts: 1, powerCycles: 1, step: 'power' })
  await becomes(() => hub.seen.length > 0)
  expect(cycles).toEqual(['unavailable'])
  expect(hub.transport.health()).not.toHaveProperty('step')
  const link = await hub.transport.connect(ADDRESS, hub.signal)
  await link.close()
  expect(hub.transport.health()).toMatchObject({ linksOpen: 0, mostLinksOpen: 1 })
})

test('an adapter that nobody can switch off and on is opened again all the same, and the log says why', async () => {
  const { adapter } = startController()
  let failed = 0
  const hub = bareHub({
    adapter,
    deadlines: { silenceMs: 40 },
    powerCycle: () => {
      failed += 1
      return Promise.reject(new Error('not permitted'))
    },
  })
  await becomes(() => failed > 0, 15_000)
  await becomes(() => hub.transport.health().state === 'ready')
  expect(hub.lines).toContainEqual(expect.objectContaining({ message: 'adapter was not switched' }))
})

test('the command that switches an adapter says off and then on, and gives up at its deadline or when it is missing', async () => {
  const folder = temporaryFolder()
  const said = join(folder, 'said')
  const command = join(folder, 'btmgmt')
  writeFileSync(command, `#!/bin/sh\necho "$@" >> ${said}\n`, { mode: 0o755 })
  const { signal } = new AbortController()
  await powerCycle(2, signal, command)
  expect(readFileSync(said, 'utf8')).toBe('--index 2 power off\n--index 2 power on\n')
  expect(await powerCycle(2, signal, join(folder, 'absent')).catch(code)).toBe('adapter-unavailable')
  expect(await powerCycle(2, AbortSignal.abort(), command).catch(code)).toBe('adapter-unavailable')
})
