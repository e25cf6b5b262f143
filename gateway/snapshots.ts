import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from './durable-file.ts'
import { begin, notReached, reached, type TrialRules, type TrialState, trialStateSchema, type Used } from './trial.ts'

/**
 * The last configuration with which the broker was reached, kept to fall back on. A home without internet proves nothing
 * against a new one: the good one is tried in comparison, once, and only if that one reaches the broker is the new one
 * refused.
 */
const RULES: TrialRules = { afterPowerCut: 'again', notReached: 'compare' }
const OWNER_ONLY_FOLDER = 0o700

export interface Trial {
  /** JSON of the configuration to run with. */
  readonly text: string
  readonly used: Used
  reached(): void
  /** True when the process is to start anew. */
  notReached(): boolean
}

/**
 * Decides what this start runs with, and remembers it for the next. Throws what the file system throws.
 *
 * @param folder of the hub's own, for `trial.json` and `good.json` (with the password: readable by the owner only)
 * @param given JSON of the configuration in the file, complete and checked; undefined when it can't be used
 * @returns undefined when there is none to run with
 */
export function startTrial(folder: string, given: string | undefined, boot: string): Trial | undefined {
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER })
  const goodPath = join(folder, 'good.json')
  const statePath = join(folder, 'trial.json')
  const good = existsSync(goodPath) ? readFileSync(goodPath, 'utf8') : undefined
  const hash = given === undefined ? undefined : hashOf(given)
  const keep = (state: TrialState): TrialState => {
    writeDurably(statePath, JSON.stringify(state))
    return state
  }
  const known: TrialState = { ...stateOf(statePath), ...(good === undefined ? {} : { good: hashOf(good) }) }
  const first = begin(good === undefined ? {} : known, hash, boot, RULES)
  let state = keep(first.state)
  const text = first.use === 'given' ? given : good
  if (text === undefined) return undefined
  return {
    text,
    used: first.use,
    reached: () => {
      if (first.use === 'given') writeDurably(goodPath, text)
      state = keep(reached(state, first.use, hash))
    },
    notReached: () => {
      const next = notReached(state, first.use, RULES)
      if (next.again) state = keep(next.state)
      return next.again
    },
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A file that can't be read begins anew: the worst that follows is one more trial. */
function stateOf(path: string): TrialState {
  if (!existsSync(path)) return {}
  try {
    return trialStateSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}
