import { existsSync, readdirSync, renameSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { sync } from './durable-file.ts'
import { stampPath } from './outbox-stamp.ts'

/**
 * Files of the outbox that could not be gone on with: set aside, never deleted. The name of a file says whether its unsent
 * readings are still to be taken over, so that a power cut at any point leaves nothing that nobody looks at.
 */

/** damaged: SQLite can't trust it. restored: sound, but an earlier state of this outbox, or another machine's. */
export type AsideReason = 'damaged' | 'restored'

const PENDING = '.pending'
/** The write-ahead log belongs to its file: it holds the last commits. */
const LOG = '-wal'
const STAMP = stampPath('')

/** @param tag makes the name unique. Gives back the path of the file, which is pending */
export function setAside(path: string, why: AsideReason, tag: string): string {
  const aside = `${path}.${why}-${tag}${PENDING}`
  // First: beside the stamp of another file the new outbox would look like one that was put back.
  if (existsSync(path + STAMP)) renameSync(path + STAMP, aside + STAMP)
  renameSync(path, aside)
  finishSettingAside(path)
  return aside
}

/** After a power cut between the file and its log. */
export function finishSettingAside(path: string): void {
  if (existsSync(path) || !existsSync(path + LOG)) return
  const [last] = pendingFiles(path)
    .filter((aside) => !existsSync(aside + LOG))
    .sort((a, b) => statSync(b).ctimeMs - statSync(a).ctimeMs)
  if (last !== undefined) renameSync(path + LOG, last + LOG)
  sync(dirname(path))
}

/** Paths of the files beside the outbox at `path` whose unsent readings are still to be taken over. */
export function pendingFiles(path: string): string[] {
  const folder = dirname(path)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith(PENDING))
    .sort()
    .map((name) => join(folder, name))
}

/** Everything that can be read of it has been taken over. Gives back its path from now on. */
export function noLongerPending(aside: string): string {
  const done = aside.slice(0, -PENDING.length)
  // The file last: as long as it is pending it is looked for.
  for (const suffix of [STAMP, LOG, '-shm', ''])
    if (existsSync(aside + suffix)) renameSync(aside + suffix, done + suffix)
  sync(dirname(aside))
  return done
}
