import { rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { PreCareError } from '../../device-drivers/errors.ts'
import { H4Reader, readPackets } from './h4.ts'
import type { HciController } from './host-port.ts'

/** Octets that may wait for a host which does not read. Beyond, packets are lost, as in a full raw socket. */
const HOST_BACKLOG = 1 << 20

/**
 * Offers a controller on a unix socket, for a host in another process (`PRECARE_VIRTUAL_HCI`). A controller without power
 * accepts nobody and hangs up on those connected: H4 has no other way to say that the adapter is gone.
 * @param path at most 107 octets (Linux, unix(7)); a file left there by a killed process is replaced
 * @throws PreCareError port-unavailable when the socket cannot be made
 */
export async function listenH4(controller: HciController, path: string): Promise<{ close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    if (!controller.powered) return socket.destroy()
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serve(controller, socket)
  })
  const hangUp = () => {
    for (const socket of sockets) socket.destroy()
  }
  const unsubscribe = controller.onPower((powered) => {
    if (!powered) hangUp()
  })
  rmSync(path, { force: true })
  try {
    await listening(server, path)
  } catch (error) {
    unsubscribe()
    throw new PreCareError('port-unavailable', `cannot listen on ${path}`, { cause: error })
  }
  return {
    close: () => {
      unsubscribe()
      hangUp()
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      return promise
    },
  }
}

function listening(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(path, () => {
    server.off('error', reject)
    resolve()
  })
  return promise
}

function serve(controller: HciController, socket: Socket): void {
  const reader = new H4Reader()
  const port = controller.connectHost((packet) => {
    if (socket.writableLength < HOST_BACKLOG) socket.write(packet)
  })
  socket.on('data', (chunk) => {
    for (const packet of readPackets(reader, chunk, socket)) port.receive(packet)
  })
  // A host that is killed resets the connection; 'close' follows and does the rest.
  socket.on('error', () => socket.destroy())
  socket.once('close', () => port.close())
}
