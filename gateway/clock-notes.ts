import type { HubClock } from './hub-clock.ts'
import type { OutboxNotes } from './outbox-notes.ts'

/** A drift of less is not worth a write to the card. */
const NOTED_WITHIN_MS = 60_000
/** Name of the outbox's note: boot id and unix ms of the boot. */
const NOTE = 'boot'

/**
 * Tells the clock what the outbox remembers: the last wall time it has seen, and what was believed in this boot.
 * @returns notes what is believed now, when that has changed; throws PreCareError('store-failed'), once per change
 */
export function recallClock(clock: HubClock, notes: Pick<OutboxNotes, 'get' | 'set'>): () => Promise<void> {
  clock.raiseFloor(Number(notes.get('wall') ?? 0))
  const [bootId, text] = notes.get(NOTE)?.split(' ') ?? []
  let noted = bootId === clock.bootId ? Number(text) : undefined
  if (noted !== undefined) clock.recall(noted)
  return async () => {
    const bootedAt = clock.bootedAt()
    if (bootedAt === undefined || Math.abs(bootedAt - (noted ?? 0)) < NOTED_WITHIN_MS) return
    noted = bootedAt
    await notes.set(NOTE, `${clock.bootId} ${bootedAt}`)
  }
}
