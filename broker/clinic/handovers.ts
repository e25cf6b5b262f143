import type { z } from 'zod'
import type { Journal } from '../store/journal.ts'
import { writtenId } from './notes.ts'
import type { Handover, handoverSchema } from './shapes.ts'

/** What one shift tells the next. As a note it stays within the organisation and the journal. */

export const MAX_LINES = 100
/** Of the text about one citizen: more is a note. */
export const MAX_LINE = 500

type Line = Handover['citizens'][number]

export interface NewHandover {
  readonly organisation: string
  readonly by: string
  readonly at: string
  readonly text: string
  /** The work list as it was, by standing. */
  readonly open: z.output<typeof handoverSchema>['open']
  readonly citizens: readonly Line[]
}

export interface Handovers {
  /** In the caller's transaction. @returns the id */
  add(handover: NewHandover): string
  /** Newest first. @param sees may the reader see the citizen now? Lines about others are left out */
  of(organisation: string, limit: number, sees: (citizen: string) => boolean): readonly Handover[]
}

export function openHandovers(journal: Journal): Handovers {
  const sql = (text: string) => journal.database.prepare(text)
  const insert = sql(
    `INSERT INTO handovers (id, organisation, at, author, text, open) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const insertLine = sql(
    'INSERT INTO handover_lines (handover, position, citizen, text) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const select = sql(
    `SELECT h.*, u.display_name FROM handovers h LEFT JOIN users u ON u.id = h.author
     WHERE h.organisation = ? ORDER BY h.at DESC, h.id LIMIT ?`,
  )
  const selectLines = sql('SELECT citizen, text FROM handover_lines WHERE handover = ? ORDER BY position')
  return {
    add({ organisation, by, at, text, open, citizens }) {
      const id = writtenId([organisation, by, at, text, JSON.stringify(citizens)])
      insert.run(id, organisation, at, by, text, JSON.stringify(open))
      for (const [position, line] of citizens.entries()) insertLine.run(id, position, line.citizen, line.text)
      return id
    },
    of: (organisation, limit, sees) =>
      select.all(organisation, limit).map((row) => ({
        id: String(row['id']),
        at: String(row['at']),
        by: String(row['author']),
        ...(typeof row['display_name'] === 'string' ? { byName: row['display_name'] } : {}),
        text: String(row['text']),
        open: JSON.parse(String(row['open'])) as Handover['open'],
        citizens: selectLines
          .all(String(row['id']))
          .map((line) => ({ citizen: String(line['citizen']), text: String(line['text']) }))
          .filter(({ citizen }) => sees(citizen)),
      })),
  }
}
