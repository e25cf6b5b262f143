import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as after } from 'node:timers/promises'

/** A process that can be frozen in the middle of whatever it does. */
export interface Victim {
  readonly pid: number
  readonly ended: Promise<number | null>
  /** Last output, for a failing check. */
  said(): string
  /** SIGSTOP; resolves when every thread stands still. */
  freeze(): Promise<void>
  /** SIGKILL, also when frozen; resolves when it is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves when it is gone. */
  stop(): Promise<void>
}

const LOOK_AGAIN_MS = 2
const SAID_CHARS = 8_000

/** T, after the command's name in parentheses (proc_pid_stat(5)). */
function isFrozen(pid: number): boolean {
  const threads = readdirSync(`/proc/${pid}/task`)
  return threads.every((thread) => /\) [Tt] /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')))
}

/** @param command program and arguments */
export function startVictim(
  [program = '', ...args]: readonly string[],
  env: Record<string, string>,
  onLine: (line: string) => void = () => undefined,
): Victim {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const { pid } = child
  if (pid === undefined) throw new Error(`${program} could not be started`)
  let said = ''
  const hear = (line: string): void => {
    said = `${said}${line}\n`.slice(-SAID_CHARS)
    onLine(line)
  }
  createInterface({ input: child.stdout }).on('line', hear)
  createInterface({ input: child.stderr }).on('line', hear)
  const ended = once(child, 'close').then(() => child.exitCode)
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await ended
  }
  return {
    pid,
    ended,
    said: () => said,
    freeze: async () => {
      child.kill('SIGSTOP')
      while (!isFrozen(pid)) await after(LOOK_AGAIN_MS)
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  }
}
