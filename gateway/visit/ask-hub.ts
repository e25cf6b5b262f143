import { request } from 'node:http'
import { ERROR_CODES, type ErrorCode, PreCareError } from '../../device-drivers/errors.ts'
import type { Language, Sentence } from './sentences.ts'
import type { VisitView } from './view.ts'
import { socketIn } from './window.ts'

/** What the command line asks of the running hub, through the same doors as the page. */

export interface Answer {
  readonly view?: VisitView
  readonly error?: { readonly code: string; readonly sentence?: Sentence; readonly fields?: readonly string[] }
}

/** Nobody listens on the socket (yet), or an earlier window is just being closed. */
const NOT_THERE: readonly unknown[] = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET']
export const notThere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && NOT_THERE.includes(error.code)

/** Over the socket in the data folder, as the hub's owner. */
export function ask(dataDir: string, method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers = { 'x-precare-visit': '1', ...(text === undefined ? {} : { 'content-type': 'application/json' }) }
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath: socketIn(dataDir), method, path, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.once('error', reject)
      answer.once('end', () => {
        const told: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
        resolve(answer.statusCode === 200 ? { view: told as VisitView } : (told as Answer))
      })
    })
    asking.once('error', reject)
    asking.end(text)
  })
}

/** @throws PreCareError as the hub has refused, with the sentence that says what to do */
export function viewOf({ view, error }: Answer, language: Language): VisitView {
  if (view !== undefined) return view
  const code = isErrorCode(error?.code) ? error.code : 'visit-refused'
  // Who shows it puts the full stop.
  const sentence = error?.sentence?.[language].replace(/\.$/, '')
  throw new PreCareError(code, sentence ?? error?.fields?.join('; ') ?? error?.code ?? 'no answer')
}

const isErrorCode = (code: string | undefined): code is ErrorCode =>
  code !== undefined && Object.hasOwn(ERROR_CODES, code)
