import type { Handover } from '../../shapes.ts'

/** What to watch of whom. */
export type Line = Handover['citizens'][number]

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
