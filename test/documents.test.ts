import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** What the READMEs name is there. Their tables of routes, devices and faults have tests of their own. */

const ROOT = join(import.meta.dirname, '..')
const DOCUMENTS = globSync(['*.md', '{broker,device-drivers,gateway,simulators,test}/**/*.md'], { cwd: ROOT })
const textOf = (document: string): string => readFileSync(join(ROOT, document), 'utf8')
const { scripts }: { scripts: Record<string, string> } = JSON.parse(textOf('package.json'))

describe('the documents', () => {
  it.each(DOCUMENTS)('%s links to files that exist', (document) => {
    const links = [...textOf(document).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, path = '']) => path)
    expect(links.filter((path) => !existsSync(join(ROOT, dirname(document), path)))).toEqual([])
  })

  it.each(DOCUMENTS)('%s names scripts of package.json and programs that exist', (document) => {
    const text = textOf(document)
    const run = [...text.matchAll(/npm run (?:-s )?([a-z:]+)/g)].map(([, name = '']) => name)
    expect(run.filter((name) => scripts[name] === undefined)).toEqual([])
    const programs = [...text.matchAll(/\bnode ((?:[\w-]+\/)+[\w-]+\.ts)/g)].map(([, path = '']) => path)
    expect(programs.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  it('name each benchmark once', () => {
    const files = readdirSync(join(ROOT, 'test/bench')).flatMap((name) => /^(.+)\.bench\.ts$/.exec(name)?.[1] ?? [])
    const table = textOf('README.md').split('| name | what it measures | limit |')[1] ?? ''
    const rows = [...table.matchAll(/^\| `([a-z]+)` \|/gm)].map(([, name]) => name)
    expect(rows.toSorted()).toEqual(files.toSorted())
  })
})
