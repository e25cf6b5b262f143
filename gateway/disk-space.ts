import { statfsSync } from 'node:fs'

export interface DiskSpace {
  /** To be had by the hub's own user. */
  readonly freeBytes: number
  readonly totalBytes: number
}

/** Of the disk that holds `folder`, which must exist. */
export function spaceOf(folder: string): DiskSpace {
  const { bavail, blocks, bsize } = statfsSync(folder)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}
