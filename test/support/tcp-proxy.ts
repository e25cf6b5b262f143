import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'

/** A line between two ends on 127.0.0.1 that can be disturbed: slow, silent, cut, or deaf in one direction. */
export interface TcpProxy {
  readonly port: number
  /** Where new connections lead; a port of 127.0.0.1. */
  target: number
  /** Connections that are open now. */
  readonly open: number
  /** Bytes handed on to the target so far. */
  readonly carried: number
  /** Each chunk is handed on so many ms later, in order; 0: at once. */
  delay(ms: number): void
  /** So many bytes a second in each direction of each connection; 0: as fast as it goes. */
  throttle(bytesPerSecond: number): void
  /** Half-open: nothing is handed on either way and nothing is closed, until `resume`. */
  stop(): void
  resume(): void
  /** Resets every connection of the moment; new ones are taken. */
  cut(): void
  /** The next `bytes` from the target still arrive, then nothing more, and the connections of the moment are reset. */
  dropAnswersAfter(bytes: number): void
  close(): Promise<void>
}

const HOST = '127.0.0.1'
/** What a throttled line hands on at once. */
const SLICE_BYTES = 256

interface Pair {
  readonly near: Socket
  readonly far: Socket
  answersLeft: number
}

export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  let delayMs = 0
  let bytesPerSecond = 0
  let stopped: PromiseWithResolvers<void> | undefined
  let goal = target
  let carried = 0

  const reset = (pair: Pair): void => {
    pairs.delete(pair)
    pair.near.resetAndDestroy()
    pair.far.resetAndDestroy()
  }

  /** One chunk at a time, so that order is kept whatever the delay. */
  async function carry(from: Socket, to: Socket, allow: (chunk: Buffer) => Buffer): Promise<void> {
    for await (const chunk of from) {
      if (delayMs > 0) await after(delayMs)
      while (stopped !== undefined) await stopped.promise
      const allowed = allow(chunk)
      if (bytesPerSecond === 0) {
        if (allowed.length > 0 && !to.destroyed) to.write(allowed)
        continue
      }
      for (let at = 0; at < allowed.length && !to.destroyed; at += SLICE_BYTES) {
        const slice = allowed.subarray(at, at + SLICE_BYTES)
        // The rate may be lifted in between.
        if (bytesPerSecond > 0) await after((slice.length * 1000) / bytesPerSecond)
        to.write(slice)
      }
    }
    to.end()
  }

  const server = createServer((near) => {
    const far = connect({ host: HOST, port: goal, noDelay: true })
    near.setNoDelay(true)
    const pair: Pair = { near, far, answersLeft: Number.POSITIVE_INFINITY }
    pairs.add(pair)
    const answers = (chunk: Buffer): Buffer => {
      const allowed = chunk.subarray(0, pair.answersLeft)
      pair.answersLeft -= allowed.length
      if (allowed.length < chunk.length) setImmediate(() => reset(pair))
      return allowed
    }
    const count = (chunk: Buffer): Buffer => {
      carried += chunk.length
      return chunk
    }
    // The end of either side ends the other; why it ended is the business of the two ends.
    const over = (): void => reset(pair)
    far.on('error', over)
    near.on('error', over)
    carry(near, far, count).catch(over)
    carry(far, near, answers).catch(over)
    near.on('close', () => {
      pairs.delete(pair)
      far.destroy()
    })
    far.on('close', () => near.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, HOST, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')

  const cut = (): void => {
    for (const pair of pairs) reset(pair)
  }
  const resume = (): void => {
    const held = stopped
    stopped = undefined
    held?.resolve()
  }
  return {
    port: address.port,
    get target() {
      return goal
    },
    set target(port) {
      goal = port
    },
    get carried() {
      return carried
    },
    get open() {
      return pairs.size
    },
    delay: (ms) => {
      delayMs = ms
    },
    throttle: (rate) => {
      bytesPerSecond = rate
    },
    stop: () => {
      stopped ??= Promise.withResolvers<void>()
    },
    resume,
    cut,
    dropAnswersAfter: (bytes) => {
      for (const pair of pairs) pair.answersLeft = bytes
    },
    close: () => {
      cut()
      resume()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
