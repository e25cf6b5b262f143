import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { SerialPortMock } from 'serialport'
import { expect, onTestFinished, test } from 'vitest'
import { createSerialTransport } from '../../../gateway/transport/serial.ts'
import { systemTime } from '../../../gateway/transport/transport-time.ts'
import { type SerialSetting, serialTransportContract } from '../../contract/transport.contract.ts'
import { becomes, temporaryFolder } from './radio-fixture.ts'

/** Makes a pseudo terminal and gives its other end to the test. */
const SOCAT = 'socat'

/** Bytes the device got, handed out in order. */
function inbox() {
  let held = Buffer.alloc(0)
  return {
    add: (chunk: Uint8Array) => {
      held = Buffer.concat([held, chunk])
    },
    receive: async (count: number): Promise<string> => {
      await becomes(() => held.length >= count)
      const taken = held.subarray(0, count).toString('hex')
      held = held.subarray(count)
      return taken
    },
  }
}

async function mockBinding(): Promise<SerialSetting> {
  const binding = SerialPortMock.binding
  binding.createPort('/dev/serial/by-id/mock')
  onTestFinished(() => binding.reset())
  const received = inbox()
  type MockPort = Awaited<ReturnType<typeof binding.open>>
  let port: MockPort | undefined
  let pull: ((error: Error) => void) | undefined
  const waiting: Uint8Array[] = []
  return {
    transport: createSerialTransport({
      time: systemTime,
      binding: {
        list: () => binding.list(),
        open: async (options) => {
          const opened = await binding.open(options)
          port = opened
          const pulled = Promise.withResolvers<never>()
          pull = pulled.reject
          const read = opened.read.bind(opened)
          // As the Linux binding fails a read when the converter is pulled.
          opened.read = (...where) => Promise.race([read(...where), pulled.promise])
          const write = opened.write.bind(opened)
          opened.write = async (chunk: Buffer) => {
            await write(chunk)
            received.add(chunk)
          }
          for (const chunk of waiting.splice(0)) opened.emitData(Buffer.from(chunk))
          return opened
        },
      },
    }),
    target: '/dev/serial/by-id/mock',
    missing: '/dev/serial/by-id/none',
    device: {
      send: (chunk) => void (port ? port.emitData(Buffer.from(chunk)) : waiting.push(chunk)),
      receive: received.receive,
      cut: () => pull?.(new Error('device gone')),
    },
  }
}

async function tcp(): Promise<SerialSetting> {
  const received = inbox()
  let socket: Socket | undefined
  const server = createServer((connected) => {
    socket = connected
    connected.on('data', received.add)
    connected.on('error', () => connected.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    socket?.destroy()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const free = closed.address()
  closed.close()
  await once(closed, 'close')
  return {
    transport: createSerialTransport({ time: systemTime }),
    target: `tcp://127.0.0.1:${port}`,
    missing: `tcp://127.0.0.1:${typeof free === 'object' && free ? free.port : 0}`,
    device: {
      send: (chunk) => {
        const send = () => socket?.write(chunk)
        if (socket) send()
        else server.once('connection', send)
      },
      receive: received.receive,
      cut: () => socket?.destroy(),
    },
  }
}

async function pty(): Promise<SerialSetting> {
  const path = join(temporaryFolder(), 'ttyDevice')
  const received = inbox()
  // wait-slave would end it at the first close; without, the far end stays.
  const device: ChildProcess = spawn(SOCAT, [`PTY,link=${path},raw,echo=0`, 'STDIO'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  device.stdout?.on('data', received.add)
  onTestFinished(async () => {
    if (device.exitCode !== null || device.signalCode !== null) return
    device.kill()
    await once(device, 'exit')
  })
  await becomes(() => existsSync(path))
  return {
    transport: createSerialTransport({ time: systemTime }),
    target: path,
    missing: `${path}-none`,
    device: {
      send: (chunk) => void device.stdin?.write(chunk),
      receive: received.receive,
      cut: () => void device.kill(),
    },
  }
}

serialTransportContract('serialport’s mock binding', mockBinding)
serialTransportContract('tcp', tcp)

if (spawnSync(SOCAT, ['-V']).status === 0) {
  serialTransportContract('a pseudo terminal, with the real binding', pty)
} else if (process.env['REQUIRE_ALL'] === '1') {
  test('socat is installed', () => expect.fail('REQUIRE_ALL=1, and there is no socat for the pseudo terminal'))
} else {
  test.skip('serial transport over a pseudo terminal: socat is not installed', () => undefined)
}
