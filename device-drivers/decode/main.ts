import { z } from 'zod'
import { isPreCareError, messageOf } from '../errors.ts'
import { uuidName } from '../gatt/uuids.ts'
import { byName } from './by-name.ts'
import { decodeHex } from './decoders.ts'
import { explain } from './explain.ts'

/**
 * `npm run -s decode`: a JSON array of `{id, service, characteristic, hex}` on standard input becomes one of
 * `{id, ok, decoded | error}` on standard output, in order. `npm run -s decode -- 1810 2A35 1E8A00...` prints one packet
 * for a person. Exit 1 only when the question itself is malformed, or the one packet can't be read.
 */

const questionsSchema = z.array(
  z.object({ id: z.string(), service: z.string(), characteristic: z.string(), hex: z.string() }),
)

function answer({ id, service, characteristic, hex }: z.infer<typeof questionsSchema>[number]): object {
  try {
    return { id, ok: true, decoded: byName(decodeHex(service, characteristic, hex)) }
  } catch (error) {
    if (!isPreCareError(error)) throw error
    return { id, ok: false, error: { code: error.code, message: error.message } }
  }
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

function printOne(service: string, characteristic: string, hex: string): void {
  const about = decodeHex(service, characteristic, hex)
  const bytes = new Uint8Array(Buffer.from(hex.replace(/[\s-]/g, ''), 'hex'))
  process.stdout.write(
    `${uuidName(service.toUpperCase())}, ${uuidName(characteristic.toUpperCase())}\n\n${explain(about, bytes)}\n`,
  )
}

const [service, characteristic, ...hex] = process.argv.slice(2)
try {
  if (service === undefined) {
    const questions = questionsSchema.parse(JSON.parse(await readAll()))
    process.stdout.write(`${JSON.stringify(questions.map(answer), undefined, 2)}\n`)
  } else if (characteristic === undefined || hex.length === 0) {
    process.stderr.write('usage: npm run -s decode -- SERVICE CHARACTERISTIC HEX\n')
    process.exitCode = 1
  } else {
    printOne(service, characteristic, hex.join(''))
  }
} catch (error) {
  const advice = isPreCareError(error) ? ` ${error.advice}` : ''
  process.stderr.write(`${messageOf(error)}.${advice}\n`)
  process.exitCode = 1
}
