import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as after } from 'node:timers/promises'
import { type LoopDisk, makeLoopDisk } from '../support/loop-disk.ts'
import { seeded } from '../support/random.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { startVictim, type Victim } from '../support/victim.ts'
import { crashScenario, DOUBTFUL_DEVICES, HUB, planActs } from './crash-home.ts'
import { type HomeStage, setStage } from './home-stage.ts'
import { BUSY_MS, damageOf, judge, recordKey, storedCount, type Verdict } from './oracle.ts'

/** Cuts the power of hub and broker in turn, and compares what they had confirmed with what is left. */

export interface PowerCuts {
  readonly hubCuts: number
  readonly brokerCuts: number
  /** Different readings that a device, or the hub, had been told are safe, at the last cut. */
  readonly confirmedByHub: number
  readonly confirmedByBroker: number
  readonly lostByHub: number
  readonly lostByBroker: number
  readonly corrupt: number
  /** Of all that was measured, when everything has been handed over; absent unless asked for. */
  readonly verdict?: Verdict
}

const PER_DEVICE = 400
/** New confirmations between two cuts, so that each cut has something to lose. */
const NEW_AT_LEAST = 40
const NEW_WITHIN_MS = 90_000
const LOOK_EVERY_MS = 20
/** The cut comes so long after them at most. */
const SPREAD_MS = 300
/** What was said before the freeze is on its way no longer than this. */
const IN_FLIGHT_MS = 50

/** sqlite.org/rescode.html */
const SQLITE_READONLY_ROLLBACK = 776

export type Side = 'hub' | 'broker'

/** By record: what of its memory a device has deleted on the hub's word. It offers the oldest first. */
function confirmedByHub({ emitted, world }: HomeStage): Set<string> {
  const made = Map.groupBy(emitted, ({ device }) => device)
  const confirmed = new Set<string>()
  for (const [device, list] of made) {
    const simulated = world.devices.get(device)
    const stored = simulated !== undefined && 'stored' in simulated ? Number(simulated.stored) : 0
    for (const e of list.slice(0, list.length - stored)) confirmed.add(recordKey(e.device, e.source, e.hex))
  }
  return confirmed
}

/** A file or table that the cut took away holds nothing. */
function column(path: string, table: string, sql: string): string[] {
  if (!existsSync(path)) return []
  const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS })
  try {
    const known = db.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?`).get(table)
    if (known === undefined) return []
    return db
      .prepare(sql)
      .all()
      .map(({ value }) => String(value))
  } catch (error) {
    // Without syncs a cut can take the file back to before its first commit; the next start undoes what is left of it.
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_READONLY_ROLLBACK) return []
    throw error
  } finally {
    db.close()
  }
}

/** By id: what the hub will not send again. */
const confirmedByBroker = (outbox: string): Set<string> =>
  new Set(column(outbox, 'rows', `SELECT id AS value FROM rows WHERE state = 'receipted'`))

function keptByHub(outbox: string): Set<string> {
  return new Set(
    column(outbox, 'rows', 'SELECT body AS value FROM rows').map((body) => {
      const { device, raw } = JSON.parse(body) as { device: string; raw: { source: string; hex: string }[] }
      return recordKey(device, raw[0]?.source ?? '', raw[0]?.hex ?? '')
    }),
  )
}

const missing = (wanted: ReadonlySet<string>, kept: ReadonlySet<string>): number =>
  [...wanted].filter((key) => !kept.has(key)).length

/** Looks at a copy of the files, so that the process that starts next recovers them by itself. */
function lookAt<T>(mountPoint: string, scratch: string, file: string, look: (path: string) => T): T {
  rmSync(scratch, { recursive: true, force: true })
  mkdirSync(scratch)
  for (const name of readdirSync(mountPoint)) {
    if (name.startsWith(file)) cpSync(join(mountPoint, name), join(scratch, name))
  }
  return look(join(scratch, file))
}

export async function cutPower(options: {
  readonly seed: number
  /** Whose power is cut, in this order. */
  readonly cuts: readonly Side[]
  readonly tree?: string
  /** Acts of each of the ten devices. */
  readonly perDevice?: number
  /** Waits until everything has been handed over, and judges all of it. */
  readonly drain?: boolean
  readonly onProgress: (text: string) => void
}): Promise<PowerCuts> {
  const random = seeded(options.seed)
  const dir = mkdtempSync(join(tmpdir(), 'bench-powercut-'))
  const disks: LoopDisk[] = []
  const closers: (() => Promise<unknown>)[] = []
  const victims: Partial<Record<Side, Victim>> = {}
  try {
    const disk = { hub: makeLoopDisk(dir, 'hub-disk'), broker: makeLoopDisk(dir, 'broker-disk') }
    disks.push(disk.hub, disk.broker)
    const proxy = await startTcpProxy(0)
    closers.push(() => proxy.close())
    const scenario = crashScenario(false)
    const stage = await setStage({
      dir,
      scenario,
      hub: HUB,
      seed: options.seed,
      mqttPort: proxy.port,
      brokerDir: disk.broker.mountPoint,
      hubDir: disk.hub.mountPoint,
      ...(options.tree === undefined ? {} : { tree: options.tree }),
    })
    closers.push(() => stage.world.stop())
    disk.broker.sync()
    const start = (side: Side): void => {
      const args = side === 'hub' ? stage.hubArgs : stage.brokerArgs
      victims[side] = startVictim([process.execPath, ...args], side === 'hub' ? stage.hubEnv : {}, (line) => {
        if (line.includes('mqttUrl')) proxy.target = Number(new URL(String(JSON.parse(line)['mqttUrl'])).port)
      })
    }
    const outbox = join(stage.hubDir, 'outbox.db')
    const confirmed = { hub: () => confirmedByHub(stage), broker: () => confirmedByBroker(outbox) }
    const kept = {
      hub: keptByHub,
      broker: (path: string) => new Set(column(path, 'readings', 'SELECT id AS value FROM readings')),
    }
    const file = { hub: 'outbox.db', broker: 'journal.db' }
    const lost = { hub: 0, broker: 0 }
    const most = { hub: 0, broker: 0 }
    let corrupt = 0

    const cut = async (side: Side): Promise<void> => {
      const victim = victims[side]
      if (victim === undefined) throw new Error(`the ${side} does not run`)
      await victim.freeze()
      await after(IN_FLIGHT_MS)
      const promised = confirmed[side]()
      const image = disk[side].copy()
      await victim.kill()
      disk[side].replaceBy(image)
      const [damage, left] = lookAt(disk[side].mountPoint, join(dir, 'scratch'), file[side], (path) => {
        const found = damageOf(path)
        return [found, kept[side](path)] as const
      })
      corrupt += damage
      lost[side] += missing(promised, left)
      most[side] = Math.max(most[side], promised.size)
      start(side)
    }

    const acts = planActs(random, { serial: options.perDevice ?? PER_DEVICE, radio: 0 }, scenario)
    const { cuts } = options
    start('broker')
    start('hub')
    for (const [i, side] of cuts.entries()) {
      const share = acts.slice(
        Math.floor((i * acts.length) / cuts.length),
        Math.floor(((i + 1) * acts.length) / cuts.length),
      )
      const before = confirmed[side]().size
      const startedAt = performance.now()
      for (const act of share) stage.measure(act)
      while (performance.now() - startedAt < NEW_WITHIN_MS && confirmed[side]().size - before < NEW_AT_LEAST) {
        await after(LOOK_EVERY_MS)
      }
      if (confirmed[side]().size - before < NEW_AT_LEAST)
        throw new Error(
          `nothing moves:\n${Object.values(victims)
            .map((victim) => victim.said())
            .join('\n')}`,
        )
      await after(random() * SPREAD_MS)
      await cut(side)
    }
    options.onProgress(`${cuts.length} cuts, lost by hub ${lost.hub}, by broker ${lost.broker}`)
    while (options.drain === true && storedCount(stage.journalPath) < stage.emitted.length) await after(LOOK_EVERY_MS)
    return {
      hubCuts: cuts.filter((side) => side === 'hub').length,
      brokerCuts: cuts.filter((side) => side === 'broker').length,
      confirmedByHub: most.hub,
      confirmedByBroker: most.broker,
      lostByHub: lost.hub,
      lostByBroker: lost.broker,
      corrupt,
      ...(options.drain === true
        ? { verdict: judge(stage.journalPath, stage.emitted, scenario, DOUBTFUL_DEVICES) }
        : {}),
    }
  } finally {
    await Promise.all(Object.values(victims).map((victim) => victim.kill()))
    for (const close of closers.reverse()) await close()
    for (const disk of disks) disk.remove()
    rmSync(dir, { recursive: true, force: true })
  }
}
