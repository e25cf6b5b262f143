import type { WorkList } from '../../shapes.ts'

/** `POST /v1/handovers` and each item of `GET /v1/handovers`. */
export interface Handover {
  readonly id: string
  readonly at: string
  readonly by: string
  readonly byName?: string
  readonly text: string
  /** Citizens on the work list then. */
  readonly open: WorkList['counts']
  readonly citizens: readonly Line[]
}

/** What to watch of whom. */
export interface Line {
  readonly citizen: string
  readonly text: string
}

export interface Draft {
  readonly text: string
  readonly lines: readonly Line[]
}

export const EMPTY: Draft = { text: '', lines: [] }

/** As the broker has them (broker/clinic/handovers.ts, notes.ts). */
export const MAX_TEXT = 2_000
export const MAX_LINE = 500
export const MAX_LINES = 100

/** The draft with these citizens in it too, each once. */
export function withCitizens(draft: Draft, citizens: readonly string[]): Draft {
  const there = new Set(draft.lines.map(({ citizen }) => citizen))
  const added = [...new Set(citizens)]
    .filter((citizen) => !there.has(citizen))
    .map((citizen) => ({ citizen, text: '' }))
  return { ...draft, lines: [...draft.lines, ...added].slice(0, MAX_LINES) }
}
