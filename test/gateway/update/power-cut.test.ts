import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { openUpdate } from '../../../gateway/update/archive.ts'
import { install } from '../../../gateway/update/install.ts'
import { linked, readState, releasePath } from '../../../gateway/update/releases.ts'
import { settle } from '../../../gateway/update/settle.ts'
import { callsOf } from '../../support/failing-calls.ts'
import { canMakeLoopDisks, makeLoopDisk } from '../../support/loop-disk.ts'
import { optional } from '../../support/optional.ts'
import { keys, publicPem, tinyUpdate } from '../../support/releases.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** What changes a folder or promises that it is on the disk; between two of these nothing changes for a power cut. */
const STEPS = 'fsync,rename,renameat,renameat2,symlink,symlinkat,mkdir,mkdirat,unlink,unlinkat,rmdir'
const CHILD = fileURLToPath(new URL('./install.child.ts', import.meta.url))

const hasStrace = spawnSync('strace', ['-V']).status === 0

optional('root and strace', canMakeLoopDisks() && hasStrace)('an update', () => {
  it('that loses the power at any step leaves a whole release that runs, and the outbox as it was', async () => {
    const dir = tempDir()
    const disk = makeLoopDisk(dir, 'card')
    onTestFinished(() => disk.remove())
    const root = join(disk.mountPoint, 'root')
    const note = join(disk.mountPoint, 'note')
    const outbox = join(disk.mountPoint, 'outbox.db')
    mkdirSync(root)
    const first = await openUpdate(await tinyUpdate(dir, '1.0.0'), keys.publicKey)
    await install(root, first, readState(root), 'first')
    writeFileSync(outbox, 'readings')
    disk.sync()
    const before = disk.copy()
    const update = await tinyUpdate(dir, '1.1.0')
    const key = join(dir, 'key.pem')
    writeFileSync(key, publicPem())
    const trace = join(dir, 'trace')

    /** Installs, perhaps until the n-th call of a name, where the process dies. */
    const installing = (...inject: string[]): void => {
      const child = [process.execPath, CHILD, root, update, key]
      spawnSync('strace', ['-f', '-qq', '-o', trace, '-e', `trace=${STEPS}`, ...inject, ...child])
    }
    installing()
    expect(linked(root, 'current')).toBe('1.1.0')
    const calls = callsOf(trace)
    expect(calls.length).toBeGreaterThan(10)
    const outcomes = new Set<string>()
    for (const { name, nth } of calls) {
      const fresh = join(dir, `fresh-${name}-${nth}.img`)
      spawnSync('cp', ['--sparse=always', before, fresh])
      disk.replaceBy(fresh)
      installing('-e', `inject=${name}:signal=SIGKILL:when=${nth}`)
      disk.replaceBy(disk.copy())
      const { runs } = settle(root, note, 'boot-2')
      outcomes.add(runs)
      const at = `${name} ${nth}`
      expect(linked(root, 'current'), at).toBe(runs)
      expect(linked(root, 'trusted'), at).toBe('1.0.0')
      for (const version of new Set([runs, '1.0.0'])) {
        expect(readFileSync(join(releasePath(root, version), 'gateway/main.js'), 'utf8'), at).toBe(`// ${version}`)
        expect(JSON.parse(readFileSync(join(releasePath(root, version), 'package.json'), 'utf8')), at).toEqual({
          version,
        })
      }
      expect(readFileSync(outbox, 'utf8'), at).toBe('readings')
      // And the same update can be installed over whatever is left.
      if (runs === '1.0.0') {
        await install(root, await openUpdate(update, keys.publicKey), readState(root), 'again')
        expect(settle(root, note, 'boot-2'), at).toEqual({ runs: '1.1.0' })
      }
      expect(readdirSync(join(root, 'releases')).sort(), at).toEqual(['1.0.0', '1.1.0'])
    }
    expect([...outcomes].sort()).toEqual(['1.0.0', '1.1.0'])
  }, 120_000)
})
