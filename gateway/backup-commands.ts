import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { seal, unseal } from './backup.ts'
import { collectBackup, restoreBackup } from './backup-content.ts'
import type { HubConfig } from './config.ts'
import { writeDurably } from './durable-file.ts'

/** `hub backup` and `hub restore`: what one hub was, in a file that another one becomes. */

export interface BackupCommandParts {
  readonly randomHex: (bytes: number) => string
  /** Ends the process when the file can't be used. */
  readonly configOf: (path: string) => HubConfig
  readonly print: (text: string) => void
  /** Number of this board, where it has one. */
  readonly machine?: string
}

interface BackupFlags {
  readonly config: string
  readonly passphraseFile: string
  readonly out: string
}

interface RestoreFlags {
  readonly config: string
  readonly passphraseFile: string
  readonly in: string
}

export function addBackupCommands(program: Command, parts: BackupCommandParts): void {
  program
    .command('backup')
    .description('save configuration, bonds, device memory and unsent readings into one encrypted file')
    .requiredOption('--config <file>', 'configuration file (JSON)')
    .requiredOption('--passphrase-file <file>', 'file with the passphrase, at least 12 characters')
    .requiredOption('--out <file>', 'file to write')
    .action((flags: BackupFlags) => backup(parts, flags))
  program
    .command('restore')
    .description('make a hub of a backup, where there is none; the old hub must not run again')
    .requiredOption('--config <file>', 'configuration file to write')
    .requiredOption('--passphrase-file <file>', 'file with the passphrase')
    .requiredOption('--in <file>', 'the backup')
    .action((flags: RestoreFlags) => restore(parts, flags))
}

const passphraseIn = (path: string): string => readFileSync(path, 'utf8').trim()

function backup({ configOf, print }: BackupCommandParts, { config, passphraseFile, out }: BackupFlags): void {
  configOf(config)
  const content = collectBackup(config)
  writeDurably(out, seal(content, passphraseIn(passphraseFile), randomBytes))
  print(`${out} holds ${content.hub} with ${content.rows.length} unsent readings`)
}

async function restore({ randomHex, machine, print }: BackupCommandParts, flags: RestoreFlags): Promise<void> {
  const content = unseal(readFileSync(flags.in), passphraseIn(flags.passphraseFile))
  const unsent = await restoreBackup(content, flags.config, {
    time: () => undefined,
    randomHex,
    ...(machine === undefined ? {} : { machine }),
  })
  print(`${flags.config} is ${content.hub} again, with ${unsent} unsent readings`)
}
