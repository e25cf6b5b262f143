import type { TLSSocket } from 'node:tls'
import { z } from 'zod'
import { type CertificateAnswer, certificateAnswerSchema } from '../../broker/contract/enrolment.ts'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { askOver } from './ask-over.ts'

/** One HTTPS request of the hub for its certificate, over a line that has proven to lead to the broker. */

const refusalSchema = z.object({ error: z.object({ code: z.string(), advice: z.string() }) })

/** Codes that the broker may answer with; anything else is a line that fails. */
const REFUSALS = ['enrolment-refused', 'code-expired', 'certificate-ended', 'payload-malformed'] as const

/**
 * @throws PreCareError 'enrolment-refused', 'code-expired', 'certificate-ended', 'payload-malformed' as the broker says, 'uplink-lost' for
 *   no answer or none that can be read
 */
export async function askCertificate(
  line: TLSSocket,
  host: string,
  path: string,
  body: unknown,
): Promise<CertificateAnswer> {
  try {
    const { status, text } = await askOver(line, { host, method: 'POST', path, body: JSON.stringify(body) })
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
