import { createHash, randomInt, timingSafeEqual } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { PreCareError } from '../../device-drivers/errors.ts'
import { writeDurably } from '../durable-file.ts'

/**
 * The window during which a visit is possible. It is asked for with a file in the data folder, which only who may write
 * there can do (the command line, or the clinic's request); the hub answers within a second. Nothing listens otherwise.
 */

/** As long as a visit takes, coffee included; a forgotten window closes itself. */
export const MAX_MINUTES = 240
export const DEFAULT_MINUTES = 60
/** Eight digits, five attempts: one in 20 million to guess. */
const CODE_DIGITS = 8
export const CODE_ATTEMPTS = 5

const windowSchema = z.strictObject({
  /** The window is over when the machine is booted anew, or this much later on its monotonic clock. */
  bootId: z.string(),
  closesAt: z.number(),
  host: z.string(),
  port: z.int().min(0).max(65_535),
  /** SHA-256 of the code that a person types, hex. */
  code: z.string().regex(/^[0-9a-f]{64}$/),
})
export type VisitWindow = z.infer<typeof windowSchema>

/** Of the command line; whoever may write into the data folder may reach it. */
export const socketIn = (dataDir: string): string => join(dataDir, 'visit.sock')
const pathIn = (dataDir: string): string => join(dataDir, 'visit-window.json')
/** Key and certificate of the page, where it has them (window-certificate.ts). */
export const certificatePath = (dataDir: string): string => join(dataDir, 'visit-page.json')

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

export const newCode = (): string => String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0')

export interface WindowWish {
  readonly minutes: number
  readonly host: string
  readonly port: number
  readonly bootId: string
  /** Monotonic ms. */
  readonly now: number
}

/** Asks the hub for a window. @returns the code, which is written nowhere */
export function askForWindow(dataDir: string, wish: WindowWish, code: string): VisitWindow {
  if (!(wish.minutes >= 1 && wish.minutes <= MAX_MINUTES)) {
    throw new PreCareError('config-invalid', `--minutes: use 1 to ${MAX_MINUTES}`)
  }
  const { bootId, host, port } = wish
  const asked = { bootId, closesAt: wish.now + wish.minutes * 60_000, host, port, code: digest(code) }
  writeDurably(pathIn(dataDir), JSON.stringify(asked))
  return asked
}

/** The window that is asked for now; undefined when there is none, or it is over. */
export function readWindow(dataDir: string, bootId: string, now: number): VisitWindow | undefined {
  let text: string
  try {
    text = readFileSync(pathIn(dataDir), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const asked = windowSchema.safeParse(parsed(text)).data
  return asked !== undefined && asked.bootId === bootId && now < asked.closesAt ? asked : undefined
}

/** Its certificate ends with it. */
export function endWindow(dataDir: string): void {
  for (const path of [pathIn(dataDir), certificatePath(dataDir)]) rmSync(path, { force: true })
}

export function isCode(window: VisitWindow, given: string): boolean {
  return timingSafeEqual(Buffer.from(digest(given)), Buffer.from(window.code))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
