import { createPublicKey } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { messageOf } from '../../device-drivers/errors.ts'
import { spaceOf } from '../disk-space.ts'
import { OUTBOX_SCHEMA } from '../outbox-schema.ts'
import type { TrialState } from '../trial.ts'
import { refused } from './manifest.ts'
import { withNote } from './release-trial.ts'
import { linked, readState, releasesIn, writeState } from './releases.ts'
import { follow, settle } from './settle.ts'

/** What a technician, a timer or the unit says about releases. */

/** In the state folder of the unit: the hub may write there, and nowhere near its code. */
export const NOTE_PATH = '/var/lib/precare/release.json'

interface Surroundings {
  readonly bootId: string
  readonly randomHex: (bytes: number) => string
}

interface UpdateOptions {
  readonly file: string
  readonly root: string
  readonly key?: string
  readonly trialNote: string
  readonly allowOlder?: boolean
  readonly again?: boolean
  readonly dryRun?: boolean
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)

export function addUpdateCommands(program: Command, { bootId, randomHex }: Surroundings): void {
  const withRoot = (command: Command): Command =>
    command
      .requiredOption('--root <folder>', 'where the releases are')
      .option('--trial-note <file>', 'where the hub notes how a trial goes', NOTE_PATH)
  withRoot(program.command('update'))
    .description('install a signed update and put it on trial at the next start of the service')
    .requiredOption('--file <file>', 'the update')
    .option('--key <file>', 'public Ed25519 key (PEM); by default update-key.pem in the root')
    .option('--allow-older', 'install a version that is older than the present one')
    .option('--again', 'install a version that was rolled back')
    .option('--dry-run', 'check everything and change nothing')
    .action((options: UpdateOptions) => update(options, randomHex(4)))
  withRoot(program.command('releases'))
    .description('list the installed releases')
    .action(({ root, trialNote }: { root: string; trialNote: string }) => list(root, trialNote))
  withRoot(program.command('settle'))
    .description('decide which release the next start runs; the unit calls it before each start')
    .action(({ root, trialNote }: { root: string; trialNote: string }) => {
      const { runs, rolledBack } = settle(root, trialNote, bootId)
      if (rolledBack !== undefined) say(`update: rolled back ${rolledBack.version} (${rolledBack.why})`)
      say(`${runs} runs`)
    })
}

async function update(options: UpdateOptions, tag: string): Promise<void> {
  const { root, trialNote, dryRun } = options
  // Only now: a hub that runs has no use for what unpacks archives.
  const { openUpdate } = await import('./archive.ts')
  const { install, mustBeInstallable } = await import('./install.ts')
  const opened = await openUpdate(options.file, keyFrom(options.key ?? join(root, 'update-key.pem')))
  const { version } = opened.manifest
  if (dryRun !== true) mkdirSync(root, { recursive: true })
  const before = readState(root)
  const state = withNote(before, trialNote)
  mustBeInstallable(opened.manifest, options, { state, space: spaceOf(root), outbox: OUTBOX_SCHEMA })
  if (dryRun === true) return say(`${version} can be installed; nothing was changed`)
  if (state !== before) {
    writeState(root, state)
    follow(root, state)
  }
  await install(root, opened, state, tag)
  say(`${version} is installed, and runs from the next start on: systemctl restart precare-hub`)
}

function keyFrom(path: string) {
  try {
    return createPublicKey(readFileSync(path))
  } catch (error) {
    throw refused(`the key for updates can't be read (${messageOf(error)}); name it with --key`)
  }
}

function list(root: string, trialNote: string): void {
  const state = withNote(readState(root), trialNote)
  for (const version of releasesIn(root)) say(`${version}${remark(version, state, linked(root, 'current'))}`)
}

function remark(version: string, { good, trial }: TrialState, current: string | undefined): string {
  const remarks = [
    ...(version === current ? ['runs'] : []),
    ...(version === good ? ['trusted'] : []),
    ...(version === trial?.hash
      ? [trial.phase === 'trying' ? 'on trial' : `rolled back (${trial.why ?? 'died'})`]
      : []),
  ]
  return remarks.length === 0 ? '' : `  ${remarks.join(', ')}`
}
