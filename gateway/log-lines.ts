import { fstatSync } from 'node:fs'
import pino, { type DestinationStream } from 'pino'

/**
 * Where the log lines of hub and broker go. pino by itself writes to a pipe synchronously: a reader that has stopped reading keeps the process
 * waiting in the kernel, where it takes no reading and does not even hear SIGTERM (measured). So a pipe is written to
 * without waiting, and lines that nobody takes are dropped and counted.
 */

/** Some thousand lines: a reader that is slow for a while loses nothing. */
const MAX_WAITING_BYTES = 1024 * 1024

const STDOUT = 1

/** @param onLost told with their number when lines were dropped and there is room again */
export function linesToStdout(onLost: (count: number) => void): DestinationStream {
  const kind = fstatSync(STDOUT)
  // A file always takes a line, a terminal as long as somebody sits there.
  if (!kind.isFIFO() && !kind.isSocket()) return pino.destination(STDOUT)
  // Not a socket of our own: libuv takes a descriptor once, and Node opens its own at the first pipe() of any library.
  const pipe = process.stdout
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
