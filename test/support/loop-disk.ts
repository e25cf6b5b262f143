import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * An ext4 file system on a file. Copying the file while its user is frozen is a power cut: what ext4 has not yet given
 * to the device is not in the copy.
 */
export interface LoopDisk {
  readonly mountPoint: string
  /** A copy of the device as it is at this moment; nothing is flushed for it. */
  copy(): string
  /** Puts a copy in the place of the device; its journal is replayed. Nobody may use the old one any more. */
  replaceBy(image: string): void
  sync(): void
  remove(): void
}

const SIZE = '96M'
/** No commit of ext4's own within a run: else one could fall into the moment of copying and tear the copy. */
const MOUNT_OPTIONS = 'loop,noatime,commit=300'

function run(command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr}`)
}

export const canMakeLoopDisks = (): boolean => process.getuid?.() === 0

/** @param dir a folder of the caller's; root only */
export function makeLoopDisk(dir: string, name: string): LoopDisk {
  const mountPoint = join(dir, name)
  let image = join(dir, `${name}-0.img`)
  let copies = 0
  let mounted = false
  mkdirSync(mountPoint)
  run('truncate', '-s', SIZE, image)
  run('mkfs.ext4', '-q', '-F', image)
  const mount = (): void => {
    run('mount', '-o', MOUNT_OPTIONS, image, mountPoint)
    mounted = true
  }
  const unmount = (): void => {
    if (mounted) run('umount', mountPoint)
    mounted = false
  }
  mount()
  return {
    mountPoint,
    copy: () => {
      copies += 1
      const copied = join(dir, `${name}-${copies}.img`)
      run('cp', '--sparse=always', image, copied)
      return copied
    },
    replaceBy: (copied) => {
      unmount()
      rmSync(image)
      image = copied
      mount()
    },
    sync: () => run('sync', '-f', mountPoint),
    remove: () => {
      unmount()
      rmSync(image, { force: true })
    },
  }
}
