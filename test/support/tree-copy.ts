import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** One place in a source that is changed on purpose, to see that a check notices. */
export interface Mutation {
  readonly file: string
  /** Must be found exactly once. */
  readonly from: string
  readonly to: string
}

const COPIED = [
  'device-drivers',
  'gateway',
  'broker',
  'simulators',
  'test',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'biome.json',
]

/** The sources of the moment in a folder of their own, with the same dependencies. */
export function copyTree(to: string): void {
  mkdirSync(to, { recursive: true })
  for (const name of COPIED) cpSync(name, join(to, name), { recursive: true })
  symlinkSync(resolve('node_modules'), join(to, 'node_modules'))
}

/** @throws Error when the text is not there, or more than once: the mutation would prove nothing */
export function mutate(tree: string, { file, from, to }: Mutation): void {
  const path = join(tree, file)
  const text = readFileSync(path, 'utf8')
  const found = text.split(from).length - 1
  if (found !== 1) throw new Error(`${file}: the text to be changed is there ${found} times, not once: ${from}`)
  writeFileSync(
    path,
    text.replace(from, () => to),
  )
}
