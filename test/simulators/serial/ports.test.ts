import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { SerialPortMock } from 'serialport'
import { afterEach, describe, expect, it } from 'vitest'
import { isPreCareError } from '../../../device-drivers/errors.ts'
import { createNoninOximeter } from '../../../simulators/devices/nonin-oximeter.ts'
import { toHex } from '../../../simulators/encoders/byte-writer.ts'
import { seededRandom } from '../../../simulators/scenario-random.ts'
import type { LineFaults } from '../../../simulators/serial/line.ts'
import { createMockPorts } from '../../../simulators/serial/mock-port.ts'
import { listenTcpPort, type TcpPort } from '../../../simulators/serial/tcp-port.ts'
import { realTime } from '../../../simulators/time.ts'
import { aTestsSurroundings } from '../devices/place.ts'

/** serialport's own stream, on another binding than it expects. */
const Port: new (options: {
  readonly binding: ReturnType<typeof createMockPorts>['binding']
  readonly path: string
  readonly baudRate: number
}) => Duplex & { close(): void } = SerialPortMock
const RECORD_BYTES = 22
const ACK = Uint8Array.of(0x06)

function anOximeter() {
  const { around } = aTestsSurroundings()
  const oximeter = createNoninOximeter({ id: 'oximeter-0001', format: 13 }, { ...around, time: realTime() })
  const made = [91, 92].map((oxygenSaturation) => oximeter.measure({ oxygenSaturation, pulseRate: 80 }).hex)
  return { oximeter, made }
}

/** Reads until there are so many bytes. */
async function read(stream: NodeJS.ReadableStream, length: number): Promise<string> {
  let heard = Buffer.alloc(0)
  while (heard.length < length) {
    const [chunk] = (await once(stream, 'data')) as [Buffer]
    heard = Buffer.concat([heard, chunk])
  }
  return toHex(heard)
}

/** Waits until the oximeter has that many records; each turn lets the sockets work. */
async function untilStored(oximeter: { readonly stored: number }, count: number): Promise<void> {
  while (oximeter.stored !== count) await new Promise((resolve) => setImmediate(resolve))
}

describe('a serial device on a TCP port', () => {
  let port: TcpPort | undefined
  const sockets: Socket[] = []
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await port?.close()
  })
  const listen = async (oximeter: Parameters<typeof listenTcpPort>[0], faults: LineFaults = {}) => {
    port = await listenTcpPort(oximeter, { time: realTime(), random: seededRandom(1), faults })
    return port
  }
  /** Dials again while the port still belongs to the host before: its end takes the kernel a moment. */
  const dialAndRead = async (target: string, length: number): Promise<{ socket: Socket; heard: string }> => {
    for (;;) {
      const socket = await dial(target)
      const refused = once(socket, 'close').then(() => undefined)
      const heard = await Promise.race([read(socket, length), refused])
      if (heard !== undefined) return { socket, heard }
    }
  }
  const dial = async (target: string): Promise<Socket> => {
    const { hostname, port: number } = new URL(target)
    const socket = connect(Number(number), hostname)
    sockets.push(socket)
    await once(socket, 'connect')
    return socket
  }

  it('hands its records over against an ACK each, and keeps what was not acknowledged when the host dies', async () => {
    const { oximeter, made } = anOximeter()
    const { target } = await listen(oximeter)
    const first = await dial(target)
    expect(await read(first, RECORD_BYTES)).toBe(made[0])
    first.write(ACK)
    expect(await read(first, RECORD_BYTES)).toBe(made[1])
    first.resetAndDestroy()
    await once(first, 'close')
    expect(oximeter.stored).toBe(1)
    const second = await dialAndRead(target, RECORD_BYTES)
    expect(second.heard.slice(38, 40)).toBe(made[1]?.slice(38, 40))
    second.socket.write(ACK)
    await untilStored(oximeter, 0)
    oximeter.close()
  })

  it('belongs to one host at a time, as with ser2net', async () => {
    const { oximeter, made } = anOximeter()
    const { target } = await listen(oximeter)
    const first = await dial(target)
    expect(await read(first, RECORD_BYTES)).toBe(made[0])
    const second = await dial(target)
    await once(second, 'close')
    first.write(ACK)
    expect(await read(first, RECORD_BYTES)).toBe(made[1])
    oximeter.close()
  })

  it('tells the device when its host is gone', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { oximeter } = anOximeter()
    const { target } = await listen({ ...oximeter, connect: () => ({ receive: () => undefined, close: resolve }) })
    const socket = await dial(target)
    socket.destroy()
    await expect(promise).resolves.toBeUndefined()
    oximeter.close()
  })

  it('is cut by a fault of the line, or by hand, and can be opened again', async () => {
    const { oximeter, made } = anOximeter()
    const { target, cut } = await listen(oximeter, { cutAfterBytes: 10 })
    for (let i = 0; i < 2; i++) {
      const { socket, heard } = await dialAndRead(target, 10)
      expect(made[0]?.startsWith(heard.slice(0, 20))).toBe(true)
      socket.resume()
      if (!socket.closed) await once(socket, 'close')
    }
    expect(oximeter.stored).toBe(made.length)
    const { socket } = await dialAndRead(target, 1)
    cut()
    if (!socket.closed) await once(socket.resume(), 'close')
    oximeter.close()
  })

  it('says which device has no port when the port is taken', async () => {
    const { oximeter } = anOximeter()
    const { target } = await listen(oximeter)
    const taken = Number(new URL(target).port)
    const error = await listenTcpPort(oximeter, { port: taken, time: realTime(), random: seededRandom(1) }).catch(
      (e: unknown) => e,
    )
    expect(isPreCareError(error, 'port-unavailable')).toBe(true)
    oximeter.close()
  })
})

/** Long enough for serialport to ask for the next bytes. */
async function untilIdle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe("a serial device behind serialport's mock binding", () => {
  const path = '/dev/serial/by-id/usb-Simulated-0001'
  const openPort = async (binding: ReturnType<typeof createMockPorts>['binding']) => {
    const port = new Port({ binding, path, baudRate: 9600 })
    await once(port, 'open')
    return port
  }

  it('is listed, opened and acknowledged like a port', async () => {
    const { oximeter, made } = anOximeter()
    const ports = createMockPorts({ time: realTime(), random: seededRandom(1) })
    ports.plug(path, oximeter, { vendorId: '1234' })
    expect(await ports.binding.list()).toMatchObject([{ path, vendorId: '1234' }])
    const port = await openPort(ports.binding)
    expect(await read(port, RECORD_BYTES)).toBe(made[0])
    port.write(ACK)
    expect(await read(port, RECORD_BYTES)).toBe(made[1])
    port.close()
    await once(port, 'close')
    expect(oximeter.stored).toBe(1)
    oximeter.close()
  })

  it.each([
    ['before it is read', 0],
    ['while a read waits', RECORD_BYTES],
  ])('is gone when it is unplugged %s: the open port closes, the path is no more', async (_, bytes) => {
    const { oximeter } = anOximeter()
    const ports = createMockPorts({ time: realTime(), random: seededRandom(1) })
    const { unplug } = ports.plug(path, oximeter)
    const port = await openPort(ports.binding)
    await read(port, bytes)
    port.resume()
    if (bytes > 0) await untilIdle()
    const closed = once(port, 'close')
    unplug()
    await closed
    expect(await ports.binding.list()).toEqual([])
    await expect(ports.binding.open({ path, baudRate: 9600 })).rejects.toThrow('nothing is plugged in')
    oximeter.close()
  })
})
