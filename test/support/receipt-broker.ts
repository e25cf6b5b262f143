import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { Aedes } from 'aedes'
import { onTestFinished } from 'vitest'
import type { ReadingsMessage, Receipt } from '../../broker/contract/messages.ts'
import { until } from './temp-dir.ts'

/** The real aedes as a broker that gives receipts, for tests of the hub alone. */

interface Heard {
  readonly topic: string
  readonly text: string
  readonly retain: boolean
}

export interface ReceiptBroker {
  readonly url: string
  readonly port: number
  readonly heard: readonly Heard[]
  /** Messages with readings, in order of arrival. */
  batches(): ReadingsMessage[]
  /** Ids of all readings ever heard, with repetitions. */
  ids(): string[]
  /** What is answered to a message with readings; by default its receipt. */
  answer: (message: ReadingsMessage) => Receipt | undefined
  accept: (username: string | undefined, password: string | undefined) => boolean
  connects: number
  send(topic: string, payload: unknown): Promise<void>
  /** Cuts every connection without a good-bye. */
  cut(): void
  heardMatching(check: (heard: Heard) => boolean): Promise<Heard>
  close(): Promise<void>
}

/** Closed when the test is over. */
export async function receiptBroker(hub: string, port = 0): Promise<ReceiptBroker> {
  const broker = await startReceiptBroker(hub, port)
  onTestFinished(() => broker.close())
  return broker
}

/** The caller closes it. */
export async function startReceiptBroker(hub: string, port = 0): Promise<ReceiptBroker> {
  const aedes = await Aedes.createBroker({ concurrency: 0, drainTimeout: 1_000 })
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    aedes.handle(socket)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const heard: Heard[] = []
  const send = (topic: string, payload: unknown) =>
    new Promise<void>((resolve, reject) =>
      aedes.publish(
        { cmd: 'publish', topic, payload: JSON.stringify(payload), qos: 1, retain: false, dup: false },
        (error) => (error ? reject(error) : resolve()),
      ),
    )
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : 0
  const broker: ReceiptBroker = {
    url: `mqtt://127.0.0.1:${bound}`,
    port: bound,
    heard,
    batches: () =>
      heard.filter(({ topic }) => topic.endsWith('/readings')).map(({ text }): ReadingsMessage => JSON.parse(text)),
    ids: () => broker.batches().flatMap(({ readings }) => readings.map(({ id }) => id)),
    answer: ({ epoch, first, readings }) => ({ epoch, first, last: first + readings.length - 1 }),
    accept: () => true,
    connects: 0,
    send,
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    heardMatching: async (check) => {
      await until(() => heard.some(check))
      const found = heard.find(check)
      if (found === undefined) throw new Error('unreachable')
      return found
    },
    close: async () => {
      broker.cut()
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
      server.close()
    },
  }
  aedes.authenticate = (_client, username, password, done) => {
    broker.connects += 1
    const accepted = broker.accept(username, password?.toString())
    done(accepted ? null : Object.assign(new Error('refused'), { returnCode: 4 }), accepted)
  }
  aedes.on('publish', (packet) => {
    if (packet.topic.startsWith('$SYS')) return
    heard.push({ topic: packet.topic, text: packet.payload.toString(), retain: packet.retain })
    if (packet.topic !== `v1/hubs/${hub}/readings`) return
    const receipt = broker.answer(JSON.parse(packet.payload.toString()))
    if (receipt !== undefined) void send(`v1/hubs/${hub}/receipts`, receipt)
  })
  return broker
}
