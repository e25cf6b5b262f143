import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Call, callsOf, runTraced, wasInjected } from '../support/failing-calls.ts'
import { seeded } from '../support/random.ts'
import { shuffled } from '../support/shuffled.ts'
import type { Bench, BenchOptions } from './bench.ts'
import { lookAtBroker, lookAtHub } from './syscalls-look.ts'
import { openIngest } from './syscalls-work.ts'

/**
 * The n-th write, sync or rename of the hub's and the broker's files fails once. Whatever was confirmed is there
 * afterwards, whatever was not can be offered again, nothing is twice, and the file is whole.
 */

const CALLS = 200
const ERRORS = ['EIO', 'ENOSPC'] as const
/** Runs at once: the machine's two cores. */
const AT_ONCE = 2
const SHOWN = 10

interface Side {
  readonly name: string
  readonly child: string
  readonly files: readonly string[]
  /** What is there before anything fails. */
  readonly prepare: (dir: string) => void
  readonly look: (dir: string, lines: readonly string[]) => Promise<string[]>
}

const sqlite = (name: string): string[] => ['', '-wal', '-journal'].map((suffix) => name + suffix)
const SIDES: readonly Side[] = [
  {
    name: 'hub',
    child: fileURLToPath(new URL('./syscalls-hub.child.ts', import.meta.url)),
    files: [
      ...sqlite('outbox.db'),
      ...['outbox.db.stamp', 'bonds.json', 'trial.json', 'good.json'].flatMap((name) => [name, `${name}.new`]),
      '.',
    ],
    prepare: () => undefined,
    look: lookAtHub,
  },
  {
    name: 'broker',
    child: fileURLToPath(new URL('./syscalls-broker.child.ts', import.meta.url)),
    files: [...sqlite('journal.db'), '.'],
    // The migrations alone are more calls than are struck: no commit of a reading would ever fail.
    prepare: (dir) => openIngest(join(dir, 'journal.db')).close(),
    look: lookAtBroker,
  },
]

/** @param ms then no more is begun */
async function inTurn<T>(items: readonly T[], ms: number, work: (item: T) => Promise<void>): Promise<void> {
  const startedAt = performance.now()
  let next = 0
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) {
      if (performance.now() - startedAt > ms) return
      await work(item)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

async function disturb(side: Side, root: string, { seed, secs, onProgress }: BenchOptions) {
  const place = (name: string) => {
    const dir = join(root, `${side.name}-${name}`)
    mkdirSync(dir)
    side.prepare(dir)
    const files = side.files.map((file) => join(dir, file))
    return { dir, run: { args: [side.child, dir], files, traceFile: join(root, `${side.name}-${name}.trace`) } }
  }
  const quiet = place('quiet')
  const { code, lines } = await runTraced(quiet.run)
  const wrong = (await side.look(quiet.dir, lines)).map((text) => `undisturbed: ${text}`)
  if (code !== 0 || wrong.length > 0)
    throw new Error(`${side.name} undisturbed: ${code} ${wrong.join('; ')} ${lines.at(-1)}`)
  const calls = callsOf(quiet.run.traceFile).slice(0, CALLS)
  const violations: string[] = []
  let runs = 0
  let struck = 0
  let refusals = 0
  let atWork = 0
  const cases = calls.flatMap((call, n) =>
    ERRORS.map((error): { call: Call; error: typeof error; n: number } => ({ call, error, n })),
  )
  const sample = secs === undefined ? cases : shuffled(cases, seeded(seed))
  await inTurn(sample, (secs ?? Number.POSITIVE_INFINITY) * 1000, async ({ call, error, n }) => {
    const { dir, run } = place(`${n}-${error}`)
    const ended = await runTraced({ ...run, inject: { call, error } })
    runs += 1
    if (wasInjected(run.traceFile)) struck += 1
    if (ended.code !== 0 || ended.lines.some((line) => line.startsWith('refused'))) refusals += 1
    if (ended.lines.some((line) => line.startsWith('record '))) atWork += 1
    const found = await side.look(dir, ended.lines)
    violations.push(...found.map((text) => `${side.name} ${n + 1} (${call.name} ${call.nth}) ${error}: ${text}`))
    rmSync(dir, { recursive: true })
    rmSync(run.traceFile)
  })
  onProgress(`${side.name}: ${runs} runs, ${violations.length} violations`)
  for (const violation of violations.slice(0, SHOWN)) onProgress(violation)
  return { calls: calls.length, runs, struck, atWork, refusals, violations: violations.length }
}

/** With `secs`: of each side a sample by the seed, for so long. */
export const bench: Bench = async (options) => {
  if (spawnSync('strace', ['-V']).status !== 0) throw new Error('strace is not installed')
  const root = mkdtempSync(join(tmpdir(), 'bench-syscalls-'))
  try {
    const figures: Record<string, number> = {}
    for (const side of SIDES) {
      const told = await disturb(side, root, options)
      for (const [what, value] of Object.entries(told)) figures[`${side.name}-${what}`] = value
    }
    return {
      figures,
      limits: SIDES.flatMap(({ name }) => [
        { figure: `${name}-calls`, atLeast: CALLS },
        {
          figure: `${name}-struck`,
          atLeast: options.secs === undefined ? CALLS * ERRORS.length : (figures[`${name}-runs`] ?? 1),
        },
        // A fault that nobody notices is no fault; the broker tries a failed commit once more by itself.
        { figure: `${name}-refusals`, atLeast: Math.floor((figures[`${name}-runs`] ?? 0) / 3) },
        // What fails before the first record says nothing of records.
        { figure: `${name}-atWork`, atLeast: Math.floor((figures[`${name}-runs`] ?? 0) / 2) },
        { figure: `${name}-violations`, atMost: 0 },
      ]),
      conditions: { errors: ERRORS.join(', '), seed: options.seed, secs: options.secs ?? 'all', node: process.version },
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
