import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pack } from '../../gateway/release/pack.ts'
import { type Mutation, mutate } from './tree-copy.ts'

/** Updates for tests, made and signed by the real maker. */

export const keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject } = generateKeyPairSync('ed25519')

export const publicPem = (): string => keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()

/** An update of a few files. @param dir where it is made; @returns its path */
export async function tinyUpdate(dir: string, version: string, oldest = '0.0.1'): Promise<string> {
  const folder = join(dir, `content-${version}`)
  for (const [path, text] of [
    ['gateway/main.js', `// ${version}`],
    ['package.json', JSON.stringify({ version })],
  ] as const) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const out = join(dir, `${version}.update`)
  await pack(folder, { version, oldestPredecessor: oldest, key: keys.privateKey, out })
  return out
}

/** An update with the sources of the moment, as they are or broken. Its packages are those of {@link rootWithPackages}. */
export async function sourceUpdate(dir: string, version: string, broken: readonly Mutation[] = []): Promise<string> {
  const folder = join(dir, `content-${version}`)
  for (const part of ['gateway', 'device-drivers', 'broker/contract']) {
    cpSync(part, join(folder, part), { recursive: true })
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version, type: 'module' }))
  for (const change of broken) mutate(folder, change)
  const out = join(dir, `${version}.update`)
  await pack(folder, { version, oldestPredecessor: '0.0.1', key: keys.privateKey, out })
  return out
}

/** A root for releases without packages of their own: Node finds these further up. */
export function rootWithPackages(dir: string): string {
  const root = join(dir, 'root')
  mkdirSync(root)
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'))
  writeFileSync(join(root, 'update-key.pem'), publicPem())
  return root
}
