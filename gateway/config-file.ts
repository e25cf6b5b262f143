import { isPreCareError } from '../device-drivers/errors.ts'
import { drivers } from '../device-drivers/index.ts'
import { type HubConfig, loadConfig, parseConfig } from './config.ts'
import { EXIT } from './exit-codes.ts'
import { startTrial, type Trial } from './snapshots.ts'
import { refuseHalfWiped } from './wipe-plan.ts'

/** The configuration file of a process: says what is wrong with it, and ends the process where it can't go on. */

function sayUnusable(path: string, { message }: Error): void {
  process.stderr.write(`${path} can't be used:\n${message.replaceAll(/^/gm, '  ')}\n`)
}

/** Ends the process when the file can't be used. @param code what the service manager is told then */
export function configOrExit(path: string, code: number = EXIT.config): HubConfig {
  try {
    return loadConfig(path, { drivers })
  } catch (error) {
    if (!isPreCareError(error, 'config-invalid')) throw error
    sayUnusable(path, error)
    return process.exit(code)
  }
}

export interface ToRun {
  readonly config: HubConfig
  /** Of the configuration; absent without a folder for snapshots. */
  readonly trial?: Trial
}

/**
 * The configuration in the file, or the last good one in its place. Ends the process when there is neither.
 *
 * @param folder of snapshots; absent: no configuration is on trial
 * @param code what the service manager is told then
 */
export function configToRun(path: string, folder: string | undefined, bootId: string, code: number): ToRun {
  if (folder === undefined) return { config: configOrExit(path, code) }
  let given: HubConfig | undefined
  try {
    given = loadConfig(path, { drivers })
  } catch (error) {
    if (!isPreCareError(error, 'config-invalid')) throw error
    sayUnusable(path, error)
  }
  const trial = startTrial(folder, given && JSON.stringify(given), bootId)
  if (trial?.used === 'given' && given !== undefined) return { trial, config: given }
  const good = trial === undefined ? undefined : snapshotOf(trial.text)
  if (trial !== undefined && good !== undefined) return { trial, config: good }
  // Nothing to fall back on after all: what is given runs, or nothing does.
  return given === undefined ? process.exit(code) : { config: given }
}

/** Undefined when a card has damaged it, or another release wrote it that knew more. */
function snapshotOf(text: string): HubConfig | undefined {
  try {
    return parseConfig(JSON.parse(text), { drivers }, () => '')
  } catch (error) {
    if (!(error instanceof SyntaxError) && !isPreCareError(error, 'config-invalid')) throw error
    // The parser quotes what it read, which may be the password.
    sayUnusable('the last good configuration', error instanceof SyntaxError ? new Error('it is no JSON') : error)
    return undefined
  }
}

/** Ends the process where a hub was wiped half. */
export function halfWipedOrExit(path: string): void {
  try {
    refuseHalfWiped(path)
  } catch (error) {
    if (!isPreCareError(error, 'config-invalid')) throw error
    sayUnusable(path, error)
    process.exit(EXIT.config)
  }
}
