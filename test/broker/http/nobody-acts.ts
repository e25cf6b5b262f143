import { systemClock } from '../../../broker/broker-clock.ts'
import type { Acting } from '../../../broker/http/acting.ts'
import { openRegistry } from '../../../broker/registry.ts'
import type { Journal } from '../../../broker/store/journal.ts'

/** For tests in which nobody changes anything. */
export function nobodyActs(journal: Journal): Acting {
  const act = (): never => {
    throw new Error('somebody acts')
  }
  return { journal, registry: openRegistry(journal), clock: systemClock, ingest: { act, storeTyped: act } }
}
