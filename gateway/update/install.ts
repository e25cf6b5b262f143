import { rmSync } from 'node:fs'
import type { DiskSpace } from '../disk-space.ts'
import type { OutboxSchema } from '../outbox-schema.ts'
import type { TrialState } from '../trial.ts'
import { type Update, unpack } from './archive.ts'
import { compareVersions, type Manifest, refused } from './manifest.ts'
import { adopt, keepOnly, makePart, removeParts, writeState } from './releases.ts'
import { follow } from './settle.ts'

/** Installing an update beside the release that runs, and putting it on trial. */

/** Every file costs a block at least; the rest is left for the outbox and for the system. */
const BYTES_PER_FILE = 4_096
const ROOM_TO_SPARE = 32 * 1024 * 1024

export interface InstallWishes {
  /** On purpose: an older version, which may bring back faults that were mended. */
  readonly allowOlder?: boolean
  /** On purpose: a version that was rolled back. */
  readonly again?: boolean
}

export interface Standing {
  readonly state: TrialState
  /** Of the disk that holds the releases. */
  readonly space: DiskSpace
  /** Of the installed release. */
  readonly outbox: OutboxSchema
}

/** @throws PreCareError 'update-refused' with the reason, before anything is written */
export function mustBeInstallable(manifest: Manifest, wishes: InstallWishes, standing: Standing): void {
  const { version, oldestPredecessor, outbox, unpackedBytes, files } = manifest
  const { good, trial } = standing.state
  if (trial?.phase === 'trying') throw refused(`${trial.hash} is still on trial`)
  if (trial?.phase === 'refused' && trial.hash === version && wishes.again !== true) {
    throw refused(`${version} was rolled back (${trial.why}); say --again to try it once more`)
  }
  if (good !== undefined) {
    const newer = compareVersions(version, good)
    if (newer === 0) throw refused(`${version} is installed already`)
    if (newer < 0 && wishes.allowOlder !== true) {
      throw refused(`${version} is older than ${good}; say --allow-older if that is meant`)
    }
    if (compareVersions(good, oldestPredecessor) < 0) {
      throw refused(`${version} can't follow on ${good}: install ${oldestPredecessor} first`)
    }
    // A rollback leaves the outbox as the new version has made it.
    if (outbox.readableFrom > standing.outbox.schema) {
      throw refused(`${good} could not read the outbox of ${version} after a rollback: install a version between them`)
    }
    if (standing.outbox.readableFrom > outbox.schema) throw refused(`${version} can't read the outbox of ${good}`)
  }
  const needed = unpackedBytes + files * BYTES_PER_FILE + ROOM_TO_SPARE
  if (standing.space.freeBytes < needed) {
    throw refused(`it needs ${needed} bytes free on the disk, and there are ${standing.space.freeBytes}`)
  }
}

/**
 * Unpacks, and puts the release on trial: it is tried at the next start of the service. A power cut at any point leaves
 * the old release in place, or the trial begun. The first release of all is trusted at once: there is none to go back to.
 *
 * @param tag unique, for the folder that is unpacked into
 * @throws PreCareError 'update-refused', and what the file system throws; the installed release then stands
 */
export async function install(root: string, update: Update, { good }: TrialState, tag: string): Promise<void> {
  const { version } = update.manifest
  removeParts(root)
  const part = makePart(root, version, tag)
  try {
    await unpack(update, part)
  } catch (error) {
    rmSync(part, { recursive: true, force: true })
    throw error
  }
  adopt(root, part, version)
  const state: TrialState =
    good === undefined ? { good: version } : { good, trial: { hash: version, starts: 0, boot: '', phase: 'trying' } }
  writeState(root, state)
  follow(root, state)
  keepOnly(root, [version, ...(good === undefined ? [] : [good])])
}
