import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Command } from 'commander'
import { z } from 'zod'
import { PreCareError } from '../device-drivers/errors.ts'
import type { HubConfig } from './config.ts'
import { writeDurably } from './durable-file.ts'
import { type HubClock, pause } from './hub-clock.ts'
import { identityFolder, readIdentity } from './identity/slots.ts'
import { utcText } from './local-time.ts'
import { createLog } from './log.ts'
import { pendingFiles } from './outbox-aside.ts'
import { waitingRows } from './outbox-takeover.ts'
import { packageVersion } from './version.ts'
import { destroy, receiptOf, toDestroy, type WipeStep } from './wipe.ts'
import { planPath, readPlan, removePlan, type WipePlan, writePlan } from './wipe-plan.ts'

/** `hub wipe`: a hub on its way out of a home. */

/** Ten thousand readings over a slow mobile line, and the time to find it. */
const DRAIN_MS = 5 * 60_000
const LOOK_EVERY_MS = 250

export interface WipeCommandParts {
  readonly clock: HubClock
  readonly randomHex: (bytes: number) => string
  readonly configOf: (path: string) => HubConfig
  readonly print: (text: string) => void
  /** Number of this board, where it has one. */
  readonly machine: string | undefined
  readonly step?: WipeStep
}

interface WipeFlags {
  readonly config: string
  readonly dryRun?: boolean
  readonly loseUnsent?: boolean
  readonly receipt: string
  readonly drainSeconds: string
}

export function addWipeCommands(program: Command, parts: WipeCommandParts): void {
  program
    .command('wipe')
    .description('send what is unsent, then destroy all that this hub holds; the hub must not run')
    .requiredOption('--config <file>', 'configuration file (JSON); it is destroyed too')
    .option('--receipt <file>', 'where to write the signed receipt, for "broker installation end"', 'wipe-receipt.json')
    .option('--lose-unsent', 'destroy readings that the broker has not stored; they are gone for good')
    .option('--drain-seconds <n>', 'how long to try to send', String(DRAIN_MS / 1000))
    .option('--dry-run', 'say what would be destroyed, and destroy nothing')
    .action((flags: WipeFlags) => wipe(parts, flags))
}

interface OutboxFacts {
  readonly epoch: string
  readonly lastSequence: number
  readonly unsent: number
}

/** sqlite.org/rescode.html */
const SQLITE_BUSY = 5

/** A database that another process has open can't be had alone (sqlite.org/pragma.html#pragma_locking_mode). */
function refuseWhileRunning(path: string): void {
  if (!existsSync(path)) return
  const db = new DatabaseSync(path)
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; ROLLBACK')
  } catch (error) {
    // A file that is damaged runs nothing.
    if (!(error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY)) return
    throw new PreCareError('config-invalid', 'the hub runs with this configuration; stop it first', { cause: error })
  } finally {
    db.close()
  }
}

function factsOf(path: string): OutboxFacts {
  // A cut may have left only a file that was set aside: what it holds is counted once the outbox is there again.
  if (!existsSync(path)) return { epoch: '', lastSequence: 0, unsent: pendingFiles(path).length }
  const db = new DatabaseSync(path, { readOnly: true })
  const one = (sql: string) => Object.values(db.prepare(sql).get() ?? {})[0]
  try {
    let waiting = 0
    for (const _ of waitingRows(path, db)) waiting += 1
    return {
      epoch: String(one(`SELECT value FROM notes WHERE name = 'epoch'`) ?? ''),
      lastSequence: Number(one(`SELECT seq FROM sqlite_sequence WHERE name = 'rows'`) ?? 0),
      unsent: Number(one(`SELECT COUNT(*) FROM rows WHERE state IN ('held', 'queued')`)) + waiting,
    }
  } finally {
    db.close()
  }
}

/** The hub without its devices: it sends what it has, and hears of nothing new. */
async function drain(config: HubConfig, parts: WipeCommandParts, outbox: string, withinMs: number): Promise<void> {
  const { startHub } = await import('./hub.ts')
  const { clock, randomHex, machine } = parts
  const hub = startHub({
    ...{ clock, randomHex, drivers: [] },
    config: { ...config, devices: [], serial: [] },
    random: Math.random,
    log: createLog(config.hub, 'error'),
    version: packageVersion(),
    memory: () => process.memoryUsage.rss(),
    ...(machine === undefined ? {} : { machine }),
  })
  try {
    const until = clock.now() + withinMs
    // Files set aside first: to look through them each time would take longer than to send them.
    while (clock.now() < until && (pendingFiles(outbox).length > 0 || factsOf(outbox).unsent > 0)) {
      await pause(clock, LOOK_EVERY_MS, new AbortController().signal)
    }
  } finally {
    await hub.stop()
  }
}

const fileSchema = z.looseObject({ broker: z.looseObject({ passwordFile: z.string().optional() }) })

/** Outside the data folder: the configuration knows the addresses of devices, and perhaps a password. */
function besides(config: string): string[] {
  const { passwordFile } = fileSchema.parse(JSON.parse(readFileSync(config, 'utf8'))).broker
  const secret = passwordFile === undefined ? [] : [resolve(dirname(resolve(config)), passwordFile)]
  return [...secret.filter((path) => existsSync(path)), resolve(config)]
}

async function wipe(parts: WipeCommandParts, flags: WipeFlags): Promise<void> {
  const { print } = parts
  const begun = readPlan(flags.config)
  if (begun !== undefined) {
    refuseWhileRunning(join(begun.dataDir, 'outbox.db'))
    if (flags.dryRun === true) return tellPlan(print, begun.hub, 0, remaining(flags.config, begun))
    return finish(parts, flags.config, begun)
  }
  if (!existsSync(flags.config) && existsSync(flags.receipt)) {
    print(`${flags.config} is not there any more: this hub is wiped; the receipt is ${resolve(flags.receipt)}`)
    return
  }
  await begin(parts, flags)
}

async function begin(parts: WipeCommandParts, flags: WipeFlags): Promise<void> {
  const { clock, print, step } = parts
  const config = parts.configOf(flags.config)
  const { hub, dataDir } = config
  const outbox = join(dataDir, 'outbox.db')
  refuseWhileRunning(outbox)
  const receipt = resolve(flags.receipt)
  const plan = { hub, dataDir, outside: besides(flags.config), receipt, lost: 0 }
  if (flags.dryRun === true) {
    return tellPlan(print, hub, factsOf(outbox).unsent, remaining(flags.config, plan))
  }
  const drainSeconds = Number(flags.drainSeconds)
  if (!(drainSeconds >= 0)) throw new PreCareError('config-invalid', '--drain-seconds: write a number of seconds')
  if (receipt.startsWith(`${resolve(dataDir)}/`)) {
    throw new PreCareError('config-invalid', '--receipt: write a path outside the data folder, which is destroyed')
  }
  if (factsOf(outbox).unsent > 0) await drain(config, parts, outbox, drainSeconds * 1000)
  const { epoch, lastSequence, unsent: lost } = factsOf(outbox)
  if (lost > 0 && flags.loseUnsent !== true) {
    const message = `${lost} readings are unsent; bring the line up and try again, or --lose-unsent`
    throw new PreCareError('uplink-lost', message)
  }
  const now = clock.wall()
  // Now, and not before: looking at the outbox leaves files beside it.
  const destroyed = insideOf(flags.config, dataDir).map((path) => path.slice(dataDir.length + 1))
  const facts = { hub, epoch, lastSequence, lost, destroyed, ...(now !== undefined && { at: utcText(now) }) }
  const signed = receiptOf(facts, readIdentity(identityFolder(dataDir))?.key)
  step?.('receipt')
  writeDurably(receipt, `${JSON.stringify(signed)}\n`)
  step?.('plan')
  writePlan(flags.config, { ...plan, lost })
  finish(parts, flags.config, { ...plan, lost })
}

/** In the data folder, without what goes last. */
const insideOf = (config: string, dataDir: string): string[] =>
  toDestroy(resolve(dataDir)).filter((path) => path !== resolve(config) && path !== planPath(config))

const remaining = (config: string, { dataDir, outside }: WipePlan): string[] => [
  ...new Set([...insideOf(config, dataDir), ...outside.filter((path) => existsSync(path))]),
]

function tellPlan(print: (text: string) => void, hub: string, unsent: number, wouldDestroy: readonly string[]): void {
  print(JSON.stringify({ hub, unsent, wouldDestroy }, undefined, 2))
}

function finish({ print, step }: WipeCommandParts, config: string, plan: WipePlan): void {
  destroy(remaining(config, plan), step)
  step?.('remove plan')
  removePlan(config)
  print(`${plan.hub} is wiped; ${plan.lost} readings were lost; the receipt is ${plan.receipt}`)
}
