import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { sync, writeDurably } from './durable-file.ts'

/**
 * What a wipe that has begun must finish, beside the configuration file. From the first file that is destroyed on, neither
 * configuration nor outbox can be relied upon, so that a repeat after a power cut asks for nothing but this. It holds
 * paths and no secret, and goes last.
 */

const planSchema = z.strictObject({
  hub: z.string(),
  dataDir: z.string(),
  /** Files elsewhere, in the order in which they go; the last is the configuration. */
  outside: z.array(z.string()),
  receipt: z.string(),
  /** Readings that the broker has not stored. */
  lost: z.int(),
})
export type WipePlan = z.infer<typeof planSchema>

export const planPath = (config: string): string => `${resolve(config)}.wiping`

/** Undefined when no wipe has begun. @throws PreCareError 'config-invalid' naming a file that somebody has changed */
export function readPlan(config: string): WipePlan | undefined {
  const path = planPath(config)
  if (!existsSync(path)) return undefined
  try {
    return planSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    const message = `${path}: cannot be read (${messageOf(error)}); destroy the data folder by hand`
    throw new PreCareError('config-invalid', message, { cause: error })
  }
}

export const writePlan = (config: string, plan: WipePlan): void => writeDurably(planPath(config), JSON.stringify(plan))

export function removePlan(config: string): void {
  rmSync(planPath(config), { force: true })
  sync(dirname(planPath(config)))
}

/** A hub that is half gone measures for nobody. @throws PreCareError 'config-invalid' */
export function refuseHalfWiped(config: string): void {
  if (!existsSync(planPath(config))) return
  throw new PreCareError('config-invalid', `${planPath(config)}: a wipe was interrupted; run "hub wipe" again`)
}
