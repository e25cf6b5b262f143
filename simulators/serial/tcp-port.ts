import { createServer, type Socket } from 'node:net'
import { PreCareError } from '../../device-drivers/errors.ts'
import type { SimulatedTime } from '../bluetooth/peripheral.ts'
import type { SerialDevice } from '../devices/device.ts'
import type { Random } from '../scenario-random.ts'
import { createLine, type LineFaults } from './line.ts'

/** A serial device offered over TCP, raw, one host at a time, as ser2net offers a real port. */
export interface TcpPort {
  /** 'tcp://127.0.0.1:port' */
  readonly target: string
  /** Breaks the connection of the moment; the port goes on listening. */
  cut(): void
  close(): Promise<void>
}

const HOST = '127.0.0.1'

/** @param options.port 0 = any free one */
export async function listenTcpPort(
  device: SerialDevice,
  options: {
    readonly port?: number
    readonly time: SimulatedTime
    readonly random: Random
    readonly faults?: LineFaults
  },
): Promise<TcpPort> {
  let current: Socket | undefined
  const server = createServer((socket) => {
    if (current) {
      // ser2net's default: the port is in use.
      socket.destroy()
      return
    }
    current = socket
    socket.setNoDelay(true)
    const line = createLine(
      options.faults ?? {},
      options,
      (bytes) => void socket.write(bytes),
      () => socket.end(),
    )
    const peer = device.connect((bytes) => line.send(bytes))
    socket.on('data', (bytes) => peer.receive(bytes))
    // A reset by a host that died is followed by 'close', where the line ends.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      current = undefined
      line.close()
      peer.close()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new PreCareError('port-unavailable', `no TCP port for ${device.id}`, { cause })),
    )
    server.listen(options.port ?? 0, HOST, resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : options.port
  return {
    target: `tcp://${HOST}:${port}`,
    cut: () => current?.destroy(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        current?.destroy()
      }),
  }
}
