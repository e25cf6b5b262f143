import { expect, test } from 'vitest'
import { merge } from '../../device-drivers/merge.ts'

/** A source that says `values` and writes down when it is asked and left. */
function source(name: string, values: readonly (string | Error)[], log: string[]): AsyncIterable<string> {
  return (async function* () {
    try {
      for (const value of values) {
        if (value instanceof Error) throw value
        yield value
        log.push(`${name} asked after ${value}`)
      }
    } finally {
      log.push(`${name} left`)
    }
  })()
}

test('merged sources give all their values, each in its own order', async () => {
  const heard: string[] = []
  for await (const value of merge([source('a', ['a1', 'a2', 'a3'], []), source('b', ['b1'], [])])) heard.push(value)
  expect(heard.filter((value) => value.startsWith('a'))).toEqual(['a1', 'a2', 'a3'])
  expect([...heard].sort()).toEqual(['a1', 'a2', 'a3', 'b1'])
})

test('a source is not asked for more before the reader has done with its value', async () => {
  const log: string[] = []
  for await (const value of merge([source('a', ['a1', 'a2'], log)])) {
    await new Promise(setImmediate)
    log.push(`${value} done`)
  }
  expect(log).toEqual(['a1 done', 'a asked after a1', 'a2 done', 'a asked after a2', 'a left'])
})

test('a source that fails fails the whole, and a reader that leaves ends the sources', async () => {
  const failing = merge([source('a', [new Error('link lost')], [])])
  await expect(failing.next()).rejects.toThrow('link lost')
  const log: string[] = []
  for await (const value of merge([source('a', ['a1', 'a2'], log), source('b', ['b1', 'b2'], log)])) {
    expect(value).toBe('a1')
    break
  }
  await new Promise(setImmediate)
  expect([...log].sort()).toEqual(['a left', 'b left'])
})
