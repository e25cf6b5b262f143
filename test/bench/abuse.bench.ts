import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as after } from 'node:timers/promises'
import { provision, type RunningBroker, residentMb, startBroker } from '../support/broker-process.ts'
import {
  BOMB_BYTES,
  BOMBS,
  CUT_WITHIN_MS,
  type Door,
  IDLE,
  MUTATED,
  type StrangersMessage,
  type StrangersReport,
  type StrangersTask,
} from './abuse-task.ts'
import { type Bench, percentile } from './bench.ts'
import { connectHub, fleetRegistry, type LoadHub, publishReadings, spo2Reading } from './fleet.ts'

/**
 * Strangers without an account, while one hub goes on sending: packets of 200 MB announced before authentication, idle
 * sockets, and mutated packets, over plain TCP and TLS. The hub has this process to itself.
 */

const PULSE_EVERY_MS = 50
const LIMITS = [
  { figure: 'grownMb', atMost: 60 },
  { figure: 'stillOpen', atMost: 0 },
  { figure: 'cutAfterMs', atMost: CUT_WITHIN_MS },
  { figure: 'p99Ms', atMost: 1_000 },
  { figure: 'hubLost', atMost: 0 },
  { figure: 'mutatedPackets', atLeast: MUTATED },
  { figure: 'mutatedConnections', atLeast: 2_000 },
  { figure: 'alive', atLeast: 1 },
]

/** Sends readings, one at a time, and measures each until its PUBACK. */
function pulse(hub: LoadHub) {
  const latencies: number[] = []
  let lost = 0
  let running = true
  const done = (async () => {
    for (let n = 1; running; n += 1) {
      const since = performance.now()
      const at = new Date(Date.now()).toISOString()
      await publishReadings(hub, [spo2Reading(0, n, 96, at)]).then(
        () => latencies.push(performance.now() - since),
        () => {
          lost += 1
        },
      )
      await after(PULSE_EVERY_MS)
    }
  })()
  return {
    async stop() {
      running = false
      await done
      return { latencies: latencies.sort((a, b) => a - b), lost }
    },
  }
}

/** Runs the strangers; `onCut` once the sockets of the first half are gone. @throws Error when they end without a report */
async function strangers(
  task: StrangersTask,
  onProgress: (text: string) => void,
  onCut: () => void,
): Promise<StrangersReport> {
  const child = fork(join(import.meta.dirname, 'abuse-strangers.child.ts'))
  try {
    const report = new Promise<StrangersReport>((resolve) => {
      child.on('message', (message: StrangersMessage) => {
        if ('report' in message) return resolve(message.report)
        if (message.cut === true) onCut()
        onProgress(message.progress)
      })
    })
    child.send(task)
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the strangers ended with ${code} and no report`)
    })
    return await Promise.race([report, ended])
  } finally {
    child.removeAllListeners('exit')
    child.kill('SIGKILL')
  }
}

async function measured(
  broker: RunningBroker,
  hub: LoadHub,
  authority: string,
  seed: number,
  onProgress: (text: string) => void,
) {
  const doors: Door[] = [
    { port: Number(new URL(broker.mqttUrl).port), secure: false },
    { port: Number(new URL(broker.tlsUrl).port), secure: true },
  ]
  const before = residentMb(broker.pid)
  let peak = before
  const watch = setInterval(() => {
    peak = Math.max(peak, residentMb(broker.pid))
  }, 100)
  let grownMb = Number.NaN
  // Of this process: how much of what the hub waits for is this machine and not the broker.
  const loop = monitorEventLoopDelay({ resolution: 10 })
  loop.enable()
  const healthy = pulse(hub)
  try {
    const report = await strangers({ doors, authority, seed }, onProgress, () => {
      grownMb = peak - before
    })
    const { latencies, lost } = await healthy.stop()
    loop.disable()
    const alive = (await fetch(`${broker.httpUrl}/healthz`)).ok ? 1 : 0
    return {
      grownMb,
      residentBeforeMb: before,
      ...report,
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      readings: latencies.length,
      hubLost: lost,
      ownLoopP99Ms: loop.percentile(99) / 1e6,
      alive,
    }
  } finally {
    clearInterval(watch)
  }
}

const load = (): string => loadavg()[0]?.toFixed(1) ?? '?'

export const bench: Bench = async ({ seed, onProgress }) => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-abuse-'))
  const secrets = await provision(dir, fleetRegistry(1, 1))
  const broker = await startBroker(dir, { tlsPort: 0 })
  try {
    const hub = await connectHub(broker.mqttUrl, secrets, 0)
    hub.client.on('error', () => undefined)
    const authority = readFileSync(join(dir, 'identity', 'ca.crt'), 'utf8')
    const loadBefore = load()
    const figures = await measured(broker, hub, authority, seed, onProgress)
    await hub.client.endAsync(true)
    return {
      figures,
      limits: LIMITS,
      conditions: {
        bombs: `${BOMBS} of ${BOMB_BYTES / 1024 / 1024} MB`,
        idleSockets: `${IDLE}, half of those to TLS without a handshake`,
        from: 'one address; broker, strangers and the healthy hub are a process each',
        cores: availableParallelism(),
        load: `${loadBefore} before, ${load()} after (one-minute average; strangers and broker are part of the second)`,
        node: process.version,
      },
    }
  } finally {
    await broker.stop(true)
    rmSync(dir, { recursive: true, force: true })
  }
}
