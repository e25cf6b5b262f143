import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { PreCareError } from '../../device-drivers/errors.ts'
import type { HubConfig } from '../config.ts'
import { type HubClock, pause } from '../hub-clock.ts'
import { identityFolder, readIdentity } from '../identity/slots.ts'
import type { Log } from '../log.ts'
import { refuseHalfWiped } from '../wipe-plan.ts'
import { ask, notThere, viewOf } from './ask-hub.ts'
import { lineOf, linesOf } from './command-lines.ts'
import { isLoopback, originsOf } from './reachable.ts'
import type { Language } from './sentences.ts'
import { askForWindow, DEFAULT_MINUTES, endWindow, newCode, readWindow } from './window.ts'
import { windowFingerprint } from './window-certificate.ts'

/** `hub visit ...`: the steps of a visit on the command line, through the same doors as the page. */

const DEFAULT_PORT = 8090
/** A hub looks once a second. */
const OPENS_WITHIN_MS = 10_000
const POLL_MS = 500

export interface VisitCommandParts {
  readonly clock: HubClock
  readonly configOf: (path: string) => HubConfig
  readonly print: (text: string) => void
  /** Number of this board, where it has one. */
  readonly machine: string | undefined
  readonly software: string
  readonly log: Log
  /** Goes on as the running hub, until it is told to stop. */
  readonly run: (config: string) => Promise<void>
}

/** Hangs the commands below `program`. */
export function addVisitCommands(program: Command, parts: VisitCommandParts): void {
  const visit = program.command('visit').description('set up the devices of a home, step by step; the hub must run')
  const step = (name: string, description: string) =>
    visit
      .command(name)
      .description(description)
      .requiredOption('--config <file>', 'configuration file of the hub (JSON)')
      .option('--language <da|en>', 'language of sentences', 'da')

  visit
    .command('setup')
    .description('make a hub of this blank computer: the page asks for the code of the clinic; then runs as that hub')
    .requiredOption('--data <dir>', 'folder for all that the hub keeps')
    .option('--config <file>', 'configuration file to write; by default config.json in that folder')
    .option('--base <file>', 'JSON with further fields of the configuration, as "bluetooth"')
    .option('--serial <sn>', "serial number of this hub; by default the board's own")
    .option('--minutes <n>', 'how long the page waits', String(DEFAULT_MINUTES))
    .option('--host <address>', 'where the page listens; another than 127.0.0.1 is served over TLS', '127.0.0.1')
    .option('--port <n>', 'its port', String(DEFAULT_PORT))
    .action((flags: SetupFlags) => setup(parts, flags))

  step('open', 'open the window in which the page answers, and print its code')
    .option('--minutes <n>', 'how long', String(DEFAULT_MINUTES))
    .option('--host <address>', 'where the page listens; another than 127.0.0.1 is served over TLS', '127.0.0.1')
    .option('--port <n>', 'its port', String(DEFAULT_PORT))
    .action((flags: OpenFlags) => open(parts, flags))
  step('close', 'close the window').action(({ config }: Flags) => endWindow(parts.configOf(config).dataDir))
  step('status', 'show how far the visit is').action((flags: Flags) => show(parts, flags, 'GET', '/api/visit'))
  step('refresh', 'ask the clinic what is to stand here').action((flags: Flags) =>
    show(parts, flags, 'POST', '/api/refresh'),
  )
  step('search', 'listen for a device of the kit')
    .argument('<device>')
    .action((id: string, flags: Flags) => follow(parts, flags, id, 'search', undefined))
  step('choose', 'bind the device that was found, and wait for its test measurement')
    .argument('<device>')
    .argument('<place>', 'its Bluetooth address, or its serial port')
    .option('--passkey <digits>', 'six digits that the device shows')
    .action((id: string, place: string, flags: Flags & { passkey?: string }) =>
      follow(parts, flags, id, 'choose', {
        place: /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(place) ? { address: place.toLowerCase() } : { target: place },
        ...(flags.passkey === undefined ? {} : { passkey: flags.passkey }),
      }),
    )
  step('again', 'measure once more')
    .argument('<device>')
    .action((id: string, flags: Flags) => follow(parts, flags, id, 'again', undefined))
  step('confirm', 'the value shown here and on the device are the same')
    .argument('<device>')
    .action((id: string, flags: Flags) => show(parts, flags, 'POST', `/api/steps/${id}/confirm`))
  step('skip', 'leave a device out')
    .argument('<device>')
    .argument('<reason>', 'not-delivered, defective or later')
    .action((id: string, reason: string, flags: Flags) =>
      show(parts, flags, 'POST', `/api/steps/${id}/skip`, { reason }),
    )
  step('finish', 'sign the report and hand it to the clinic').action((flags: Flags) =>
    show(parts, flags, 'POST', '/api/finish'),
  )
}

interface Flags {
  readonly config: string
  readonly language: string
}
interface OpenFlags extends Flags {
  readonly minutes: string
  readonly host: string
  readonly port: string
}

interface SetupFlags {
  readonly data: string
  readonly config?: string
  readonly base?: string
  readonly serial?: string
  readonly minutes: string
  readonly host: string
  readonly port: string
}

async function setup(parts: VisitCommandParts, flags: SetupFlags): Promise<void> {
  const { data: dataDir, base, host } = flags
  const serial = flags.serial ?? parts.machine
  if (serial === undefined) {
    throw new PreCareError('config-invalid', '--serial: this machine has no number of its own; write its label’s')
  }
  const { setUp, defaultConfig } = await import('./setup.ts')
  const config = flags.config ?? defaultConfig(dataDir)
  refuseHalfWiped(config)
  // A hub that lost its power on the way goes on as what it has become.
  if (!existsSync(config)) {
    const wish = { dataDir, config, host, port: Number(flags.port), minutes: Number(flags.minutes) }
    await setUp({ ...wish, ...(base === undefined ? {} : { base }) }, { ...parts, serial })
  }
  await parts.run(config)
}

async function open({ clock, configOf, print }: VisitCommandParts, flags: OpenFlags): Promise<void> {
  const { dataDir } = configOf(flags.config)
  if (readIdentity(identityFolder(dataDir)) === undefined) {
    throw new PreCareError('uplink-refused', 'this hub is not enrolled; run "hub enrol" first')
  }
  const code = newCode()
  const { bootId } = clock
  const wish = { minutes: Number(flags.minutes), host: flags.host, port: Number(flags.port), bootId }
  const window = askForWindow(dataDir, { ...wish, now: clock.now() }, code)
  const until = clock.now() + OPENS_WITHIN_MS
  while (clock.now() < until) {
    try {
      await ask(dataDir, 'GET', '/api/visit')
      const fingerprint = windowFingerprint(dataDir, window)
      // Until then the page of an earlier window has answered.
      if (fingerprint !== undefined || isLoopback(flags.host)) {
        for (const origin of originsOf(flags.host, wish.port)) print(`${origin}/  code ${code}  (${flags.minutes} min)`)
        if (fingerprint !== undefined) print(`certificate SHA-256 ${fingerprint}`)
        return
      }
    } catch (error) {
      if (!notThere(error)) throw error
    }
    await pause(clock, POLL_MS, new AbortController().signal)
  }
  endWindow(dataDir)
  throw new PreCareError('listen-failed', 'the hub does not answer; does it run with this configuration?')
}

function folderOf({ clock, configOf }: VisitCommandParts, { config }: Flags): string {
  const { dataDir } = configOf(config)
  if (readWindow(dataDir, clock.bootId, clock.now()) !== undefined) return dataDir
  throw new PreCareError('visit-refused', 'no window is open; run "hub visit open" first')
}

async function show(
  parts: VisitCommandParts,
  flags: Flags,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<void> {
  const view = viewOf(await ask(folderOf(parts, flags), method, path, body), languageOf(flags))
  for (const line of linesOf(view, languageOf(flags))) parts.print(line)
}

/** Starts a step and tells how it goes until a person is needed. */
async function follow(
  parts: VisitCommandParts,
  flags: Flags,
  id: string,
  what: 'search' | 'choose' | 'again',
  body: unknown,
): Promise<void> {
  const folder = folderOf(parts, flags)
  let view = viewOf(await ask(folder, 'POST', `/api/steps/${id}/${what}`, body), languageOf(flags))
  for (let said = ''; ; ) {
    const step = view.steps.find((one) => one.id === id)
    if (step === undefined) return
    const line = lineOf(step, languageOf(flags))
    if (line !== said) parts.print(line)
    said = line
    if (step.doing === undefined || step.failure !== undefined) return
    if (step.candidates.length + step.ports.length > 0) return
    await pause(parts.clock, POLL_MS, new AbortController().signal)
    view = viewOf(await ask(folder, 'GET', '/api/visit'), languageOf(flags))
  }
}

const languageOf = ({ language }: Flags): Language => (language === 'en' ? 'en' : 'da')
