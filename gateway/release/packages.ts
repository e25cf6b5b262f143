import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { z } from 'zod'

/** Which installed packages a release needs: what its own code imports, with what those need in turn. */

const packageSchema = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
})

/** As the compiler writes them, one on a line; 'node:fs' and relative paths have another beginning. */
const IMPORTS = /(?:\bfrom |\bimport\(|^import )'(@?[a-z][\w.-]*(?:\/[\w./-]+)?)'/gm

/** Names of packages that the .js files below `folder` import. */
export function importedBy(folder: string): Set<string> {
  const names = new Set<string>()
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.js')) continue
    const text = readFileSync(join(folder, file), 'utf8')
    for (const [, specifier = ''] of text.matchAll(IMPORTS)) if (!isBuiltin(specifier)) names.add(nameOf(specifier))
  }
  return names
}

/** 'zod/v4' is of the package 'zod', '@serialport/stream/x' of '@serialport/stream'. */
const nameOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

/**
 * Folders of the packages and of all they depend on, relative to `base`, where `node_modules` is.
 *
 * @param left names that are left out: built on each hub, under the Node that runs there
 * @throws Error when a package that is not optional is not installed
 */
export function closure(base: string, names: Iterable<string>, left: ReadonlySet<string>): string[] {
  const found = new Set<string>()
  const visit = (name: string, from: string, optional: boolean): void => {
    if (left.has(name)) return
    const folder = installed(base, name, from)
    if (folder === undefined) {
      if (optional) return
      throw new Error(`${name} is not installed; run npm ci`)
    }
    if (found.has(folder)) return
    found.add(folder)
    const { dependencies, optionalDependencies } = packageSchema.parse(
      JSON.parse(readFileSync(join(base, folder, 'package.json'), 'utf8')),
    )
    for (const needed of Object.keys(optionalDependencies)) visit(needed, folder, true)
    for (const needed of Object.keys(dependencies)) visit(needed, folder, needed in optionalDependencies)
  }
  for (const name of names) visit(name, '.', false)
  return [...found].sort()
}

/** As Node looks for it: in the folder itself, then in those above (nodejs.org/api/modules, "All together"). */
function installed(base: string, name: string, from: string): string | undefined {
  const top = resolve(base)
  for (let at = resolve(top, from); ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name)
    if (existsSync(join(folder, 'package.json'))) return relative(top, folder)
    if (at === top) return undefined
  }
}
