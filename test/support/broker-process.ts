import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { systemClock } from '../../broker/broker-clock.ts'
import { provision as applyFile } from '../../broker/provision.ts'
import { CHEAP } from './cheap-passwords.ts'
import { BROKER_MAIN } from './mains.ts'

/** The real broker in a process of its own, for journeys and benchmarks. */

export interface Registry {
  readonly organisations: readonly { id: string; title: string; type?: string }[]
  readonly citizens: readonly { id: string }[]
  readonly hubs: readonly { id: string }[]
  readonly devices: readonly { id: string; hub: string; driver: string }[]
  readonly assignments: readonly { device: string; citizen: string; from: string; slot?: number; to?: string }[]
  readonly groups?: readonly { id: string }[]
  readonly memberships?: readonly { group: string; citizen: string; from: string; to?: string }[]
  readonly grants: readonly {
    organisation: string
    citizen?: string
    group?: string
    kinds?: readonly string[]
    from: string
    to?: string
    purpose: string
  }[]
  readonly limits: readonly Record<string, string | number>[]
  readonly clients: readonly { id: string; organisation: string }[]
  readonly templates?: readonly object[]
  readonly watches?: readonly object[]
}

export interface Secrets {
  readonly hubs: Readonly<Record<string, string>>
  readonly clients: Readonly<Record<string, string>>
}

/** Applies a registry to the data folder, as `broker/main.ts provision` does, and returns the passwords it made. */
export async function provision(dataDir: string, registry: Registry): Promise<Secrets> {
  const file = join(dataDir, 'registry.json')
  writeFileSync(file, JSON.stringify(registry))
  const { passwords } = await applyFile(dataDir, file, systemClock, { dryRun: false, passwordCost: CHEAP })
  return passwords
}

export interface RunningBroker {
  readonly process: ChildProcess
  readonly pid: number
  readonly mqttUrl: string
  readonly httpUrl: string
  /** With `tlsPort`. */
  readonly tlsUrl: string
  readonly enrolUrl: string
  /** SIGTERM and wait; SIGKILL if `kill`. */
  stop(kill?: boolean): Promise<void>
}

/** Starts `broker/main.ts run` and resolves when it says `ready`. */
export async function startBroker(
  dataDir: string,
  options: {
    readonly mqttPort?: number
    readonly httpPort?: number
    /** MQTT over TLS and enrolment too. */
    readonly tlsPort?: number
    readonly enrolPort?: number
    readonly main?: string
    readonly env?: Record<string, string>
  } = {},
): Promise<RunningBroker> {
  const args = [
    options.main ?? BROKER_MAIN,
    'run',
    '--data',
    dataDir,
    '--mqtt-port',
    String(options.mqttPort ?? 0),
    '--http-port',
    String(options.httpPort ?? 0),
    ...(options.tlsPort === undefined
      ? []
      : ['--tls-port', String(options.tlsPort), '--enrol-port', String(options.enrolPort ?? 0)]),
  ]
  const env = { ...process.env, ...options.env }
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000)
  })
  const ended = once(child, 'close')
  const ready = new Promise<Pick<RunningBroker, 'mqttUrl' | 'httpUrl' | 'tlsUrl' | 'enrolUrl'>>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      said = `${said}${line}\n`.slice(-4000)
      if (line.includes('"event":"ready"')) resolve(JSON.parse(line))
    })
    void ended.then(() => reject(new Error(`the broker ended before it was ready:\n${said}`)))
  })
  const { mqttUrl, httpUrl, tlsUrl, enrolUrl } = await ready
  return {
    process: child,
    pid: child.pid ?? 0,
    mqttUrl,
    httpUrl,
    tlsUrl,
    enrolUrl,
    stop: async (kill = false) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(kill ? 'SIGKILL' : 'SIGTERM')
      await ended
    },
  }
}

/** A code for a hub, as the command line gives it to a program. */
export function inviteHub(
  dataDir: string,
  hub: string,
  serial: string,
  origin: string,
): { readonly invitation: string } {
  const args = [BROKER_MAIN, 'enrol', '--hub', hub, '--serial', serial, '--data', dataDir, '--origin', origin]
  const run = spawnSync(process.execPath, [...args, '--json'], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`enrol failed: ${run.stderr}${run.stdout}`)
  return JSON.parse(run.stdout)
}

/** Resident memory of a process in MB, from the kernel. */
export function residentMb(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(match?.[1] ?? Number.NaN) / 1024
}
