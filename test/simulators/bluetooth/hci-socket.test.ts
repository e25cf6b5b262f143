import { once } from 'node:events'
import { createRequire } from 'node:module'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { attachInProcess, VirtualController } from '../../../simulators/bluetooth/controller.ts'
import type { HciSocket } from '../../../simulators/bluetooth/hci-socket.ts'
import { realTime } from '../../../simulators/time.ts'

/** Loaded as noble loads it: by its real name, through require(). */
const Socket: typeof HciSocket = createRequire(import.meta.url)('@abandonware/bluetooth-hci-socket')

const DEVICE = 800
const READ_BUFFERS = Buffer.from('01022000', 'hex')

let adapter: { detach(): void }
let controller: VirtualController
let socket: HciSocket
beforeEach(() => {
  controller = new VirtualController({ time: realTime() })
  adapter = attachInProcess(DEVICE, controller)
  socket = new Socket()
})
afterEach(() => {
  socket.stop()
  adapter.detach()
})

test('one packet is one event, and never comes while the host still writes', async () => {
  socket.bindRaw(DEVICE)
  socket.start()
  const heard: Buffer[] = []
  socket.on('data', (packet: Buffer) => void heard.push(packet))
  socket.write(READ_BUFFERS)
  socket.write(READ_BUFFERS)
  expect(heard).toHaveLength(0)
  while (heard.length < 2) await once(socket, 'data')
  expect(heard.map((packet) => packet.toString('hex'))).toEqual(['040e0701022000fb0008', '040e0701022000fb0008'])
})

test('what was written may be overwritten at once', async () => {
  socket.bindUser(DEVICE)
  socket.start()
  const packet = Buffer.from(READ_BUFFERS)
  const answer = once(socket, 'data')
  socket.write(packet)
  packet.fill(0)
  expect((await answer)[0].toString('hex')).toBe('040e0701022000fb0008')
})

test('only what the filter lets through is heard', async () => {
  socket.bindRaw(DEVICE)
  socket.start()
  const filter = Buffer.alloc(16)
  filter.writeUInt32LE(1 << 0x04, 0) // events
  filter.writeUInt32LE(1 << 0x0f, 4) // Command Status
  socket.setFilter(filter)
  const heard: string[] = []
  socket.on('data', (packet: Buffer) => void heard.push(packet.toString('hex')))
  const status = once(socket, 'data')
  socket.write(READ_BUFFERS) // Command Complete
  controller.injectForeignCommand(0x2002, new Uint8Array()) // a command
  socket.write(Buffer.from('01ffff00', 'hex'))
  await status
  expect(heard).toEqual(['040f040101ffff'])
})

test('it is up when there is an adapter with power under its id', () => {
  socket.bindRaw(DEVICE)
  expect(socket.isDevUp()).toBe(true)
  expect(socket.getDeviceList()).toEqual([{ devId: DEVICE, devUp: true }])
  controller.powered = false
  expect(socket.isDevUp()).toBe(false)
  controller.powered = true
  adapter.detach()
  expect(socket.isDevUp()).toBe(false)
})
