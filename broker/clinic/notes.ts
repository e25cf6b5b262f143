import { createHash } from 'node:crypto'
import { base32 } from '../base32.ts'
import type { Journal } from '../store/journal.ts'
import type { Note } from './shapes.ts'

/**
 * What colleagues write about a citizen for one another. It stays within their organisation and within the journal: free
 * text may name anybody.
 */

export const MAX_NOTE = 2_000
/** An overview shows no more. */
const NEWEST = 100
/** 130 bit. */
const ID_CHARACTERS = 26

export interface NewNote {
  readonly organisation: string
  readonly citizen: string
  readonly by: string
  readonly at: string
  readonly text: string
}

export interface Notes {
  /** In the caller's transaction. @returns the id */
  add(note: NewNote): string
  /** Of one organisation, newest first. */
  of(organisation: string, citizen: string): readonly Note[]
}

/** The same written twice at the same moment is written once. */
export const writtenId = (parts: readonly string[]): string =>
  base32(createHash('sha256').update(JSON.stringify(parts)).digest()).slice(0, ID_CHARACTERS)

export function openNotes(journal: Journal): Notes {
  const insert = journal.database.prepare(
    `INSERT INTO notes (id, organisation, citizen, at, author, text) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  )
  const select = journal.database.prepare(
    `SELECT n.id, n.at, n.author, n.text, u.display_name FROM notes n LEFT JOIN users u ON u.id = n.author
     WHERE n.citizen = ? AND n.organisation = ? ORDER BY n.at DESC, n.id LIMIT ${NEWEST}`,
  )
  return {
    add({ organisation, citizen, by, at, text }) {
      const id = writtenId([organisation, citizen, by, at, text])
      insert.run(id, organisation, citizen, at, by, text)
      return id
    },
    of: (organisation, citizen) =>
      select.all(citizen, organisation).map((row) => ({
        id: String(row['id']),
        at: String(row['at']),
        by: String(row['author']),
        ...(typeof row['display_name'] === 'string' ? { byName: row['display_name'] } : {}),
        text: String(row['text']),
      })),
  }
}
