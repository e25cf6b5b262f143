/** What the broker answered: data with its version, or why not. */
export type Answer<T> =
  | { readonly type: 'fine'; readonly data: T; readonly etag: string | undefined }
  /** Nobody is signed in, or no longer. The shell has noticed and asks to sign in. */
  | { readonly type: 'signed-out' }
  /** `code` and `advice` as the broker says them; status 412: somebody else changed it in the meantime. */
  | {
      readonly type: 'refused'
      readonly status: number
      readonly code: string
      readonly advice: string
      /** Where it lies, when it lies in fields of the body: `limits.warningLow`, `must be above alertLow`. */
      readonly fields?: readonly { readonly path: string; readonly remedy: string }[]
    }
  /** No answer: whether a change was made is not known. Also when the caller's signal was aborted. */
  | { readonly type: 'unreachable' }

export interface Asking {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body?: unknown
  /** The version that was seen: If-Match. */
  readonly seen?: string
  readonly signal?: AbortSignal
}

const UNREACHABLE = { type: 'unreachable' } as const
const SIGNED_OUT = { type: 'signed-out' } as const

/** The broker gives up at 10 s (broker/http.ts). */
const DEADLINE_MS = 15_000

const whenSignedOut = new Set<() => void>()

/** Calls the listener when any answer says that the session is over. @returns stops it */
export function watchSignedOut(listener: () => void): () => void {
  whenSignedOut.add(listener)
  return () => void whenSignedOut.delete(listener)
}

/** Also for who finds it out by another way than {@link ask}. */
export function tellSignedOut(): void {
  for (const told of [...whenSignedOut]) told()
}

/** True when the status and code of an answer say that there is no session. */
export const saysSignedOut = (status: number, code: unknown): boolean =>
  status === 401 || (status === 403 && code === 'signed-out')

/** @param path of the broker's own, as `/v1/work-list`; ids in it are encoded by the caller */
export async function ask<T>(
  path: `/${string}`,
  { method = 'GET', body, seen, signal }: Asking = {},
): Promise<Answer<T>> {
  const deadline = AbortSignal.timeout(DEADLINE_MS)
  try {
    const response = await fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(seen === undefined ? {} : { 'if-match': seen }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    })
    const told = await response.json().catch((error: unknown) => {
      if (error instanceof SyntaxError) return undefined
      throw error
    })
    if (response.ok) return { type: 'fine', data: told as T, etag: response.headers.get('etag') ?? undefined }
    const { code = 'unknown', advice = '', fields } = told?.error ?? {}
    if (saysSignedOut(response.status, code)) {
      tellSignedOut()
      return SIGNED_OUT
    }
    return { type: 'refused', status: response.status, code, advice, ...(fields === undefined ? {} : { fields }) }
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return UNREACHABLE
    throw error
  }
}
