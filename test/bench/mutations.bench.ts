import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyTree, mutate } from '../support/tree-copy.ts'
import type { Bench } from './bench.ts'
import { ACCESS_MUTATIONS } from './mutations-access.ts'
import { MUTATIONS } from './mutations-table.ts'

/** The test of the tests: each defect of the table must turn its check red, which is green without it. */

/** The slowest check takes about a minute on two cores; one that hangs is not red. */
const CHECK_WITHIN_MS = 240_000
/** A regular expression on the names, for one defect at a time. */
const ONLY = new RegExp(process.env['ONLY'] ?? '')

interface Outcome {
  readonly code: number | null
  readonly said: string
}

/** The commands are run as on the command line: with colours off, under this very Node. */
async function run(tree: string, check: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, check, {
    cwd: tree,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(CHECK_WITHIN_MS),
    killSignal: 'SIGKILL',
  })
  let said = ''
  const hear = (chunk: Buffer): void => {
    said += chunk.toString()
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  child.on('error', (error) => hear(Buffer.from(error.message)))
  await new Promise((resolve) => child.once('close', resolve))
  return { code: child.exitCode, said }
}

async function inCopy<T>(work: (tree: string) => Promise<T>): Promise<T> {
  const tree = mkdtempSync(join(tmpdir(), 'bench-mutation-'))
  try {
    copyTree(tree)
    return await work(tree)
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}

const tail = (said: string): string => said.split('\n').slice(-12).join('\n      ')

export const bench: Bench = async ({ onProgress }) => {
  const cases = [...MUTATIONS, ...ACCESS_MUTATIONS].filter(({ name }) => ONLY.test(name))
  const checks = new Map(cases.map(({ check }) => [check.join(' '), check]))
  let redWithout = 0
  for (const [text, check] of checks) {
    const { code, said } = await inCopy((tree) => run(tree, check))
    if (code === 0) continue
    redWithout += 1
    onProgress(`RED WITHOUT A DEFECT: ${text}\n      ${tail(said)}`)
  }
  let noticed = 0
  for (const { name, changes, check, shows } of cases) {
    const { code, said } = await inCopy((tree) => {
      for (const change of changes) mutate(tree, change)
      return run(tree, check)
    })
    const red = code !== 0 && code !== null && shows.test(said)
    if (red) noticed += 1
    onProgress(`${red ? 'noticed' : 'NOT NOTICED'}: ${name}`)
    if (!red) onProgress(`exit code ${code}, wanted ${shows}\n      ${tail(said)}`)
  }
  return {
    figures: { mutations: cases.length, noticed, missed: cases.length - noticed, redWithoutADefect: redWithout },
    limits: [
      { figure: 'mutations', atLeast: 1 },
      { figure: 'missed', atMost: 0 },
      { figure: 'redWithoutADefect', atMost: 0 },
    ],
    conditions: { checks: checks.size, node: process.version },
  }
}
