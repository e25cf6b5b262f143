import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { tempDir, until } from './temp-dir.ts'

/**
 * What systemd does for a unit with Type=notify and WatchdogSec: listens for READY=1 and WATCHDOG=1 on a socket of
 * datagrams, ends a process that is late (SIGABRT with SIGCONT, then SIGKILL; systemd.service(5), WatchdogSec=), and
 * starts the next after RestartSec.
 */
export interface Supervision {
  readonly child: () => ChildProcess
  /** Milliseconds (monotonic) at which each process was started. */
  readonly starts: readonly number[]
  /** Resolves when the n-th process (from 1) has said READY=1. */
  ready(n: number): Promise<void>
  /** Resolves with the text of a line on standard error that fits. */
  said(pattern: RegExp): Promise<string>
  stop(): void
}

export interface SupervisionOptions {
  readonly args: readonly string[]
  readonly watchdogMs: number
  readonly restartMs: number
}

export const canSupervise = ['systemd-notify', 'socat'].every(
  (program) => spawnSync(program, [program === 'socat' ? '-V' : '--version']).status === 0,
)

/** As TimeoutAbortSec, though systemd gives more. */
const ABORT_MS = 500

export async function supervise({ args, watchdogMs, restartMs }: SupervisionOptions): Promise<Supervision> {
  const socket = join(tempDir(), 'notify')
  const listener = spawn('socat', ['-u', `UNIX-RECV:${socket}`, 'STDOUT'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const starts: number[] = []
  const errors: string[] = []
  let readies = 0
  let waiting: (() => void)[] = []
  let wanted = true
  let child: ChildProcess | undefined
  let late: NodeJS.Timeout | undefined

  const changed = (): void => {
    const looks = waiting
    waiting = []
    for (const look of looks) look()
  }
  const when = <T>(value: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = value()
        if (found === undefined) waiting.push(look)
        else resolve(found)
      }
      look()
    })
  const tooLate = (): void => {
    const dying = child
    dying?.kill('SIGABRT')
    dying?.kill('SIGCONT')
    setTimeout(() => dying?.kill('SIGKILL'), ABORT_MS)
  }
  const wind = (): void => {
    clearTimeout(late)
    if (wanted) late = setTimeout(tooLate, watchdogMs)
  }
  const start = (): void => {
    starts.push(performance.now())
    const env = { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: String(watchdogMs * 1000) }
    child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on('line', (line) => {
        errors.push(line)
        changed()
      })
    }
    child.once('close', () => {
      clearTimeout(late)
      if (wanted) setTimeout(() => wanted && start(), restartMs)
    })
  }
  // The watch begins with READY=1, and each ping winds it up again.
  listener.stdout.on('data', (bytes) => {
    const text = String(bytes)
    if (text.includes('READY=1')) readies += 1
    if (text.includes('READY=1') || text.includes('WATCHDOG=1')) wind()
    changed()
  })
  const stop = (): void => {
    wanted = false
    clearTimeout(late)
    child?.kill('SIGKILL')
    listener.kill()
  }
  onTestFinished(stop)
  await until(() => spawnSync('test', ['-S', socket]).status === 0)
  start()
  return {
    child: () => {
      if (child === undefined) throw new Error('nothing was started')
      return child
    },
    starts,
    ready: async (n) => {
      await when(() => (readies >= n ? true : undefined))
    },
    said: (pattern) => when(() => errors.map((line) => pattern.exec(line)?.[1]).find((text) => text !== undefined)),
    stop,
  }
}
