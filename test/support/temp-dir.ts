import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder of the test's own, removed afterwards. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'precare-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** What comes by itself within some turns of the event loop is seen at once. */
const TURNS = 50
/** What takes longer costs no processor time: looks come less and less often, and a tenth of the waiting too late at most. */
const FIRST_LOOK_MS = 2
const LAST_LOOK_MS = 20
const SLOWER = 1.1

/** Looks again and again; the test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  let everyMs = FIRST_LOOK_MS
  for (let turn = 0; !condition(); turn += 1) {
    if (turn >= TURNS) everyMs = Math.min(LAST_LOOK_MS, everyMs * SLOWER)
    await new Promise<void>((resolve) => {
      if (turn < TURNS) setImmediate(resolve)
      else setTimeout(resolve, everyMs)
    })
  }
}
