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

/** What comes by itself within some turns of the event loop is seen at once; what takes longer costs no processor time. */
const TURNS = 50
const LOOK_EVERY_MS = 2

/** Looks again and again; the test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn += 1) {
    await new Promise<void>((resolve) => {
      if (turn < TURNS) setImmediate(resolve)
      else setTimeout(resolve, LOOK_EVERY_MS)
    })
  }
}
