import { onTestFinished } from 'vitest'
import type { Outbox } from '../../gateway/outbox.ts'

/** Closes an outbox when the test is over, unless the test has done so itself. */
export function closedAfter(outbox: Pick<Outbox, 'close'>): void {
  onTestFinished(() => {
    try {
      outbox.close()
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('not open'))) throw error
    }
  })
}
