import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import { messageOf } from '../../device-drivers/errors.ts'
import { OWNER_ONLY } from '../durable-file.ts'
import { EXIT } from '../exit-codes.ts'
import { pack } from './pack.ts'
import { closure, importedBy } from './packages.ts'

/** Makes a signed update for hubs of what `npm run build` has put into dist/. Run in the project's folder. */

const PARTS = ['gateway', 'device-drivers', 'broker/contract']
/** Native, bound to the Node of the hub: its installer builds it into <root>/node_modules, where every release finds it. */
const BUILT_ON_THE_HUB: ReadonlySet<string> = new Set(['@abandonware/bluetooth-hci-socket', 'usb'])

interface MakeOptions {
  readonly key: string
  readonly out: string
  readonly oldest: string
}

async function make({ key, out, oldest }: MakeOptions): Promise<void> {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8')))
  const folder = mkdtempSync(join(tmpdir(), 'precare-release-'))
  try {
    const names = new Set(PARTS.flatMap((part) => [...importedBy(join('dist', part))]))
    for (const part of PARTS) cpSync(join('dist', part), join(folder, part), { recursive: true })
    for (const path of closure('.', names, BUILT_ON_THE_HUB)) {
      // A package's own packages come by themselves, as far as they are needed.
      const filter = (source: string) => basename(source) !== 'node_modules'
      cpSync(path, join(folder, path), { recursive: true, dereference: true, filter })
    }
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'precare-hub', version, type: 'module' }))
    cpSync('gateway/README.md', join(folder, 'gateway/README.md'))
    await pack(folder, { version, oldestPredecessor: oldest, key: createPrivateKey(readFileSync(key)), out })
    process.stdout.write(`${out} is release ${version}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function makeKeys(name: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const flags = { flag: 'wx', mode: OWNER_ONLY }
  writeFileSync(`${name}.private.pem`, privateKey.export({ type: 'pkcs8', format: 'pem' }), flags)
  writeFileSync(`${name}.pem`, publicKey.export({ type: 'spki', format: 'pem' }), { flag: 'wx' })
  process.stdout.write(`${name}.private.pem stays with whoever makes releases; ${name}.pem goes to the hubs\n`)
}

const program = new Command('release').description('Makes signed updates for hubs.')
program
  .command('make', { isDefault: true })
  .description('pack what is in dist/ with the packages it needs, and sign it')
  .requiredOption('--key <file>', 'private Ed25519 key (PEM)')
  .requiredOption('--out <file>', 'the update to write')
  .requiredOption('--oldest <version>', 'oldest version that it may follow on')
  .action((options: MakeOptions) => make(options))
program
  .command('keys')
  .description('make a pair of keys, once; never overwrites one')
  .requiredOption('--name <path>', 'for <path>.private.pem and <path>.pem')
  .action(({ name }: { name: string }) => makeKeys(name))

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exit(EXIT.fault)
})
