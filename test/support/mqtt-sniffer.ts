import { connect, createServer, type Socket } from 'node:net'
import { parser } from 'mqtt-packet'

/** A line to a broker that writes down every message in both directions, as it goes over the wire. */

export interface SniffedMessage {
  /** Client id of the connection. */
  readonly client: string
  readonly sentBy: 'client' | 'broker'
  readonly topic: string
  readonly qos: number
  readonly retain: boolean
  readonly payload: Buffer
}

export interface MqttSniffer {
  readonly port: number
  readonly messages: readonly SniffedMessage[]
  close(): Promise<void>
}

/** @param target port of the broker on 127.0.0.1 */
export async function startMqttSniffer(target: number): Promise<MqttSniffer> {
  const messages: SniffedMessage[] = []
  const sockets = new Set<Socket>()

  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: target, noDelay: true })
    let client = ''
    const tap = (from: Socket, to: Socket, sentBy: SniffedMessage['sentBy']): void => {
      const reader = parser({ protocolVersion: 4 })
      const note = (topic: string, payload: Buffer | string, qos: number, retain: boolean) =>
        void messages.push({ client, sentBy, topic, qos, retain, payload: Buffer.from(payload) })
      reader.on('packet', (packet) => {
        if (packet.cmd === 'connect') {
          client = packet.clientId
          const { will } = packet
          if (will) note(will.topic, will.payload, will.qos ?? 0, will.retain ?? false)
        }
        if (packet.cmd === 'publish') note(packet.topic, packet.payload, packet.qos, packet.retain)
      })
      from.on('data', (chunk) => {
        reader.parse(Buffer.from(chunk))
        to.write(chunk)
      })
      from.on('close', () => to.destroy())
      // Why a side went away is the business of the two ends.
      from.on('error', () => to.destroy())
      sockets.add(from)
    }
    tap(near, far, 'client')
    tap(far, near, 'broker')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the sniffer has no port')
  return {
    port: address.port,
    messages,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
