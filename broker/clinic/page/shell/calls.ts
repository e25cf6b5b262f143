/** What the broker answered: data with its version, or why not. */
export type Answer<T> =
  | { readonly type: 'fine'; readonly data: T; readonly etag: string | undefined }
  /** Nobody is signed in, or no longer. */
  | { readonly type: 'signed-out' }
  /** `code` and `advice` as the broker says them; status 412: somebody else changed it in the meantime. */
  | { readonly type: 'refused'; readonly status: number; readonly code: string; readonly advice: string }
  | { readonly type: 'unreachable' }

export interface Asking {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body?: unknown
  /** The version that was seen: If-Match. */
  readonly seen?: string
  readonly signal?: AbortSignal
}

const UNREACHABLE = { type: 'unreachable' } as const

/** @param path of the broker's own, as `/v1/work-list`; ids in it are encoded by the caller */
export async function ask<T>(
  path: `/${string}`,
  { method = 'GET', body, seen, signal }: Asking = {},
): Promise<Answer<T>> {
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(seen === undefined ? {} : { 'if-match': seen }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    if (error instanceof TypeError || (error instanceof DOMException && error.name === 'AbortError')) return UNREACHABLE
    throw error
  }
  if (response.status === 401) return { type: 'signed-out' }
  const told = await response.json().catch(() => undefined)
  const etag = response.headers.get('etag') ?? undefined
  if (response.ok) return { type: 'fine', data: told as T, etag }
  const { code = 'unknown', advice = '' } = told?.error ?? {}
  return { type: 'refused', status: response.status, code, advice }
}
