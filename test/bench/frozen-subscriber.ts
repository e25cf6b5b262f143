import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import mqttPacket from 'mqtt-packet'

/**
 * A clinic's laptop that fell asleep: it subscribed, and reads nothing any more. A raw socket, because an MQTT client
 * library would go on reading.
 */
export async function frozenSubscriber(
  url: string,
  username: string,
  password: string,
  filter: string,
): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  await once(socket, 'connect')
  const parser = mqttPacket.parser()
  const next = (): Promise<unknown> =>
    Promise.race([
      once(parser, 'packet'),
      once(socket, 'close').then(() => Promise.reject(new Error('the broker closed the connection'))),
    ])
  socket.on('data', (chunk) => parser.parse(chunk))
  socket.on('error', () => socket.destroy())
  const connack = next()
  socket.write(
    mqttPacket.generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: `${username}:frozen`,
      // The broker refuses clients that would never time out; the benchmark is over before 1.5 times this.
      keepalive: 120,
      username,
      password: Buffer.from(password),
    }),
  )
  await connack
  const suback = next()
  socket.write(mqttPacket.generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos: 1 }] }))
  await suback
  socket.pause()
  return socket
}
