import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TrialState } from '../../../gateway/trial.ts'
import { openUpdate } from '../../../gateway/update/archive.ts'
import { type InstallWishes, install, mustBeInstallable, type Standing } from '../../../gateway/update/install.ts'
import type { Manifest } from '../../../gateway/update/manifest.ts'
import { releaseTrial, rolledBack } from '../../../gateway/update/release-trial.ts'
import { linked, readState, releasesIn } from '../../../gateway/update/releases.ts'
import { settle } from '../../../gateway/update/settle.ts'
import { keys, tinyUpdate } from '../../support/releases.ts'
import { tempDir } from '../../support/temp-dir.ts'

const GB = 1_000_000_000

async function put(dir: string, root: string, version: string): Promise<void> {
  const update = await openUpdate(await tinyUpdate(dir, version), keys.publicKey)
  await install(root, update, readState(root), 'tag')
}

/** 1.0.0 is installed and trusted, 1.1.0 on trial. */
async function onTrial() {
  const dir = tempDir()
  const root = join(dir, 'root')
  const note = join(dir, 'state', 'release.json')
  await put(dir, root, '1.0.0')
  await put(dir, root, '1.1.0')
  const start = (boot = 'boot-1') => settle(root, note, boot)
  const links = () => [linked(root, 'current'), linked(root, 'trusted')]
  return { dir, root, note, start, links, trial: () => releaseTrial(root, note, '1.1.0') }
}

describe('a release', () => {
  it('that is the first is trusted at once', async () => {
    const dir = tempDir()
    const root = join(dir, 'root')
    await put(dir, root, '1.0.0')
    expect(settle(root, join(dir, 'note'), 'boot-1')).toEqual({ runs: '1.0.0' })
    expect(linked(root, 'current')).toBe('1.0.0')
    expect(readFileSync(join(root, 'current/gateway/main.js'), 'utf8')).toBe('// 1.0.0')
    expect(releaseTrial(root, join(dir, 'note'), '1.0.0')).toBeUndefined()
  })

  it('that follows runs on trial, judged by the code of the one before, until it is healthy', async () => {
    const { start, links, trial } = await onTrial()
    expect(links()).toEqual(['1.1.0', '1.0.0'])
    expect(start()).toEqual({ runs: '1.1.0' })
    expect(links()).toEqual(['1.1.0', '1.0.0'])
    trial()?.healthy()
    for (const boot of ['boot-1', 'boot-1', 'boot-1', 'boot-2']) expect(start(boot)).toEqual({ runs: '1.1.0' })
    expect(links()).toEqual(['1.1.0', '1.1.0'])
    expect(trial()).toBeUndefined()
  })

  it('that starts three times in one boot without being healthy is put back, and stays away', async () => {
    const { root, start, links } = await onTrial()
    expect(start()).toEqual({ runs: '1.1.0' })
    expect(start()).toEqual({ runs: '1.1.0' })
    expect(start()).toEqual({ runs: '1.0.0', rolledBack: { version: '1.1.0', why: 'died' } })
    expect(start()).toEqual({ runs: '1.0.0' })
    expect(start('boot-2')).toEqual({ runs: '1.0.0' })
    expect(links()).toEqual(['1.0.0', '1.0.0'])
    expect(rolledBack(root)).toEqual({ version: '1.1.0', why: 'died' })
  })

  it('that is not healthy in time is put back', async () => {
    const { start, links, trial } = await onTrial()
    start()
    trial()?.notHealthy()
    expect(start()).toEqual({ runs: '1.0.0', rolledBack: { version: '1.1.0', why: 'not-reached' } })
    expect(links()).toEqual(['1.0.0', '1.0.0'])
  })

  it('that was on trial when the power went is put back', async () => {
    const { start } = await onTrial()
    expect(start('boot-1')).toEqual({ runs: '1.1.0' })
    expect(start('boot-2')).toEqual({ runs: '1.0.0', rolledBack: { version: '1.1.0', why: 'power-cut' } })
  })

  it('that had not started when the power went is tried all the same', async () => {
    const { start } = await onTrial()
    expect(start('boot-2')).toEqual({ runs: '1.1.0' })
  })

  it('is not spoken for by a note of an earlier trial', async () => {
    const { dir, root, start, trial } = await onTrial()
    start()
    trial()?.healthy()
    await put(dir, root, '1.1.0')
    start()
    expect(start()).toEqual({ runs: '1.1.0' })
    expect(start()).toMatchObject({ rolledBack: { why: 'died' } })
  })

  it('whose state is damaged, or whose folder is gone, gives way to the trusted one', async () => {
    const damaged = await onTrial()
    writeFileSync(join(damaged.root, 'trial.json'), '{"good":')
    expect(damaged.start()).toEqual({ runs: '1.0.0' })
    expect(damaged.links()).toEqual(['1.0.0', '1.0.0'])
    const gone = await onTrial()
    rmSync(join(gone.root, 'releases/1.1.0'), { recursive: true })
    expect(gone.start()).toMatchObject({ runs: '1.0.0', rolledBack: { version: '1.1.0' } })
    expect(() => settle(tempDir(), 'none', 'boot-1')).toThrow(/no release is installed/)
  })

  it('makes room: only it and the trusted one stay, and nothing half unpacked', async () => {
    const { dir, root, start, trial } = await onTrial()
    start()
    trial()?.healthy()
    start()
    const path = await tinyUpdate(dir, '1.2.0')
    const update = await openUpdate(path, keys.publicKey)
    writeFileSync(path, readFileSync(path).subarray(0, -40))
    await expect(install(root, update, readState(root), 'cut')).rejects.toThrow()
    expect(releasesIn(root)).toEqual(['1.0.0', '1.1.0'])
    expect(existsSync(join(root, 'releases/1.2.0.part-cut'))).toBe(false)
    await put(dir, root, '1.2.0')
    expect(releasesIn(root)).toEqual(['1.1.0', '1.2.0'])
  })
})

describe('an update is refused before anything is written', () => {
  const manifest: Manifest = {
    version: '1.1.0',
    sha256: '0'.repeat(64),
    archiveBytes: 1,
    unpackedBytes: 10_000_000,
    files: 1_000,
    oldestPredecessor: '0.9.0',
    outbox: { schema: 2, readableFrom: 1 },
  }
  const standing: Standing = {
    state: { good: '1.0.0' },
    space: { freeBytes: GB, totalBytes: GB },
    outbox: { schema: 1, readableFrom: 1 },
  }
  const refused: TrialState = {
    good: '1.0.0',
    trial: { hash: '1.1.0', starts: 3, boot: 'b', phase: 'refused', why: 'died' },
  }
  const trying: TrialState = { good: '1.0.0', trial: { hash: '1.0.5', starts: 1, boot: 'b', phase: 'trying' } }
  const judge = (change: Partial<Manifest>, standingChange: Partial<Standing> = {}, wishes: InstallWishes = {}) =>
    mustBeInstallable({ ...manifest, ...change }, wishes, { ...standing, ...standingChange })

  it('and installed when nothing speaks against it', () => {
    expect(() => judge({})).not.toThrow()
    expect(() => judge({}, { state: {} })).not.toThrow()
  })

  it.each<[string, Partial<Manifest>, Partial<Standing>, RegExp]>([
    ['it is there already', { version: '1.0.0' }, {}, /installed already/],
    ['it is older', { version: '0.9.9' }, {}, /older than 1\.0\.0/],
    ['it skips a version', { oldestPredecessor: '1.0.1' }, {}, /install 1\.0\.1 first/],
    ['another one is on trial', {}, { state: trying }, /1\.0\.5 is still on trial/],
    ['it was rolled back', {}, { state: refused }, /--again/],
    ['there is no way back for the outbox', { outbox: { schema: 2, readableFrom: 2 } }, {}, /after a rollback/],
    ['it can not read the outbox', {}, { outbox: { schema: 3, readableFrom: 3 } }, /can't read the outbox/],
    ['the disk is too small', {}, { space: { freeBytes: 40_000_000, totalBytes: GB } }, /bytes free/],
  ])('when %s', (_, change, standingChange, reason) => {
    expect(() => judge(change, standingChange)).toThrow(reason)
  })

  it('unless the older version, or another attempt, is meant', () => {
    expect(() => judge({ version: '0.9.9' }, {}, { allowOlder: true })).not.toThrow()
    expect(() => judge({}, { state: refused }, { again: true })).not.toThrow()
    expect(() => judge({ version: '1.1.1' }, { state: refused })).not.toThrow()
  })
})
