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
import { labelSvg, labelText } from './label.ts'
import { utcText } from './local-time.ts'
import { createLog } from './log.ts'
import { packageVersion } from './version.ts'
import { destroy, receiptOf, toDestroy } from './wipe.ts'

/** `hub wipe` and `hub label`: a hub on its way out of one home and into the next. */

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
}

interface WipeFlags {
  readonly config: string
  readonly dryRun?: boolean
  readonly loseUnsent?: boolean
  readonly receipt: string
  readonly drainSeconds: string
}

interface LabelFlags {
  readonly model: string
  readonly address: string
  readonly serial?: string
  readonly out: string
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
  program
    .command('label')
    .description('make the label for the box of this hub: serial number, model and address, and no secret')
    .requiredOption('--model <text>', 'model of the computer')
    .requiredOption('--address <url>', 'web address of whoever is asked about a hub that was found')
    .option('--serial <sn>', "serial number; by default the board's own")
    .requiredOption('--out <file>', 'SVG to write')
    .action((flags: LabelFlags) => label(parts, flags))
}

interface OutboxFacts {
  readonly epoch: string
  readonly lastSequence: number
  readonly unsent: number
}

/** A database that another process has open can't be had alone (sqlite.org/pragma.html#pragma_locking_mode). */
function refuseWhileRunning(path: string): void {
  if (!existsSync(path)) return
  const db = new DatabaseSync(path)
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; ROLLBACK')
  } catch (error) {
    throw new PreCareError('config-invalid', 'the hub runs with this configuration; stop it first', { cause: error })
  } finally {
    db.close()
  }
}

function factsOf(path: string): OutboxFacts {
  if (!existsSync(path)) return { epoch: '', lastSequence: 0, unsent: 0 }
  const db = new DatabaseSync(path, { readOnly: true })
  const one = (sql: string) => Object.values(db.prepare(sql).get() ?? {})[0]
  try {
    return {
      epoch: String(one(`SELECT value FROM notes WHERE name = 'epoch'`) ?? ''),
      lastSequence: Number(one(`SELECT seq FROM sqlite_sequence WHERE name = 'rows'`) ?? 0),
      unsent: Number(one(`SELECT COUNT(*) FROM rows WHERE state IN ('held', 'queued')`)),
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
    while (clock.now() < until && factsOf(outbox).unsent > 0) {
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
  const { clock, print } = parts
  const config = parts.configOf(flags.config)
  const { hub, dataDir } = config
  const outbox = join(dataDir, 'outbox.db')
  refuseWhileRunning(outbox)
  const last = resolve(flags.config)
  const present = () => toDestroy(dataDir).filter((path) => path !== last)
  const outside = besides(flags.config)
  if (flags.dryRun === true) {
    print(
      JSON.stringify({ hub, unsent: factsOf(outbox).unsent, wouldDestroy: [...present(), ...outside] }, undefined, 2),
    )
    return
  }
  const drainSeconds = Number(flags.drainSeconds)
  if (!(drainSeconds >= 0)) throw new PreCareError('config-invalid', '--drain-seconds: write a number of seconds')
  if (factsOf(outbox).unsent > 0) await drain(config, parts, outbox, drainSeconds * 1000)
  const { epoch, lastSequence, unsent } = factsOf(outbox)
  if (unsent > 0 && flags.loseUnsent !== true) {
    const message = `${unsent} readings are unsent; bring the line up and try again, or --lose-unsent`
    throw new PreCareError('uplink-lost', message)
  }
  // Looking at the outbox has left files beside it.
  const inside = present()
  const receipt = resolve(flags.receipt)
  if (receipt.startsWith(`${resolve(dataDir)}/`)) {
    throw new PreCareError('config-invalid', '--receipt: write a path outside the data folder, which is destroyed')
  }
  // What was interrupted goes on with the receipt of the first try: the key that signed it may be gone.
  if (!existsSync(receipt) || existsSync(outbox)) {
    const now = clock.wall()
    const destroyed = inside.map((path) => path.slice(dataDir.length + 1))
    const facts = { hub, epoch, lastSequence, lost: unsent, destroyed, ...(now !== undefined && { at: utcText(now) }) }
    const signed = receiptOf(facts, readIdentity(identityFolder(dataDir))?.key)
    if (signed.signature !== undefined || !existsSync(receipt)) writeDurably(receipt, `${JSON.stringify(signed)}\n`)
  }
  destroy([...inside, ...outside])
  print(`${hub} is wiped; ${unsent} readings were lost; the receipt is ${receipt}`)
}

async function label({ machine, print }: WipeCommandParts, flags: LabelFlags): Promise<void> {
  const serial = flags.serial ?? machine
  if (serial === undefined) {
    throw new PreCareError('config-invalid', '--serial: this machine has no number of its own; write one')
  }
  if (!/^https?:\/\/\S+$/.test(flags.address) || !URL.canParse(flags.address)) {
    throw new PreCareError('config-invalid', '--address: write a web address, as "https://clinic.example"')
  }
  const facts = { serial, model: flags.model, address: flags.address }
  const qrcode = await import('qrcode')
  const code = await qrcode.toString(labelText(facts), { type: 'svg', margin: 0 })
  writeDurably(flags.out, labelSvg(facts, code), 0o644)
  print(`${flags.out} is the label of ${serial}`)
}
