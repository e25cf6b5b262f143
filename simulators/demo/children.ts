import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Started processes of the demo: each logs JSON lines on stdout; `onLine` sees every parsed line. */
export interface Child {
  readonly name: string
  readonly pid: number
  /** Resolves with the first line that has `ready`; rejects when the process ends before. */
  readonly ready: Promise<Record<string, unknown>>
  readonly exited: Promise<number | null>
  stop(graceMs: number): Promise<void>
}

function parseLine(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/**
 * Runs a TypeScript main under this very Node. The child leads no process group of its own, but Ctrl-C is handled here
 * alone (`detached`), so that the order of ending is ours.
 * @param isReady recognises the line by which the process says that it is up
 */
export function startChild(
  name: string,
  args: readonly string[],
  env: Record<string, string>,
  isReady: (line: Record<string, unknown>) => boolean,
  onLine: (line: Record<string, unknown>) => void,
): Child {
  const child: ChildProcess = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const exited = once(child, 'close').then(() => child.exitCode)
  let lastWords = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2000)
  })
  const ready = new Promise<Record<string, unknown>>((resolve, reject) => {
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = parseLine(text)
        if (line === undefined) return
        if (isReady(line)) resolve(line)
        onLine(line)
      })
    }
    void exited.then((code) =>
      reject(new Error(`${name} ended with code ${code} before it was ready. ${lastWords.trim()}`)),
    )
  })
  return { name, pid: child.pid ?? 0, ready, exited, stop: (graceMs) => stopChild(child, exited, graceMs) }
}

/** SIGTERM, and SIGKILL for what has not ended after `graceMs`. */
async function stopChild(child: ChildProcess, exited: Promise<unknown>, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await exited
  clearTimeout(timer)
}

/** Runs a command to its end and returns its stdout; a failure is an error with what it said. */
export async function runToEnd(name: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  await once(child, 'close')
  if (child.exitCode !== 0) throw new Error(`${name} failed with code ${child.exitCode}. ${err.trim() || out.trim()}`)
  return out
}
