import { read } from 'node:fs'
import { promisify } from 'node:util'
import { PreCareError } from '../../device-drivers/errors.ts'

/**
 * serialport's Linux binding takes a read of no bytes for "nothing yet" and reads again at once: when a USB converter is
 * pulled out it does so for ever, with a full processor and growing memory, and the port never closes
 * (serialport/bindings-cpp#162; reproduced with a pseudo terminal and bindings-cpp 13). With VMIN = 1, which the binding
 * sets, no bytes mean end of file and nothing else (termios(3), noncanonical mode).
 */

/** An open port of the Linux binding: a file descriptor in non-blocking mode, and what tells when it can be read. */
interface PolledPort {
  /** null once it is closed. */
  readonly fd: number | null
  readonly poller: { once(event: 'readable', callback: (error: Error | null) => void): void }
  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }>
}

const readFile = promisify(read)
const NOTHING_YET: ReadonlySet<unknown> = new Set(['EAGAIN', 'EWOULDBLOCK', 'EINTR'])

function isPolled(port: unknown): port is PolledPort {
  if (typeof port !== 'object' || port === null) return false
  const poller: unknown = Reflect.get(port, 'poller')
  return (
    typeof Reflect.get(port, 'fd') === 'number' &&
    typeof poller === 'object' &&
    poller !== null &&
    typeof Reflect.get(poller, 'once') === 'function'
  )
}

/** Replaces the port's read, if it is one of that binding; others are left as they are. */
export function endAtHangUp(port: unknown): void {
  if (!isPolled(port)) return
  port.read = async (buffer, offset, length) => {
    // serialport ends its stream at an error that is `canceled` in silence, and at any other as "disconnected".
    while (port.fd !== null) {
      try {
        const { bytesRead } = await readFile(port.fd, buffer, offset, length, null)
        if (bytesRead > 0) return { buffer, bytesRead }
        throw new PreCareError('link-lost', 'the port hung up')
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && NOTHING_YET.has(error.code))) throw error
        await readable(port)
      }
    }
    throw Object.assign(new PreCareError('link-lost', 'the port was closed'), { canceled: true })
  }
}

function readable(port: PolledPort): Promise<void> {
  return new Promise((resolve, reject) => {
    if (port.fd === null) resolve()
    else port.poller.once('readable', (error) => (error ? reject(error) : resolve()))
  })
}
