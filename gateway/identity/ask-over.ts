import type { TLSSocket } from 'node:tls'

/** One HTTP request over a line that has proven to lead to the broker; the line is of no use after it. */

/** Two certificates and a few words, or an installation of 64 devices. */
const MAX_ANSWER_BYTES = 32 * 1024

interface Question {
  readonly host: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** JSON. */
  readonly body?: string
}

/** Rejects when the line is lost or the answer is too long. */
export async function askOver(
  line: TLSSocket,
  { host, method, path, body }: Question,
): Promise<{ readonly status: number; readonly text: string }> {
  // Loaded when it is needed, once in two months: it would take two megabytes of the hub's memory all the time.
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    const headers = {
      host,
      connection: 'close',
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    }
    line.once('close', () => reject(new Error('the connection was closed')))
    const asked = request({ createConnection: () => line, method, path, headers }, (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is too long'))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
