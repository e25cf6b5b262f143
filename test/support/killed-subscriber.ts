import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** A subscriber of `simulators/clinic/examples` as a process that is killed and started again, as power cuts do. */

export type ExampleName = 'subscriber.ts' | 'subscriber.py' | 'subscriber.sh'

export interface Address {
  readonly mqttUrl: string
  readonly httpUrl: string
  readonly organisation: string
  readonly account: string
  readonly password: string
}

export interface KilledSubscriber {
  readonly kills: number
  /** SIGKILL to the process and its children, and the next start. */
  kill(): Promise<void>
  /** Cursors that it has dealt with, in the order of its file. */
  cursors(): number[]
  stop(): Promise<void>
  /** What it wrote to standard error. */
  said(): string
}

const COMMANDS: Readonly<Record<ExampleName, readonly string[]>> = {
  'subscriber.ts': [process.execPath],
  'subscriber.py': ['/usr/bin/python3'],
  'subscriber.sh': ['bash'],
}

/** Empty as long as the file is not there, or is just being made. */
function cursorsIn(example: ExampleName, file: string): number[] {
  if (!existsSync(file)) return []
  if (example === 'subscriber.sh') {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { cursor: number }).cursor)
  }
  // Not read only: what a kill left half written is rolled back by whoever opens the file next.
  const db = new DatabaseSync(file, { timeout: 5_000 })
  try {
    if (db.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'readings'`).get() === undefined) return []
    return db
      .prepare('SELECT cursor FROM readings ORDER BY rowid')
      .all()
      .map((row) => Number(row['cursor']))
  } finally {
    db.close()
  }
}

export function startKilledSubscriber(example: ExampleName, file: string, address: Address): KilledSubscriber {
  const [command = '', ...args] = COMMANDS[example]
  let kills = 0
  let said = ''
  let child: ChildProcess
  let ended: Promise<unknown>

  function start(): void {
    child = spawn(command, [...args, `simulators/clinic/examples/${example}`, file], {
      env: {
        PATH: process.env['PATH'],
        MQTT_URL: address.mqttUrl,
        HTTP_URL: address.httpUrl,
        ORG: address.organisation,
        ACCOUNT: address.account,
        PASSWORD: address.password,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
      // A group of its own: a shell's children go with it.
      detached: true,
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000)
    })
    ended = once(child, 'close')
  }

  async function end(): Promise<void> {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
      process.kill(-child.pid, 'SIGKILL')
    await ended
  }

  start()
  return {
    get kills() {
      return kills
    },
    async kill() {
      await end()
      kills += 1
      start()
    },
    cursors: () => cursorsIn(example, file),
    stop: end,
    said: () => said,
  }
}
