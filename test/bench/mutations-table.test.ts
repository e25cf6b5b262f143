import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ACCESS_MUTATIONS } from './mutations-access.ts'
import { MUTATIONS } from './mutations-table.ts'

const ALL = [...MUTATIONS, ...ACCESS_MUTATIONS]

/** The table of defects must fit the sources of the moment: a text that is gone would only be noticed hours later. */

const timesIn = (text: string, part: string): number => text.split(part).length - 1

it.each(ALL.map((entry) => [entry.name, entry] as const))('%s: can still be made', (_, { changes, check }) => {
  for (const { file, from, to } of changes) {
    expect({ file, from, times: timesIn(readFileSync(file, 'utf8'), from) }).toMatchObject({ times: 1 })
    expect(to).not.toBe(from)
  }
  const tests = check.filter((part) => part.endsWith('.test.ts'))
  expect(tests.filter((file) => !existsSync(file))).toEqual([])
})

it('no two defects have the same name', () => {
  expect(new Set(ALL.map(({ name }) => name)).size).toBe(ALL.length)
})
