import type { Bundle, OperationOutcome } from './resources.ts'

/** Searchset and outcome (hl7.org/fhir/R4/bundle.html, operationoutcome.html). */

export const FHIR_JSON = 'application/fhir+json; charset=utf-8'

interface Place {
  /** Of the server, as the caller reached it, without a slash at the end: `https://host/fhir`. */
  readonly base: string
  /** The query as it was asked. */
  readonly query: URLSearchParams
}

export function searchset<R extends { readonly resourceType: string; readonly id: string }>(
  resources: readonly R[],
  type: string,
  { base, query }: Place,
  /** Where to read on; undefined when this is all. */
  nextCursor: number | undefined,
): Bundle<R> {
  const at = (parameters: URLSearchParams) => `${base}/${type}${parameters.size > 0 ? `?${parameters}` : ''}`
  const next = new URLSearchParams(query)
  if (nextCursor !== undefined) next.set('_cursor', String(nextCursor))
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    link: [
      { relation: 'self', url: at(query) },
      ...(nextCursor === undefined ? [] : [{ relation: 'next' as const, url: at(next) }]),
    ],
    // An empty array is no valid FHIR JSON (R4, json 2.6.2).
    ...(resources.length === 0
      ? {}
      : {
          entry: resources.map((resource) => ({
            fullUrl: `${base}/${resource.resourceType}/${resource.id}`,
            resource,
            search: { mode: 'match' as const },
          })),
        }),
  }
}

/** @param code of the value set issue-type: login, forbidden, not-found, invalid, throttled, transient, exception */
export function outcome(code: string, diagnostics: string): OperationOutcome {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, diagnostics }] }
}
