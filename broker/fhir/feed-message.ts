import type { Reading } from '../../device-drivers/reading.ts'
import { topics } from '../contract/topics.ts'
import type { FeedEntry } from '../feed-entry.ts'
import type { Outgoing } from '../outgoing.ts'
import { observationOf } from './observation.ts'
import { FEED_CURSOR } from './systems.ts'

/**
 * The same entry as a FHIR Observation, tagged with its cursor, on the organisation's topic for it. Late ones too: the
 * time of measuring is in the resource.
 */
export function fhirMessage(organisation: string, entry: FeedEntry): Outgoing[] {
  const { cursor, citizen, hub, storedAt } = entry
  const reading = JSON.parse(entry.reading) as Reading
  const tag = { system: FEED_CURSOR, code: String(cursor) }
  const observation = observationOf({ citizen, hub, storedAt, reading }, { tag })
  if (observation === undefined) return []
  return [
    {
      topic: topics.orgFhir(organisation, citizen, entry.kind),
      payload: JSON.stringify(observation),
      qos: 1,
      retain: false,
      lane: entry.late ? 'backfill' : 'live',
    },
  ]
}
