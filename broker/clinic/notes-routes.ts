import { z } from 'zod'
import { citizenRoute, type Route } from '../http/route.ts'
import { MAX_NOTE, openNotes } from './notes.ts'
import { noteSchema } from './shapes.ts'

/** A note about a citizen; the overview shows them. */

export const NOTES_ROUTES: readonly Route[] = [
  citizenRoute(
    {
      method: 'POST',
      path: '/v1/citizens/:citizen/notes',
      action: 'alerts.handle',
      audits: 'note.write',
      summary: `a note for colleagues of the own organisation, at most ${MAX_NOTE} characters`,
      body: z.strictObject({ text: z.string().trim().min(1, 'write something').max(MAX_NOTE) }),
      answer: noteSchema,
    },
    ({ citizen, caller: { organisation }, actor, audit, body: { text } }, { acting: { journal, ingest } }) => {
      const notes = openNotes(journal)
      const id = ingest.act((at) => {
        const added = notes.add({ organisation, citizen, by: actor.id, at, text })
        audit({ actor, action: 'note.write', subject: added })
        return added
      })
      return { body: notes.of(organisation, citizen).find((note) => note.id === id) }
    },
  ),
]
