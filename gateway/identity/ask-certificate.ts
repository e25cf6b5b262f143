import type { TLSSocket } from 'node:tls'
import { z } from 'zod'
import { type CertificateAnswer, certificateAnswerSchema } from '../../broker/contract/enrolment.ts'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'

/** One HTTPS request of the hub for its certificate, over a line that has proven to lead to the broker. */

/** Two certificates and a few words. */
const MAX_ANSWER_BYTES = 32 * 1024

const refusalSchema = z.object({ error: z.object({ code: z.string(), advice: z.string() }) })

/** Codes that the broker may answer with; anything else is a line that fails. */
const REFUSALS = ['enrolment-refused', 'certificate-ended', 'payload-malformed'] as const

/**
 * @throws PreCareError 'enrolment-refused', 'certificate-ended', 'payload-malformed' as the broker says, 'uplink-lost' for
 *   no answer or none that can be read
 */
export async function askCertificate(
  line: TLSSocket,
  host: string,
  path: string,
  body: unknown,
): Promise<CertificateAnswer> {
  try {
    const { status, text } = await post(line, host, path, JSON.stringify(body))
    const json: unknown = JSON.parse(text)
    if (status === 200) return certificateAnswerSchema.parse(json)
    const said = refusalSchema.safeParse(json).data?.error
    const code = REFUSALS.find((known) => known === said?.code)
    throw new PreCareError(code ?? 'uplink-lost', `the broker answered ${status} ${said?.code ?? ''}`.trim())
  } catch (error) {
    if (error instanceof PreCareError) throw error
    // A schema's message quotes what it read.
    const reason =
      error instanceof z.ZodError || error instanceof SyntaxError ? 'an answer of another version' : messageOf(error)
    throw new PreCareError('uplink-lost', reason, { cause: error })
  } finally {
    line.destroy()
  }
}

async function post(
  line: TLSSocket,
  host: string,
  path: string,
  body: string,
): Promise<{ status: number; text: string }> {
  // Loaded when it is needed, once in two months: it would take two megabytes of the hub's memory all the time.
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    const headers = {
      host,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    }
    line.once('close', () => reject(new Error('the connection was closed')))
    const asked = request({ createConnection: () => line, method: 'POST', path, headers }, (response) => {
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
