import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/** Loaded before a program: leaves the names of the packages it has loaded in the file LOADED_PACKAGES, a line each. */

const loaded = new Set<string>()
registerHooks({
  load(url, context, next) {
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? []
    if (name !== undefined) loaded.add(name)
    return next(url, context)
  },
})
process.on('exit', () => writeFileSync(process.env['LOADED_PACKAGES'] ?? '', [...loaded].join('\n')))
