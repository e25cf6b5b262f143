import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Starts in a row in which the store could not be used, noted in a folder in memory (tmpfs) that outlives the process and
 * not the boot: the disk can't be asked to remember. Without such a folder nothing is counted.
 */

const FILE = 'store-failures'
/**
 * Three minutes. A disk that still can't be read, and that can be written, has a bad sector in the outbox and no loose
 * contact: waiting longer will not read it.
 */
const STARTS_BEFORE_GIVING_UP = 3

export interface StoreFailures {
  readonly starts: number
  /** When a reboot was asked for in this boot, monotonic ms: it may have been refused. */
  readonly rebootAt?: number
}

/** @param folder undefined where there is none */
export function failuresIn(folder: string | undefined): StoreFailures {
  const path = folder === undefined ? undefined : join(folder, FILE)
  if (path === undefined || !existsSync(path)) return { starts: 0 }
  const [starts, rebootAt] = readFileSync(path, 'utf8').split(' ').map(Number)
  if (starts === undefined || !Number.isInteger(starts)) return { starts: 0 }
  return { starts, ...(rebootAt !== undefined && Number.isInteger(rebootAt) ? { rebootAt } : {}) }
}

/** One more, or the same with a reboot asked for. */
export function keepFailures(folder: string | undefined, { starts, rebootAt }: StoreFailures): void {
  if (folder !== undefined) writeFileSync(join(folder, FILE), [starts, rebootAt ?? ''].join(' ').trim())
}

/** The store works: what was counted is past. */
export function forgetFailures(folder: string | undefined): void {
  if (folder !== undefined) rmSync(join(folder, FILE), { force: true })
}

/** What of the outbox can't be read is given up. */
export function mayGiveUp({ starts }: StoreFailures): boolean {
  return starts >= STARTS_BEFORE_GIVING_UP
}
