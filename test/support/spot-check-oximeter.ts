import { once } from 'node:events'
import { createServer } from 'node:net'
import { onTestFinished } from 'vitest'
import { encodeFormat13 } from '../../simulators/encoders/nonin.ts'

/** What a Nonin oximeter takes for "received". */
const ACK = 6

/** Each a second later than the one before. */
const frame = (n: number): Uint8Array =>
  encodeFormat13({
    time: { year: 2026, month: 11, day: 20, hour: 8, minute: Math.floor(n / 60), second: n % 60 },
    oxygenSaturation: 94,
    pulseRate: 72,
    smartPoint: true,
    fromMemory: true,
  })

export interface SpotCheckOximeter {
  readonly target: string
  confirmed(): number
}

/** An oximeter behind TCP that sends its next record as soon as the one before was confirmed; it ends with the test. */
export async function spotCheckOximeter(
  onConfirmed: (count: number) => void,
  records = Number.POSITIVE_INFINITY,
): Promise<SpotCheckOximeter> {
  let confirmed = 0
  const server = createServer((socket) => {
    const send = (): void => {
      if (confirmed < records) socket.write(frame(confirmed))
    }
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      for (const byte of bytes) {
        if (byte !== ACK) continue
        confirmed += 1
        onConfirmed(confirmed)
        send()
      }
    })
    send()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return { target: `tcp://127.0.0.1:${port}`, confirmed: () => confirmed }
}
