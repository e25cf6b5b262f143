import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as after } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { crashScenario, DOUBTFUL_DEVICES, HUB, planActs } from '../bench/crash-home.ts'
import { type HomeStage, type StageOptions, setStage } from '../bench/home-stage.ts'
import { BUSY_MS, damageOf, judge, storedCount } from '../bench/oracle.ts'
import { seeded } from '../support/random.ts'
import { Supervised } from '../support/supervised.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

/**
 * A whole chain for one fault: ten oximeters with memories in this process, the hub and the broker in processes of their
 * own that are started again when they end, and a line between them that can be disturbed.
 */
export interface FaultStage {
  readonly stage: HomeStage
  readonly hub: Supervised
  readonly broker: Supervised
  readonly proxy: TcpProxy
  /**
   * How long the hub took from its process to its word 'started', ms: what a restart takes on this machine at this
   * moment, which may have much else to do.
   */
  startMs(): number
  /** Every line that hub and broker wrote, parsed, in order of arrival. */
  readonly lines: readonly (Readonly<Record<string, unknown>> & { readonly who: 'hub' | 'broker' })[]
  /** Measures the next so many acts of the plan. */
  measure(acts: number): void
  /** Different records in the journal. */
  stored(): number
  /** Readings in the hub's outbox that have no receipt yet. */
  unsent(): number
  /** Pieces of what devices said that could not be read, and were kept at the hub. */
  rejected(): number
  /** A counter of the broker, summed over hubs. */
  metric(name: string): Promise<number>
  /** HTTP status of the broker's answer. */
  status(path: string): Promise<number>
  /** So many lines of that event and process. */
  heard(who: 'hub' | 'broker', event: string): number
  /**
   * The post-condition of every fault: when the devices have handed over everything, each record is stored once, none
   * is invented, alerts are those of the batch evaluator, times are right, both databases are sound and nothing lies in
   * quarantine.
   */
  allIsWell(): Promise<void>
}

const LOOK_EVERY_MS = 20
/** The broker answers 300 requests a minute. */
const ASK_EVERY_MS = 250
const ACTS_PER_DEVICE = 60

interface Parts {
  readonly seed?: number
  readonly where?: Pick<StageOptions, 'brokerDir' | 'hubDir' | 'serialLine'>
  readonly brokerEnv?: Record<string, string>
  /** Added to the broker's arguments. */
  readonly brokerFlags?: readonly string[]
}

function countAt(path: string, table: string): number {
  const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS })
  try {
    return Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'])
  } finally {
    db.close()
  }
}

/** Looks now and then; the test's own time limit ends it. */
export async function becomes(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (;;) {
    const told = condition()
    if (await told) return
    await after(typeof told === 'boolean' ? LOOK_EVERY_MS : ASK_EVERY_MS)
  }
}

/** Everything is stopped and removed when the test is over. */
export async function startStage({
  seed = 5,
  where = {},
  brokerEnv = {},
  brokerFlags = [],
}: Parts = {}): Promise<FaultStage> {
  const dir = mkdtempSync(join(tmpdir(), 'precare-fault-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const proxy = await startTcpProxy(0)
  onTestFinished(() => proxy.close())
  const scenario = crashScenario(false)
  const stage = await setStage({ dir, scenario, hub: HUB, seed, mqttPort: proxy.port, ...where })
  onTestFinished(() => stage.world.stop())
  const acts = planActs(seeded(seed), { serial: ACTS_PER_DEVICE, radio: 0 }, scenario)
  const begun = performance.now()
  let startMs = Number.NaN
  const lines: (Record<string, unknown> & { who: 'hub' | 'broker' })[] = []
  let httpUrl = ''
  const hear = (who: 'hub' | 'broker') => (text: string) => {
    if (!text.startsWith('{')) return
    const line = JSON.parse(text) as Record<string, unknown>
    lines.push({ ...line, who })
    if (who === 'hub' && line['event'] === 'started' && Number.isNaN(startMs)) startMs = performance.now() - begun
    if (who !== 'broker' || line['event'] !== 'ready') return
    proxy.target = Number(new URL(String(line['mqttUrl'])).port)
    httpUrl = String(line['httpUrl'])
  }
  const broker = new Supervised('broker', [...stage.brokerArgs, ...brokerFlags], brokerEnv, hear('broker'))
  const hub = new Supervised('hub', stage.hubArgs, stage.hubEnv, hear('hub'))
  const stop = async () => void (await Promise.all([hub.stop(), broker.stop()]))
  onTestFinished(stop)
  const heard: FaultStage['heard'] = (who, event) => lines.filter((l) => l.who === who && l['event'] === event).length
  await becomes(() => heard('broker', 'ready') > 0)
  let measured = 0
  const outbox = join(stage.hubDir, 'outbox.db')
  const stored = () => storedCount(stage.journalPath)
  return {
    stage,
    startMs: () => startMs,
    hub,
    broker,
    proxy,
    lines,
    heard,
    stored,
    measure(count) {
      for (const act of acts.slice(measured, measured + count)) stage.measure(act)
      measured += count
    },
    unsent: () => countAt(outbox, `rows WHERE state <> 'receipted'`),
    rejected: () => countAt(outbox, 'rejected'),
    async metric(name) {
      const answer = await fetch(`${httpUrl}/metrics`)
      const text = await answer.text()
      if (!text.includes(`# TYPE precare_${name} `)) throw new Error(`no metric ${name}: HTTP ${answer.status}`)
      const values = text.matchAll(new RegExp(`^precare_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))
      return Array.from(values, ([, value]) => Number(value)).reduce((sum, value) => sum + value, 0)
    },
    status: async (path) => (await fetch(`${httpUrl}${path}`)).status,
    async allIsWell() {
      const wanted = stage.emitted.length
      expect(wanted, 'something was measured').toBeGreaterThan(0)
      await becomes(() => stored() >= wanted)
      await stop()
      const { lost, twice, invented, alertsWrong, alerts, ...verdict } = judge(
        stage.journalPath,
        stage.emitted,
        scenario,
        DOUBTFUL_DEVICES,
      )
      const story = `${hub.said.slice(-2_000)}\n${broker.said.slice(-2_000)}`
      expect({ lost, twice, invented, alertsWrong }, story).toEqual({
        lost: [],
        twice: [],
        invented: [],
        alertsWrong: [],
      })
      const nothing = { timesWrong: 0, feedDifference: 0, gaps: 0, quarantined: 0, held: 0, corrupt: 0 }
      expect(verdict, story).toEqual({ ...nothing, stored: wanted })
      expect(alerts, 'some act was beyond a limit').toBeGreaterThan(0)
      expect(damageOf(outbox)).toBe(0)
      expect(stage.forgotten, 'no device had to forget a record').toEqual([])
    },
  }
}
