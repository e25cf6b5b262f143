import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { writeDurably } from './durable-file.ts'
import { begin, notReached, reached, type TrialRules, type TrialState, trialStateSchema, type Used } from './trial.ts'

/**
 * The last configuration with which the hub was healthy, kept to fall back on. A home without internet proves nothing
 * against a new one: the good one is tried in comparison, once, and only if the hub is healthy with that one is the new
 * one refused. A disk that takes no writes must not keep a hub from running: what is noted is the caller's to try.
 */
const RULES: TrialRules = { afterPowerCut: 'again', notReached: 'compare' }
const OWNER_ONLY_FOLDER = 0o700

/** The disk is written to only when there is something new; each method throws what the file system throws. */
export interface Trial {
  /** JSON of the configuration to run with. */
  readonly text: string
  readonly used: Used
  /** Notes this start for the next one, first of all: what comes may kill the hub. Throws also what could not be read. */
  begin(): void
  healthy(): void
  /** True when the process is to start anew; noted then. */
  notHealthy(): boolean
}

/**
 * Decides what this start runs with. What can't be read is as if it were not there: the worst that follows is one more
 * trial, or none.
 *
 * @param folder of the hub's own, for `trial.json` and `good.json` (with the password: readable by the owner only)
 * @param given JSON of the configuration in the file, complete and checked; undefined when it can't be used
 * @returns undefined when there is none to run with
 */
export function startTrial(folder: string, given: string | undefined, boot: string): Trial | undefined {
  const goodPath = join(folder, 'good.json')
  const statePath = join(folder, 'trial.json')
  let unread: unknown
  const textOf = (path: string): string | undefined => {
    try {
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined
    } catch (error) {
      // As of a bad sector: the file in /etc may be good, and it is what counts.
      unread = error
      return undefined
    }
  }
  const good = textOf(goodPath)
  let onDisk = stateOf(textOf(statePath))
  const hash = given === undefined ? undefined : hashOf(given)
  const write = (path: string, text: string): void => {
    mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER })
    writeDurably(path, text)
  }
  const keep = (state: TrialState): void => {
    if (!isDeepStrictEqual(state, onDisk)) write(statePath, JSON.stringify(state))
    onDisk = state
  }
  const first = begin(good === undefined ? {} : { ...onDisk, good: hashOf(good) }, hash, boot, RULES)
  let state = first.state
  const text = first.use === 'given' ? given : good
  if (text === undefined) return undefined
  return {
    text,
    used: first.use,
    begin: () => {
      keep(first.state)
      if (unread !== undefined) throw unread
    },
    healthy: () => {
      if (first.use === 'given' && text !== good) write(goodPath, text)
      const next = reached(state, first.use, hash)
      keep(next)
      state = next
    },
    notHealthy: () => {
      const next = notReached(state, first.use, RULES)
      if (next.again) keep(next.state)
      state = next.state
      return next.again
    },
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

function stateOf(text: string | undefined): TrialState {
  if (text === undefined) return {}
  try {
    return trialStateSchema.safeParse(JSON.parse(text)).data ?? {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}
