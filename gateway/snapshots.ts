import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeDurably } from './durable-file.ts'

/**
 * A new configuration is on trial until the hub has reached the broker with it. One that does not get that far gives way
 * to the last one that did, since nobody is there to undo it. A home without internet proves nothing against a
 * configuration: the good one is tried in comparison, once, and only if that one reaches the broker is the new one
 * refused.
 */

/** Starts in one boot without reaching the broker, as of a hub that dies at once: the third is one too many. */
const MAX_STARTS = 3
/** Long enough for a router that starts together with the hub after a power cut. */
export const TRIAL_MS = 10 * 60_000
const OWNER_ONLY_FOLDER = 0o700

/** comparing: the good one runs, to see whether it fares better. undecided: neither does; the new one stays. */
const stateSchema = z.strictObject({
  good: z.string().exactOptional(),
  trial: z
    .strictObject({
      hash: z.string(),
      starts: z.int().min(1),
      /** A start after a power cut is no sign of a fault: only those of one boot are counted together. */
      boot: z.string(),
      phase: z.enum(['trying', 'comparing', 'refused', 'undecided']),
    })
    .exactOptional(),
})
export type TrialState = z.infer<typeof stateSchema>
export type Used = 'given' | 'good'

/** Which configuration this start uses. @param hash of the one in the file; undefined when that can't be used at all */
export function begin(
  { good, trial }: TrialState,
  hash: string | undefined,
  boot: string,
): { use: Used; state: TrialState } {
  const kept = good === undefined ? {} : { good }
  if (hash === undefined) return { use: 'good', state: { ...kept, ...(trial && { trial }) } }
  if (good === undefined || hash === good) return { use: 'given', state: kept }
  if (trial?.hash !== hash)
    return { use: 'given', state: { ...kept, trial: { hash, starts: 1, boot, phase: 'trying' } } }
  if (trial.phase === 'undecided') return { use: 'given', state: { ...kept, trial } }
  if (trial.phase !== 'trying') return { use: 'good', state: { ...kept, trial } }
  const starts = trial.boot === boot ? trial.starts + 1 : 1
  const phase = starts < MAX_STARTS ? 'trying' : 'refused'
  return { use: phase === 'trying' ? 'given' : 'good', state: { ...kept, trial: { hash, starts, boot, phase } } }
}

/** The hub has reached the broker. */
export function reached({ good, trial }: TrialState, used: Used, hash: string | undefined): TrialState {
  if (used === 'given' && hash !== undefined) return { good: hash }
  const refused = trial?.phase === 'comparing' ? { ...trial, phase: 'refused' as const } : trial
  return { ...(good === undefined ? {} : { good }), ...(refused && { trial: refused }) }
}

/** The time of the trial is over without that. `again`: the process is to start anew, with the other configuration. */
export function notReached(state: TrialState, used: Used): { again: boolean; state: TrialState } {
  const { trial } = state
  if (used === 'given' && trial?.phase === 'trying') {
    return { again: true, state: { ...state, trial: { ...trial, phase: 'comparing' } } }
  }
  if (used === 'good' && trial?.phase === 'comparing') {
    return { again: true, state: { ...state, trial: { ...trial, phase: 'undecided' } } }
  }
  return { again: false, state }
}

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
  const first = begin(good === undefined ? {} : known, hash, boot)
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
      const next = notReached(state, first.use)
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
    return stateSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}
