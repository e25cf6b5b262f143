import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Mounting needs root. */
export const mayMount = process.getuid?.() === 0

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}

/** A disk of the test's own: real, small, and gone afterwards. */
export interface SmallDisk {
  readonly dir: string
  /** Fills what is left, to the last byte; gives back how to free it. */
  fill(): () => void
}

/** Fills a file until the disk says no. */
function fillTo(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(4_096, 1))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    closeSync(file)
  }
}

/** A tmpfs. */
export function smallDisk(megabytes: number): SmallDisk {
  const dir = mkdtempSync(join(tmpdir(), 'precare-disk-'))
  run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', dir)
  onTestFinished(() => {
    run('umount', '-l', dir)
    rmSync(dir, { recursive: true })
  })
  return {
    dir,
    fill: () => {
      const filler = join(dir, 'filler')
      fillTo(filler)
      return () => rmSync(filler)
    },
  }
}

/** An ext4 on a loop device; `breakNow` makes it read-only under its writers, as the kernel does after an error. */
export function breakableDisk(megabytes: number): { readonly dir: string; breakNow(): void } {
  const base = mkdtempSync(join(tmpdir(), 'precare-disk-'))
  const image = join(base, 'image')
  const dir = join(base, 'mount')
  run('truncate', '-s', `${megabytes}M`, image)
  run('mkfs.ext4', '-q', '-F', image)
  run('mkdir', dir)
  run('mount', '-o', 'loop,errors=remount-ro', image, dir)
  onTestFinished(() => {
    run('umount', '-l', dir)
    rmSync(base, { recursive: true })
  })
  return { dir, breakNow: () => run('mount', '-o', 'remount,abort', dir) }
}
