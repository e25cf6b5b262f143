import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { seeded } from '../support/random.ts'
import { Supervised } from '../support/supervised.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import type { Bench } from './bench.ts'
import { type FaultTargets, planFaults, strike } from './crash-faults.ts'
import { crashScenario, DOUBTFUL_DEVICES, HUB, planActs } from './crash-home.ts'
import { type HomeStage, setStage } from './home-stage.ts'
import { damageOf, judge, storedCount } from './oracle.ts'

/**
 * Hub, broker and the line between them are broken again and again while devices with full memories hand over their
 * records. Afterwards every record is stored once, and the alerts are those of the batch evaluator.
 */

const SECS = 45
const PER_SERIAL_DEVICE = 420
const PER_RADIO_DEVICE = 25
/** Part of the records that lie in the memories before the hub is there. */
const STORED_BEFORE = 0.4
/** Longer than the hub's back-off after so short outages: who is silent for so long has nothing left. */
const STILL_MS = 25_000
const LOOK_EVERY_MS = 250
/** A few acts at a time, so that something is always on its way. */
const MEASURE_EVERY_MS = 40
const MIN_READINGS = 4_000
const MIN_OF_EACH = 15
const MIN_FAULTS = 50
/** The last words of a process that ended by itself. */
const DIED = /"(event|msg)":"(uncaught|unhandled|failed|outbox-broken)"/

/** Hands the rest of the plan to the devices, evenly over the time. */
async function measureAlong(stage: HomeStage, acts: ReturnType<typeof planActs>, ms: number): Promise<void> {
  const startedAt = performance.now()
  let next = 0
  while (next < acts.length) {
    const due = Math.min(acts.length, Math.ceil(((performance.now() - startedAt) / ms) * acts.length))
    for (const act of acts.slice(next, due)) stage.measure(act)
    next = Math.max(next, due)
    await after(MEASURE_EVERY_MS)
  }
}

/** Until everything is stored, or nothing more comes. */
async function drained(stage: HomeStage): Promise<number> {
  const startedAt = performance.now()
  let movedAt = startedAt
  let stored = 0
  while (performance.now() - movedAt < STILL_MS && stored < stage.emitted.length) {
    await after(LOOK_EVERY_MS)
    const now = storedCount(stage.journalPath)
    if (now > stored) movedAt = performance.now()
    stored = now
  }
  return (performance.now() - startedAt) / 1000
}

export const bench: Bench = async ({ seed, secs = SECS, onProgress }) => {
  onProgress(`seed ${seed}: a run with the same seed meets the same faults`)
  const dir = mkdtempSync(join(tmpdir(), 'bench-crash-'))
  const random = seeded(seed)
  const scenario = crashScenario(true)
  const proxy = await startTcpProxy(0)
  const stage = await setStage({ dir, scenario, hub: HUB, seed, mqttPort: proxy.port })
  const acts = planActs(random, { serial: PER_SERIAL_DEVICE, radio: PER_RADIO_DEVICE }, scenario)
  const before = Math.floor(acts.length * STORED_BEFORE)
  for (const act of acts.slice(0, before)) stage.measure(act)

  let died = 0
  const lastWords: string[] = []
  const hear = (line: string): void => {
    if (DIED.test(line)) {
      died += 1
      lastWords.push(line)
    }
    if (line.includes('"event":"ready"') && line.includes('mqttUrl')) {
      proxy.target = Number(new URL(String(JSON.parse(line)['mqttUrl'])).port)
    }
  }
  const broker = new Supervised('broker', stage.brokerArgs, {}, hear)
  const hub = new Supervised('hub', stage.hubArgs, stage.hubEnv, hear)
  try {
    const targets: FaultTargets = { hub, broker, proxy }
    const faults = planFaults(random, secs)
    const measuring = measureAlong(stage, acts.slice(before), secs * 900)
    const startedAt = performance.now()
    for (const fault of faults) {
      await after(Math.max(0, fault.atMs - (performance.now() - startedAt)))
      await strike(fault, targets)
    }
    await measuring
    onProgress(`${faults.length} faults done, ${storedCount(stage.journalPath)} of ${stage.emitted.length} stored`)
    const drainS = await drained(stage)
    await hub.stop()
    await broker.stop()
    const verdict = judge(stage.journalPath, stage.emitted, scenario, DOUBTFUL_DEVICES)
    for (const what of ['lost', 'twice', 'invented', 'alertsWrong'] as const) {
      if (verdict[what].length > 0) onProgress(`${what}: ${verdict[what].slice(0, 5).join('\n      ')}`)
    }
    for (const line of lastWords.slice(0, 5)) onProgress(line)
    const count = (kind: string): number => faults.filter((fault) => fault.kind === kind).length
    return {
      figures: {
        readings: stage.emitted.length,
        faults: faults.length,
        hubKills: count('hub-killed'),
        brokerKills: count('broker-killed'),
        networkCuts: count('network'),
        lost: verdict.lost.length,
        countedTwice: verdict.twice.length,
        invented: verdict.invented.length,
        feedDifference: verdict.feedDifference,
        gaps: verdict.gaps,
        quarantinedOrHeld: verdict.quarantined + verdict.held,
        forgottenByDevices: stage.forgotten.length,
        alerts: verdict.alerts,
        alertsWrong: verdict.alertsWrong.length,
        timesWrong: verdict.timesWrong,
        corrupt: verdict.corrupt + damageOf(join(stage.hubDir, 'outbox.db')),
        diedByThemselves: died,
        drainS,
      },
      limits: [
        { figure: 'readings', atLeast: MIN_READINGS },
        { figure: 'faults', atLeast: MIN_FAULTS },
        ...['hubKills', 'brokerKills', 'networkCuts'].map((figure) => ({ figure, atLeast: MIN_OF_EACH })),
        ...[
          'lost',
          'countedTwice',
          'invented',
          'feedDifference',
          'gaps',
          'quarantinedOrHeld',
          'forgottenByDevices',
        ].map((figure) => ({ figure, atMost: 0 })),
        { figure: 'alerts', atLeast: 10 },
        { figure: 'alertsWrong', atMost: 0 },
        { figure: 'timesWrong', atMost: 0 },
        { figure: 'corrupt', atMost: 0 },
        { figure: 'diedByThemselves', atMost: 0 },
      ],
      conditions: { seed, secs, devices: scenario.devices.length, node: process.version },
    }
  } finally {
    await Promise.all([hub.stop(), broker.stop()])
    await stage.world.stop()
    await proxy.close()
    rmSync(dir, { recursive: true, force: true })
  }
}
