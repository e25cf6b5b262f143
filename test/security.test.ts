import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const ROOT = new URL('..', import.meta.url)
const rows = readFileSync(new URL('SECURITY.md', ROOT), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, threat, file, name] = /^\| (.+?) \| .+ \| `(test\/[^`]+)`: (.+) \|$/.exec(line) ?? []
    return threat === undefined || file === undefined || name === undefined ? [] : [{ threat, file, name }]
  })

test('every threat of SECURITY.md has its test', () => {
  const threats = readFileSync(new URL('SECURITY.md', ROOT), 'utf8').split('| --- | --- | --- |')[1] ?? ''
  expect(rows).toHaveLength(threats.split('\n').filter((line) => line.startsWith('| ')).length)
  expect(rows.length).toBeGreaterThan(20)
  for (const { threat, file, name } of rows) {
    const path = new URL(file, ROOT)
    expect([threat, existsSync(path)]).toEqual([threat, true])
    expect([threat, namesIn(readFileSync(path, 'utf8')).some((one) => one.startsWith(name))]).toEqual([threat, true])
  }
})

/** Of the tests in a file: the same words in a comment are no test, nor is one that is skipped. */
function namesIn(source: string): string[] {
  const calls = source.matchAll(/^\s*(?:it|test)(?:\.each(?:<[^(]*>)?\([\s\S]*?\))?\(\s*(['"])(.+?)\1,/gm)
  return [...calls].map(([, , name]) => name ?? '')
}
