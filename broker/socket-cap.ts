import type { Socket } from 'node:net'

/**
 * aedes waits for a full socket to drain before it goes on with anything: one frozen subscriber stops every topic
 * (measured; also moscajs/aedes#553 and #88). Here a socket never says that it is full; what it holds is counted, and
 * one that holds too much is cut. Who was cut reads on from its cursor over HTTP.
 */

/** About 10,000 readings beside what the kernel holds; 100 frozen subscribers are 0.8 GB at worst. */
const MAX_BYTES_WAITING = 8 * 1024 * 1024
/** From here on the feeds wait for this subscriber, as long as it reads at all. */
const CROWDED_BYTES = 1024 * 1024
/** A subscriber whose socket took nothing for this long is frozen, and nobody waits for it. */
const FROZEN_AFTER_MS = 250

type Done = (error?: Error | null) => void

/** What was given to a socket, what of it had left the process, and when that last grew. */
interface Progress {
  given: number
  /** Negative: not looked at yet. */
  left: number
  at: number
}

export interface SocketCaps {
  /** Makes `socket.write` never ask to wait, and cuts the connection when too many bytes wait. */
  cap(socket: Socket, onCut: (bytes: number) => void): void
  /** Some subscriber is far behind but reads: the feeds should wait for it. `now` is monotonic ms. */
  crowded(now: number): boolean
}

/** One per listening port. @param maxBytes that may wait for one subscriber */
export function socketCaps(maxBytes: number = MAX_BYTES_WAITING): SocketCaps {
  const behind = new Map<Socket, Progress>()

  function cap(socket: Socket, onCut: (bytes: number) => void): void {
    const write = socket.write.bind(socket)
    socket.write = (chunk: string | Uint8Array, how?: BufferEncoding | Done, done?: Done): boolean => {
      if (socket.destroyed) return true
      if (typeof how === 'function') write(chunk, how)
      else write(chunk, how, done)
      const waiting = socket.writableLength
      const progress = behind.get(socket)
      // Counted as the stream counts what waits. `bytesWritten` walks over everything that waits, for each message anew.
      if (progress !== undefined) progress.given += chunk.length
      else if (waiting > CROWDED_BYTES) behind.set(socket, { given: waiting, left: -1, at: 0 })
      if (waiting > maxBytes) {
        onCut(waiting)
        socket.destroy()
      }
      return true
    }
  }

  function waitsFor(socket: Socket, progress: Progress, now: number): boolean {
    if (socket.destroyed || socket.writableLength < CROWDED_BYTES) {
      behind.delete(socket)
      return false
    }
    const left = progress.given - socket.writableLength
    if (left > progress.left) {
      progress.left = left
      progress.at = now
    }
    return now - progress.at < FROZEN_AFTER_MS
  }

  return {
    cap,
    crowded(now) {
      for (const [socket, progress] of behind) if (waitsFor(socket, progress, now)) return true
      return false
    },
  }
}
