import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import pino, { type DestinationStream } from 'pino'

/**
 * Where log lines go. Node and pino write to a pipe synchronously: a reader that has stopped reading keeps the process
 * waiting in the kernel, where it takes no reading and does not even hear SIGTERM (measured). So a pipe is written to
 * without waiting, and lines that nobody takes are dropped and counted.
 */

/** Some thousand lines: a reader that is slow for a while loses nothing. */
const MAX_WAITING_BYTES = 1024 * 1024

/**
 * @param fd 1 for standard output
 * @param onLost told with their number when lines were dropped and there is room again
 */
export function linesTo(fd: number, onLost: (count: number) => void): DestinationStream {
  const kind = fstatSync(fd)
  // A file always takes a line, a terminal as long as somebody sits there.
  if (!kind.isFIFO() && !kind.isSocket()) return pino.destination(fd)
  const pipe = new Socket({ fd, readable: false, writable: true })
  let lost = 0
  // A reader that is gone: the rest is said to nobody.
  pipe.on('error', () => undefined)
  pipe.on('drain', () => {
    const count = lost
    lost = 0
    if (count > 0) onLost(count)
  })
  return {
    write(line) {
      if (pipe.writableLength > MAX_WAITING_BYTES) lost += 1
      else if (pipe.writable) pipe.write(line)
    },
  }
}
