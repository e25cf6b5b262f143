import type { BlankView } from '../blank-hub.ts'
import type { Sentence } from '../sentences.ts'
import type { VisitView } from '../view.ts'

/** What the hub answers: the visit as it now is, or why not. */
export type Answer =
  | { readonly type: 'view'; readonly view: VisitView | BlankView }
  | { readonly type: 'signed-out' }
  | {
      readonly type: 'refused'
      readonly code: string
      readonly sentence?: Sentence
      readonly fields?: readonly string[]
    }
  | { readonly type: 'unreachable' }

async function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Response | undefined> {
  const json = body === undefined ? {} : { 'content-type': 'application/json' }
  try {
    return await fetch(`api/${path}`, {
      method,
      headers: { 'x-precare-visit': '1', ...json },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (error) {
    // The phone has left the house's network, or the window is closed.
    if (error instanceof TypeError) return undefined
    throw error
  }
}

async function answerOf(response: Response | undefined): Promise<Answer> {
  if (response === undefined) return { type: 'unreachable' }
  if (response.status === 401) return { type: 'signed-out' }
  const told = await response.json()
  return response.ok ? { type: 'view', view: told } : { type: 'refused', ...told.error }
}

export const look = async (): Promise<Answer> => answerOf(await call('GET', 'visit'))
export const act = async (path: string, body?: unknown): Promise<Answer> => answerOf(await call('POST', path, body))
/** False for a wrong code. */
export const signIn = async (code: string): Promise<boolean> => (await call('POST', 'sign-in', { code }))?.ok === true

export async function report(): Promise<string | undefined> {
  const response = await call('GET', 'report')
  return response?.ok === true ? response.text() : undefined
}
