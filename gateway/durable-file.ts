import { chmodSync, closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Keys and readings are nobody else's. */
export const OWNER_ONLY = 0o600

/**
 * Puts `content` in the place of the file at `path`, readable by its owner only: a power cut leaves the old or the new
 * content, never a part. Throws what the file system throws; the old content then stands.
 */
export function writeDurably(path: string, content: string | Uint8Array): void {
  const next = `${path}.new`
  const file = openSync(next, 'w', OWNER_ONLY)
  try {
    writeFileSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  // The mode of open() applies to a new file only; a left-over one keeps its own.
  chmodSync(next, OWNER_ONLY)
  renameSync(next, path)
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
