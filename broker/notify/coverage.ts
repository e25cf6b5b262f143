import type { NotifyDocument, Rota } from './document.ts'
import { type Calendar, handOvers, onCall, type Span } from './rota.ts'

/** A time in which a step of a policy would lead to nobody. Times are ISO 8601 UTC. */
export interface Gap {
  readonly rota: string
  /** Policies that call this rota. */
  readonly policies: readonly string[]
  readonly from: string
  /** Absent: the gap is still open where looking ahead ends. */
  readonly to?: string
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** Gaps of every rota that is called, in a stretch of time; found before somebody is needed. */
export function gapsIn(document: NotifyDocument, ahead: Span, calendar: Calendar): Gap[] {
  return document.rotas.flatMap((rota) => {
    const policies = document.policies
      .filter(({ steps }) => steps.some(({ to }) => 'rota' in to && to.rota === rota.id))
      .map(({ id }) => id)
    if (policies.length === 0) return []
    return emptySpans(rota, ahead, calendar).map(({ start, end }) => ({
      rota: rota.id,
      policies,
      from: iso(start),
      ...(end < ahead.end ? { to: iso(end) } : {}),
    }))
  })
}

/** Between two hand-overs nothing changes, so the first moment of each stretch speaks for it. */
function emptySpans(rota: Rota, ahead: Span, calendar: Calendar): Span[] {
  const moments = [ahead.start, ...handOvers(rota, ahead, calendar)]
  const spans: Span[] = []
  for (const [i, start] of moments.entries()) {
    if (onCall(rota, start, calendar) !== undefined) continue
    const end = moments[i + 1] ?? ahead.end
    const last = spans.at(-1)
    if (last?.end === start) spans.splice(-1, 1, { start: last.start, end })
    else spans.push({ start, end })
  }
  return spans
}
