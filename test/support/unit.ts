import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

/**
 * The hub's unit as systemd runs it, without systemd: before each start the trusted release settles which one runs, then
 * the current one runs, and is started again when it ends. Releases of tests hold TypeScript.
 */
export interface Unit {
  /** Events of all processes, in their order. */
  readonly events: readonly string[]
  /** Resolves when an event of this name was or is heard. */
  heard(event: string): Promise<void>
  /** What the hubs said last, for a failing test. */
  said(): string
  /** Exit codes of those that ended. */
  readonly ended: readonly (number | null)[]
  stop(): Promise<void>
}

export interface UnitOptions {
  readonly root: string
  readonly config: string
  readonly note: string
  readonly trialMinutes: number
}

/** Each test has its releases in a folder of its own: what Node keeps of their compiled code nobody would find again. */
const UNCACHED = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' }

/** RestartSec of the unit is 2 s; a test need not wait so long. */
const RESTART_MS = 50

export function startUnit({ root, config, note, trialMinutes }: UnitOptions): Unit {
  const events: string[] = []
  const waiting: (() => void)[] = []
  const ended: (number | null)[] = []
  let said = ''
  let wanted = true
  let child: ChildProcess | undefined
  const hear = (line: string): void => {
    said = `${said}${line}\n`.slice(-20_000)
    const event = /"event":"([a-z-]+)"/.exec(line)?.[1]
    events.push(event ?? line)
    waiting.splice(0).forEach((look) => {
      look()
    })
  }
  const heard = (wanted: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (events.includes(wanted)) resolve()
        else waiting.push(look)
      }
      look()
    })
  const start = (): void => {
    const settle = ['settle', '--root', root, '--trial-note', note]
    const settled = spawnSync(process.execPath, [join(root, 'trusted/gateway/main.ts'), ...settle], {
      encoding: 'utf8',
      env: UNCACHED,
    })
    for (const line of `${settled.stdout}${settled.stderr}`.split('\n').filter((text) => text !== '')) hear(line)
    const options = ['--config', config, '--root', root, '--trial-note', note, '--trial-minutes', String(trialMinutes)]
    child = spawn(process.execPath, [join(root, 'current/gateway/main.ts'), 'run', ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: UNCACHED,
    })
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', hear)
    if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', hear)
    child.once('close', (code) => {
      ended.push(code)
      if (wanted) setTimeout(() => wanted && start(), RESTART_MS)
    })
  }
  const stop = async (): Promise<void> => {
    wanted = false
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  start()
  onTestFinished(stop)
  return { events, heard, ended, said: () => said, stop }
}
