import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { z } from 'zod'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { writeDurably } from '../durable-file.ts'
import { type HubClock, pause } from '../hub-clock.ts'
import { invitationOf } from '../identity/commands.ts'
import { enrol } from '../identity/enrol.ts'
import { identityFolder } from '../identity/slots.ts'
import type { Log } from '../log.ts'
import { blankDesk } from './blank-hub.ts'
import { originsOf } from './reachable.ts'
import { openVisitServer } from './server.ts'
import { askForWindow, endWindow, newCode, readWindow, socketIn } from './window.ts'
import { windowCertificate, windowFingerprint } from './window-certificate.ts'

/** Makes a hub of a blank computer: its page asks for the clinic's code, and what comes of it is a configuration file. */

const LOOK_EVERY_MS = 250

export interface SetupParts {
  readonly clock: HubClock
  readonly log: Log
  readonly print: (text: string) => void
  /** Number of the board, as the clinic made the code for it. */
  readonly serial: string
  readonly software: string
}

export interface SetupWish {
  readonly dataDir: string
  /** Configuration file to write. */
  readonly config: string
  /** JSON with fields that the configuration is to have besides, as `bluetooth`; of the image, not of the home. */
  readonly base?: string
  readonly host: string
  readonly port: number
  readonly minutes: number
}

const baseSchema = z.record(z.string(), z.unknown())

/** @throws PreCareError 'config-invalid' naming the file */
function baseOf(path: string | undefined): Record<string, unknown> {
  if (path === undefined) return {}
  try {
    return baseSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    throw new PreCareError('config-invalid', `--base: ${path}: ${messageOf(error)}`, { cause: error })
  }
}

/**
 * Resolves when the hub is enrolled and its configuration is on the disk; the window stays open under the same code, for
 * the running hub to go on with. A cut in between costs nothing: the same code may be given again.
 *
 * @throws PreCareError 'config-invalid' where there is a hub already, 'visit-refused' when the window ends before
 */
export async function setUp(wish: SetupWish, parts: SetupParts): Promise<void> {
  const { clock, log, print, serial, software } = parts
  const { dataDir, config, host } = wish
  if (existsSync(config)) throw new PreCareError('config-invalid', `${config}: is there already; this hub is not blank`)
  const base = baseOf(wish.base)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const code = newCode()
  const window = askForWindow(dataDir, { ...wish, bootId: clock.bootId, now: clock.now() }, code)
  const done = new AbortController()
  const desk = blankDesk({
    serial,
    software,
    async enrol(given) {
      const { hub, mqttUrl } = await enrol({ ...invitationOf(given), serial, folder: identityFolder(dataDir) }, clock)
      const folder = relative(dirname(resolve(config)), resolve(dataDir)) || '.'
      const content = { ...base, hub, dataDir: folder, broker: { url: mqttUrl } }
      writeDurably(config, `${JSON.stringify(content, undefined, 2)}\n`)
      return hub
    },
    onEnrolled: () => done.abort(),
  })
  const close = () => endWindow(dataDir)
  const tls = await windowCertificate(dataDir, window, clock)
  const page = await openVisitServer({ window, desk, log, close, ...(tls && { tls }) })
  const socket = await openVisitServer({ window, desk, log, close, socket: socketIn(dataDir) })
  try {
    const port = Number(new URL(page.url).port)
    for (const origin of originsOf(host, port)) print(`${origin}/  code ${code}  serial ${serial}`)
    const fingerprint = windowFingerprint(dataDir, window)
    if (fingerprint !== undefined) print(`certificate SHA-256 ${fingerprint}`)
    while (!done.signal.aborted && readWindow(dataDir, clock.bootId, clock.now()) !== undefined) {
      await pause(clock, LOOK_EVERY_MS, done.signal)
    }
  } finally {
    await Promise.all([page.close(), socket.close()])
  }
  if (done.signal.aborted) {
    // The port that was taken is the one the technician's phone knows.
    const port = Number(new URL(page.url).port)
    askForWindow(dataDir, { ...wish, port, bootId: clock.bootId, now: clock.now() }, code)
    return
  }
  close()
  throw new PreCareError('visit-refused', 'the window ended before this hub was enrolled; start again')
}

/** Beside the data, so that a wiped hub is a blank one. */
export const defaultConfig = (dataDir: string): string => join(dataDir, 'config.json')
