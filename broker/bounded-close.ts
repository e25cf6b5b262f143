import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { type BrokerClock, systemClock } from './broker-clock.ts'

/** For answers under way when the broker is asked to stop. Two such servers and MQTT go down within the process' 2.5 s. */
const GRACE_MS = 300

/**
 * Closes a server within a bound: a request that is never finished, a stream that never ends and a handshake that never
 * comes would each hold it up for as long as they like.
 * @param app before it listens
 */
export function boundedClose(
  app: FastifyInstance,
  clock: Pick<BrokerClock, 'sleep'> = systemClock,
): () => Promise<void> {
  const sockets = new Set<Socket>()
  // Not closeAllConnections(): it knows no connection whose handshake is still to come.
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return async () => {
    const over = new AbortController()
    const closed = app.close().finally(() => over.abort())
    await clock.sleep(GRACE_MS, over.signal).catch(() => undefined)
    for (const socket of sockets) socket.destroy()
    await closed
  }
}
