import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hubHealthSchema } from '../../../broker/contract/messages.ts'
import { openOutbox } from '../../../gateway/outbox.ts'
import { openUpdate } from '../../../gateway/update/archive.ts'
import { install } from '../../../gateway/update/install.ts'
import { linked, readState } from '../../../gateway/update/releases.ts'
import { unreadable, wasInjected } from '../../support/failing-calls.ts'
import { HUB_MAIN } from '../../support/mains.ts'
import { manualClock, NOON } from '../../support/manual-clock.ts'
import { optional } from '../../support/optional.ts'
import { type ReceiptBroker, receiptBroker } from '../../support/receipt-broker.ts'
import { keys, rootWithPackages, sourceUpdate, tinyUpdate } from '../../support/releases.ts'
import { tempDir, until } from '../../support/temp-dir.ts'
import { draft } from '../../support/test-driver.ts'
import type { Mutation } from '../../support/tree-copy.ts'
import { startUnit } from '../../support/unit.ts'

const HUB = 'hub-0001'

const cli = (...args: string[]) => spawnSync(process.execPath, [HUB_MAIN, ...args], { encoding: 'utf8' })

/** 1.1.0, perhaps broken, is installed over 1.0.0; `restart` starts the service. */
async function updated(broken: readonly Mutation[], trialMinutes: number) {
  const broker = await receiptBroker(HUB)
  const dir = tempDir()
  const root = rootWithPackages(dir)
  const note = join(dir, 'release.json')
  const config = join(dir, 'hub.json')
  const bluetooth = { enabled: false }
  const credentials = { url: broker.url, username: HUB, password: 'secret' }
  writeFileSync(config, JSON.stringify({ hub: HUB, dataDir: 'data', broker: credentials, bluetooth, healthEveryS: 1 }))
  const clock = manualClock()
  const { outbox } = openOutbox(join(dir, 'data/outbox.db'), {
    time: () => ({ zone: 'Europe/Copenhagen', now: NOON, wallAt: clock.wallAt }),
    randomHex: (bytes) => '5a'.repeat(bytes),
  })
  await outbox.append({ device: 'scale-0001', drafts: [draft(1), draft(2)] })
  outbox.close()
  const file = await sourceUpdate(dir, '1.1.0', broken)
  for (const path of [await sourceUpdate(dir, '1.0.0'), file]) {
    await install(root, await openUpdate(path, keys.publicKey), readState(root), 'tag')
  }
  const restart = () => startUnit({ root, config, note, trialMinutes })
  /** What was stored before the update is sent after it, by whichever release. */
  const outboxArrives = () => until(() => new Set(broker.ids()).size === 2)
  return { broker, root, note, file, restart, outboxArrives }
}

const health = (broker: ReceiptBroker) =>
  broker.heard
    .filter(({ topic }) => topic.endsWith('/health'))
    .map(({ text }) => hubHealthSchema.parse(JSON.parse(text)))

describe('the service after an update', { timeout: 60_000 }, () => {
  it('runs the new release, and trusts it once it has reached the broker', async () => {
    const { broker, root, restart, outboxArrives } = await updated([], 1)
    const again = restart()
    await again.heard('release-healthy')
    await until(() => health(broker).at(-1)?.version === '1.1.0')
    await again.stop()
    expect(linked(root, 'trusted')).toBe('1.0.0')
    const third = restart()
    await third.heard('ready')
    expect(linked(root, 'trusted')).toBe('1.1.0')
    expect(third.events).not.toContain('release-on-trial')
    await outboxArrives()
  })

  it('goes back when the new release dies as soon as it is loaded, says so, and does not try it again', async () => {
    const crash = { file: 'gateway/main.ts', from: 'const clock = createHubClock()', to: "throw new Error('broken')" }
    const { broker, root, note, file, restart, outboxArrives } = await updated([crash], 1)
    const again = restart()
    await again.heard('ready')
    expect(again.ended).toEqual([1, 1])
    expect(again.events).toContain('update: rolled back 1.1.0 (died)')
    expect(again.events).toContain('release-rolled-back')
    await until(() => health(broker).at(-1)?.update?.state === 'rolled-back')
    expect(health(broker).at(-1)).toMatchObject({ version: '1.0.0', update: { version: '1.1.0' } })
    expect(linked(root, 'current')).toBe('1.0.0')
    const repeated = cli('update', '--root', root, '--trial-note', note, '--file', file)
    expect(repeated.stderr).toContain('--again')
    await outboxArrives()
  })

  it('goes back when the new release runs but never reaches the broker', async () => {
    const deaf = { file: 'gateway/dial.ts', from: '} = new URL(url)', to: "} = new URL('mqtt://127.0.0.1:1')" }
    const { broker, root, restart, outboxArrives } = await updated([deaf], 0.03)
    const again = restart()
    await again.heard('ready')
    expect(again.ended).toEqual([0])
    expect(again.events).toContain('update: rolled back 1.1.0 (not-reached)')
    await until(() => health(broker).at(-1)?.update?.state === 'rolled-back')
    expect(linked(root, 'current')).toBe('1.0.0')
    await outboxArrives()
  })

  it('goes back when the new release does not understand the configuration', async () => {
    const strict = { file: 'gateway/config.ts', from: "hub: id('hub'),", to: "hub: id('hub'), colour: z.string()," }
    const { root, restart } = await updated([strict], 1)
    const again = restart()
    await again.heard('ready')
    // Not 78, upon which the unit would leave it lying.
    expect(again.ended).toEqual([1, 1])
    expect(linked(root, 'current')).toBe('1.0.0')
  })
})

describe('the command', { timeout: 60_000 }, () => {
  it('says what it would do, lists what there is, and leaves with 1 when it refuses', async () => {
    const dir = tempDir()
    const root = rootWithPackages(dir)
    const common = ['--root', root, '--trial-note', join(dir, 'note')]
    const file = await tinyUpdate(dir, '1.0.0')
    expect(cli('update', ...common, '--file', file, '--dry-run').stdout).toContain('can be installed')
    expect(existsSync(join(root, 'releases'))).toBe(false)
    expect(cli('update', ...common, '--file', file).status).toBe(0)
    expect(cli('update', ...common, '--file', await tinyUpdate(dir, '1.0.1')).status).toBe(0)
    expect(cli('releases', ...common).stdout).toBe('1.0.0  trusted\n1.0.1  runs, on trial\n')
    const refusal = cli('update', ...common, '--file', join(root, 'update-key.pem'))
    expect(refusal.status).toBe(1)
    expect(refusal.stderr).toMatch(/this is no update.*the hub runs as before/s)
  })
})

optional('strace', spawnSync('strace', ['-V']).status === 0)(
  'a state of the releases that the card gives back no more',
  () => {
    it('keeps nobody from starting: what is trusted runs, and is updated again', async () => {
      const dir = tempDir()
      const root = rootWithPackages(dir)
      const common = ['--root', root, '--trial-note', join(dir, 'note')]
      for (const version of ['1.0.0', '1.0.1']) {
        expect(cli('update', ...common, '--file', await tinyUpdate(dir, version)).status).toBe(0)
      }
      const trace = join(dir, 'trace')
      const blind = [...unreadable([join(root, 'trial.json')], trace, { call: 'read' }), process.execPath, HUB_MAIN]
      const settled = spawnSync('strace', [...blind, 'settle', ...common], { encoding: 'utf8' })
      expect([settled.stderr, settled.status]).toEqual(['', 0])
      expect(wasInjected(trace)).toBe(true)
      expect([linked(root, 'current'), linked(root, 'trusted')]).toEqual(['1.0.0', '1.0.0'])
      const next = await tinyUpdate(dir, '1.0.2')
      expect(spawnSync('strace', [...blind, 'update', ...common, '--file', next]).status).toBe(0)
      expect(linked(root, 'current')).toBe('1.0.2')
    })
  },
)
