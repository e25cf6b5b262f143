import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const FAULTS = 29

/** 'NN file' of every test that says which fault it is. */
function tested(): Set<string> {
  const files = readdirSync(HERE).filter((name) => name.endsWith('.test.ts'))
  return new Set(
    files.flatMap((file) => {
      const titles = readFileSync(`${HERE}/${file}`, 'utf8').matchAll(/['"`]fault (\d\d): /g)
      return Array.from(titles, ([, number]) => `${number} ${file}`)
    }),
  )
}

test('the table of the faults has each of the 29 once, and names the files whose tests have its number', () => {
  const rows = Array.from(
    readFileSync(`${HERE}/README.md`, 'utf8').matchAll(/^\| (\d\d) \|.*\| ([^|]+) \|$/gm),
    ([, number = '', where = '']) => ({ number, where: where.trim() }),
  )
  expect(rows.map(({ number }) => Number(number))).toEqual(Array.from({ length: FAULTS }, (_, i) => i + 1))
  const promised = rows.flatMap(({ number, where }) =>
    where.startsWith('not yet: ') ? [] : where.split(', ').map((file) => `${number} ${file.replaceAll('`', '')}`),
  )
  expect(new Set(promised)).toEqual(tested())
})
