import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A process that is started again whenever it dies, as systemd would. */
export class Supervised {
  readonly name: string
  readonly #args: readonly string[]
  readonly #env: Record<string, string>
  readonly #onLine: (line: string) => void
  #child: ChildProcess | undefined
  #wanted = true
  #ended: Promise<unknown> = Promise.resolve()
  /** Last output, for a failing test. */
  said = ''
  kills = 0
  /** Of the processes that ended by themselves. */
  readonly exitCodes: number[] = []

  constructor(
    name: string,
    args: readonly string[],
    env: Record<string, string> = {},
    onLine: (line: string) => void = () => undefined,
  ) {
    this.name = name
    this.#args = args
    this.#env = env
    this.#onLine = onLine
    this.#start()
  }

  #start(): void {
    const child = spawn(process.execPath, this.#args, {
      env: { ...process.env, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    const hear = (line: string): void => {
      this.said = `${this.said}${line}\n`.slice(-20_000)
      this.#onLine(line)
    }
    createInterface({ input: child.stdout }).on('line', hear)
    createInterface({ input: child.stderr }).on('line', hear)
    this.#ended = once(child, 'close').then(() => {
      if (this.#wanted && child.exitCode !== null) this.exitCodes.push(child.exitCode)
      if (this.#wanted) this.#start()
    })
  }

  /** Of the process of the moment. */
  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** SIGKILL; it starts again at once. */
  kill(): void {
    this.kills += 1
    this.#child?.kill('SIGKILL')
  }

  /** Ends for good; resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.#wanted = false
    const child = this.#child
    child?.kill('SIGTERM')
    await this.#ended
    return child?.exitCode ?? null
  }
}
