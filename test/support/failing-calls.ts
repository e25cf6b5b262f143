import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Runs a program under strace, which can make one system call on given files fail. */

/** What changes a file or promises that it is on the disk. */
const WATCHED = ['write', 'pwrite64', 'writev', 'pwritev', 'fsync', 'fdatasync', 'rename', 'renameat', 'renameat2']

/** The k-th call of this name on the files. */
export interface Call {
  readonly name: string
  readonly nth: number
}

export interface Ended {
  readonly code: number | null
  readonly lines: readonly string[]
}

export interface FailingRun {
  /** Of `node`. */
  readonly args: readonly string[]
  /** Only calls on these files count; absolute, and they need not exist yet. */
  readonly files: readonly string[]
  /** Where strace writes what it saw. */
  readonly traceFile: string
  readonly inject?: { readonly call: Call; readonly error: 'EIO' | 'ENOSPC' }
}

const RUN_WITHIN_MS = 30_000

export async function runTraced({ args, files, traceFile, inject }: FailingRun): Promise<Ended> {
  const injection =
    inject === undefined ? [] : ['-e', `inject=${inject.call.name}:error=${inject.error}:when=${inject.call.nth}`]
  const child = spawn(
    'strace',
    [
      ...['-f', '-qq', '--seccomp-bpf', '-o', traceFile, '-e', `trace=${WATCHED.join(',')}`],
      ...injection,
      ...files.flatMap((file) => ['-P', file]),
      process.execPath,
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], signal: AbortSignal.timeout(RUN_WITHIN_MS), killSignal: 'SIGKILL' },
  )
  let said = ''
  const hear = (chunk: Buffer): void => {
    said += chunk.toString()
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  child.on('error', (error) => hear(Buffer.from(`${error.message}\n`)))
  await new Promise((resolve) => child.once('close', resolve))
  return { code: child.exitCode, lines: said.split('\n').filter((line) => line !== '') }
}

/** The calls of a trace in their order. */
export function callsOf(traceFile: string): Call[] {
  const counts = new Map<string, number>()
  return readFileSync(traceFile, 'utf8')
    .split('\n')
    .flatMap((line): Call[] => {
      const name = /^\d+ +([a-z0-9]+)\(/.exec(line)?.[1]
      if (name === undefined) return []
      const nth = (counts.get(name) ?? 0) + 1
      counts.set(name, nth)
      return [{ name, nth }]
    })
}

export const wasInjected = (traceFile: string): boolean => readFileSync(traceFile, 'utf8').includes('(INJECTED)')

/** For `strace`, before the program: reading `files` fails, each time or only the `nth` time SQLite, or Node, does it. */
export function unreadable(
  files: readonly string[],
  traceFile: string,
  { call = 'pread64', nth }: { readonly call?: 'pread64' | 'read'; readonly nth?: number } = {},
): string[] {
  const when = nth === undefined ? '' : `:when=${nth}`
  return [
    ...['-f', '-qq', '--seccomp-bpf', '-o', traceFile, '-e', `trace=${call}`, '-e', `inject=${call}:error=EIO${when}`],
    ...files.flatMap((file) => ['-P', file]),
  ]
}
