import { z } from 'zod'
import { idSchema, KINDS, type Reading, readingSchema } from '../../device-drivers/reading.ts'
import { TYPED_BY_STAFF } from '../contract/messages.ts'
import { citizenRoute, DENIED, type Route } from '../http/route.ts'
import { utcTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import { typedReading } from './typed-reading.ts'

/** Staff type a reading in; from there it goes the way of every other. */

const time = z.iso
  .datetime({ offset: true, error: 'use a time with a zone, as 2026-01-31T08:00:00Z' })
  .transform(utcTime)

function stored(journal: Journal, id: string) {
  const row = journal.database.prepare('SELECT citizen, hub, stored_at, payload FROM readings WHERE id = ?').get(id)
  if (row === undefined) throw new RangeError('it was stored or known')
  const reading = JSON.parse(String(row['payload'])) as Reading
  return { citizen: String(row['citizen']), hub: String(row['hub']), storedAt: String(row['stored_at']), reading }
}

export const TYPED_READING_ROUTES: readonly Route[] = [
  citizenRoute(
    {
      method: 'POST',
      path: '/v1/citizens/:citizen/readings',
      action: 'readings.write',
      summary:
        'a reading that staff type in, judged and handed out as any other; the same once more is the same reading',
      body: z.strictObject({
        kind: z.enum(KINDS, `use one of ${KINDS.join(', ')}`),
        values: z.record(z.string(), z.number()),
        measuredAt: time,
      }),
      answer: z.strictObject({
        citizen: idSchema,
        hub: z.literal(TYPED_BY_STAFF),
        storedAt: z.string(),
        reading: readingSchema,
      }),
    },
    ({ citizen, body, allows, actor, audit }, { acting: { journal, clock, ingest } }) => {
      if (!allows(body.kind)) return DENIED
      const reading = typedReading({ citizen, ...body }, clock.now())
      const about = { subject: reading.id, kinds: [body.kind] }
      // Of what was there already only this answer is in the audit.
      ingest.storeTyped(citizen, reading, () => audit({ actor, action: 'readings.write', ...about, count: 1 }))
      return { body: stored(journal, reading.id), seen: { ...about, count: 0 } }
    },
  ),
]
