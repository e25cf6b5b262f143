import type { Socket } from 'node:net'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'

/**
 * Resolves with the socket when it is open.
 * @param event 'secureConnect' when TLS is to be agreed on first
 * @param signal its reason rejects, and cuts the connection while it is being made
 * @throws PreCareError 'uplink-lost' when nobody answers
 */
export function opened<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      signal.removeEventListener('abort', cut)
      socket.destroy()
      reject(new PreCareError('uplink-lost', messageOf(error), { cause: error }))
    }
    const cut = () => fail(signal.reason)
    if (signal.aborted) return cut()
    signal.addEventListener('abort', cut, { once: true })
    // Stays: an error between this and the next listener must not end the process.
    socket.on('error', fail)
    socket.once('close', () => fail(new Error('the server closed the connection')))
    socket.once(event, () => {
      signal.removeEventListener('abort', cut)
      resolve(socket)
    })
  })
}
