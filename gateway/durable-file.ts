import { chmodSync, closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Keys and readings are nobody else's. */
export const OWNER_ONLY = 0o600

/**
 * Puts `content` in the place of the file at `path`, by default readable by its owner only: a power cut leaves the old or
 * the new content, never a part. Throws what the file system throws; the old content then stands.
 */
export function writeDurably(path: string, content: string | Uint8Array, mode = OWNER_ONLY): void {
  const next = `${path}.new`
  const file = openSync(next, 'w', mode)
  try {
    writeFileSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  // The mode of open() applies to a new file only; a left-over one keeps its own.
  chmodSync(next, mode)
  renameSync(next, path)
  sync(dirname(path))
}

/** What a folder lists, or a file holds, is on the disk. */
export function sync(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
