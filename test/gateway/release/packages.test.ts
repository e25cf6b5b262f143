import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { closure, importedBy } from '../../../gateway/release/packages.ts'
import { tempDir } from '../../support/temp-dir.ts'

function put(dir: string, files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  return dir
}
const json = (dependencies: object, optionalDependencies = {}) => JSON.stringify({ dependencies, optionalDependencies })

it('finds every package that compiled code imports, and no part of Node', () => {
  const dir = put(tempDir(), {
    'a.js': `import { z } from 'zod';\nimport 'side/effect';\nimport { x } from './b.js';\nimport fs from 'node:fs';\n`,
    'deep/b.js': `import {\n  one,\n  two,\n} from '@scope/name/part';\nconst late = await import('late');\nexport * from 'path';\n`,
    'c.txt': `import 'not-code'`,
  })
  expect([...importedBy(dir)].sort()).toEqual(['@scope/name', 'late', 'side', 'zod'])
})

it('takes along what packages need in turn, each in the version that it finds, and leaves out what hubs build', () => {
  const dir = put(tempDir(), {
    'node_modules/a/package.json': json({ b: '2', native: '1' }, { maybe: '1' }),
    'node_modules/a/node_modules/b/package.json': json({ c: '1' }),
    'node_modules/b/package.json': json({}),
    'node_modules/c/package.json': json({ a: '1' }),
    'node_modules/native/package.json': json({}),
    'node_modules/unneeded/package.json': json({}),
  })
  expect(closure(dir, ['a'], new Set(['native']))).toEqual([
    'node_modules/a',
    'node_modules/a/node_modules/b',
    'node_modules/c',
  ])
  expect(() => closure(dir, ['gone'], new Set())).toThrow(/gone is not installed/)
})

it('finds what the hub itself needs', () => {
  expect(closure('.', ['mqtt', 'pino', 'serialport', 'zod'], new Set()).length).toBeGreaterThan(10)
})
