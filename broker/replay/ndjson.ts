import type { ReplayPage } from './replay.ts'

export const NDJSON = 'application/x-ndjson'

/** True when the caller asks for lines (RFC 9110, 12.5.1; a browser's `*`+`/*` gets pages). */
export const wantsLines = (accept: string | undefined): boolean =>
  (accept ?? '').split(',').some((range) => range.split(';')[0]?.trim().toLowerCase() === NDJSON)

/**
 * A feed from a cursor to its present end, one JSON object a line. Each page is read when the one before has been taken, so
 * a reader that stops takes no memory, and between pages the process does its other work.
 * @param pageAfter one page after a cursor
 * @param atMost lines; all when undefined
 */
export async function* linesSince<T>(
  pageAfter: (cursor: number, limit: number) => ReplayPage<T>,
  since: number,
  pageSize: number,
  atMost = Number.POSITIVE_INFINITY,
): AsyncGenerator<string> {
  let cursor = since
  let left = atMost
  while (left > 0) {
    const { items, next, newest } = pageAfter(cursor, Math.min(pageSize, left))
    if (items.length > 0) yield items.map((item) => `${JSON.stringify(item)}\n`).join('')
    left -= items.length
    if (next >= newest || next === cursor) return
    cursor = next
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}
