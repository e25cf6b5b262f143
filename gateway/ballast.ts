import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DiskSpace } from './disk-space.ts'
import { writeDurably } from './durable-file.ts'

/**
 * A file that holds nothing but room. On a full disk SQLite can't even delete: every change goes to the write-ahead log
 * first. With the ballast gone there is room for the log, and what the broker has stored can be marked and forgotten.
 */
export interface Ballast {
  readonly held: boolean
  readonly bytes: number
  /** Frees the room. True when there was some to free. */
  release(): boolean
  /**
   * Makes the file anew if the disk has room for it and `spare` beside it.
   *
   * @param spare bytes; as much again as the file unless given
   */
  regain(spare?: number): void
}

/** The log of 1 MiB and one transaction more, moved into the database, and room to begin another. */
const BALLAST_BYTES = 2 * 1024 * 1024
/** On a very small disk the ballast must not be what fills it. */
const SHARE_OF_DISK = 1 / 4
const OWNER_ONLY_FOLDER = 0o700

/**
 * @param fill random bytes as hex: a file system that compresses would make nothing of zeros
 * @param space throws when the disk can't be asked
 */
export function openBallast(path: string, fill: (bytes: number) => string, space: () => DiskSpace): Ballast {
  mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER })
  const bytes = Math.min(BALLAST_BYTES, Math.floor(space().totalBytes * SHARE_OF_DISK))
  let held = existsSync(path)
  return {
    get held() {
      return held
    },
    bytes,
    release: () => {
      const had = held
      rmSync(path, { force: true })
      held = false
      return had
    },
    regain: (spare = bytes) => {
      if (held || space().freeBytes < bytes + spare) return
      try {
        writeDurably(path, fill(Math.floor(bytes / 2)))
        held = true
      } catch (error) {
        rmSync(`${path}.new`, { force: true })
        // Somebody else took the room in between: the next look will find out.
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
      }
    },
  }
}
