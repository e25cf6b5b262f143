import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isPreCareError } from '../../../device-drivers/errors.ts'
import { listenH4, VirtualController } from '../../../simulators/bluetooth/controller.ts'
import { realTime } from '../../../simulators/time.ts'
import { aPeripheral } from './central.ts'

let directory: string
let path: string
let children: ChildProcess[]
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'precare-hci-'))
  path = join(directory, 'hci')
  children = []
})
afterEach(async () => {
  for (const child of children) {
    const gone = once(child, 'exit')
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await gone
  }
  rmSync(directory, { recursive: true, force: true })
})

/** Starts a host process; its lines are read one by one. */
function startHost() {
  const child = spawn(
    process.execPath,
    ['--import', './simulators/bluetooth/register.ts', './test/simulators/bluetooth/socket-host.ts'],
    {
      env: { ...process.env, PRECARE_VIRTUAL_HCI: path, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, line: async () => (await lines.next()).value }
}

function aController() {
  const controller = new VirtualController({ time: realTime() })
  const { promise: ended, resolve } = Promise.withResolvers<number>()
  const definition = aPeripheral(
    [{ uuid: '1809', characteristics: [{ uuid: '2A00', properties: ['read'], value: Uint8Array.of(0xca, 0xfe) }] }],
    { onDisconnect: resolve },
  )
  const peripheral = controller.attach(definition)
  peripheral.startAdvertising()
  return { controller, peripheral, definition, ended }
}

test('a host in another process works through the socket, loses the adapter with it and finds it again', async () => {
  const { controller, peripheral, definition } = aController()
  const first = await listenH4(controller, path)
  const { line } = startHost()
  expect(await line()).toBe('poweredOn')
  expect(await line()).toBe(`${definition.address} cafe`)
  await first.close()
  expect(await line()).toBe('poweredOff')
  const second = await listenH4(controller, path)
  expect(await line()).toBe('poweredOn')
  peripheral.startAdvertising()
  expect(await line()).toBe(`${definition.address} cafe`)
  // Without power nobody is served, though the socket is still there.
  controller.powered = false
  expect(await line()).toBe('poweredOff')
  controller.powered = true
  expect(await line()).toBe('poweredOn')
  await second.close()
})

test('a host that starts before its controller waits for it', async () => {
  const { line } = startHost()
  expect(await line()).toBe('poweredOff')
  const { controller, definition } = aController()
  const server = await listenH4(controller, path)
  expect(await line()).toBe('poweredOn')
  expect(await line()).toBe(`${definition.address} cafe`)
  await server.close()
})

test('a host that is killed takes its link with it', async () => {
  const { controller, peripheral, definition, ended } = aController()
  const server = await listenH4(controller, path)
  const socket = connect(path)
  const octets = Buffer.from(definition.address.replaceAll(':', ''), 'hex').reverse().toString('hex')
  socket.write(Buffer.from(`010d20196000300000 01${octets}0006001200 00002a0004000600`.replaceAll(' ', ''), 'hex'))
  await once(socket, 'data') // Command Status
  while (peripheral.link === undefined) await once(socket, 'data')
  socket.destroy()
  expect(await ended).toBe(0x08)
  await server.close()
})

test('a host out of step is hung up on, and others go on', async () => {
  const { controller } = aController()
  const server = await listenH4(controller, path)
  const [broken, good] = [connect(path), connect(path)]
  broken.write(Uint8Array.of(0x99))
  await once(broken, 'close')
  good.write(Buffer.from('01022000', 'hex'))
  const [answer] = await once(good, 'data')
  expect(Buffer.from(answer).toString('hex')).toContain('040e0701022000fb0008')
  good.destroy()
  await server.close()
})

test('a socket file left by a killed process is no obstacle, a missing folder is an error', async () => {
  writeFileSync(path, '')
  const server = await listenH4(aController().controller, path)
  await server.close()
  await expect(listenH4(aController().controller, join(directory, 'missing', 'hci'))).rejects.toSatisfy((error) =>
    isPreCareError(error, 'port-unavailable'),
  )
})
