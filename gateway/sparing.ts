import type { HubClock } from './hub-clock.ts'
import { errorFields, type LogFields } from './log.ts'

const AGAIN_MS = 3600_000

/**
 * For a fault that may repeat every second for weeks: each is said when it is met, and then once an hour.
 *
 * @param say writes the line
 */
export function sparing(clock: Pick<HubClock, 'now'>, say: (fields: LogFields) => void): (error: unknown) => void {
  const saidAt = new Map<string, number>()
  return (error) => {
    const now = clock.now()
    for (const [text, at] of saidAt) if (now - at >= AGAIN_MS) saidAt.delete(text)
    const fields = errorFields(error)
    const text = JSON.stringify(fields)
    if (saidAt.has(text)) return
    saidAt.set(text, now)
    say(fields)
  }
}
